# jupref_verify: when nothing is said, what is taken, what is refused by name.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';
use Edge;
use SampleTrades ();

no_shuffle();
run_tests();


__DATA__

=== TEST 1: one pool and a ledger are enough
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
--- config
    location /v1/ { jupref_api; }
--- request
GET /v1/platform
--- response_body_like eval
qr/"verification":"nodes"/
--- error_log
trades are verified by the nodes of upstream "solana", 2 of which must agree
--- no_error_log
[alert]
[emerg]



=== TEST 2: without a pool they are verified by hand, and the log says so
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location /v1/ { jupref_api; }
--- request
GET /v1/platform
--- response_body_like eval
qr/"verification":"manual"/
--- error_log
no trade is verified on chain by itself: add an upstream with "jupref_freshest"



=== TEST 3: off is off
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
    jupref_verify off;
--- config
    location /v1/ { jupref_api; }
--- request
GET /v1/platform
--- response_body_like eval
qr/"verification":"manual"/
--- error_log
no trade is verified on chain by itself, "jupref_verify" is off



=== TEST 4: of several pools one must be named, and the log says so
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
    upstream cheap { jupref_freshest; server 127.0.0.1:2; server 127.0.0.1:4; }
--- config
    location = /metrics { jupref_metrics; }
--- request
GET /metrics
--- response_body_like eval
qr/^jupref_verify_on 0$/m
--- error_log
no trade is verified on chain by itself: name one of several upstreams in "jupref_verify"



=== TEST 5: the one that is named
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on upstream=cheap concurrency=64;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
    upstream cheap { jupref_freshest; server 127.0.0.1:2; server 127.0.0.1:4; }
--- config
    location = /metrics { jupref_metrics; }
--- request
GET /metrics
--- response_body_like eval
qr/^jupref_verify_on 1$/m
--- error_log
trades are verified by the nodes of upstream "cheap"



=== TEST 6: on needs the name
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
    upstream cheap { jupref_freshest; server 127.0.0.1:2; server 127.0.0.1:4; }
--- must_die
--- refused
"jupref_verify on" needs to know whose nodes to ask, there are several upstreams with jupref_freshest: add "upstream=<name>"



=== TEST 7: on needs a pool
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on;
--- must_die
--- refused
there is no upstream with jupref_freshest



=== TEST 8: on needs a ledger
--- http_config
    jupref_verify on;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
--- must_die
--- refused
"jupref_verify on" needs the ledger whose trades it verifies: add "jupref_zone main 64m"



=== TEST 9: an upstream that isn't there
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on upstream=nowhere;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }
--- must_die
--- refused
"upstream=nowhere" in "jupref_verify" must be the name of an upstream that has "jupref_freshest"



=== TEST 10: an upstream of another kind
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on upstream=plain;
    upstream plain { server 127.0.0.1:1; }
--- must_die
--- refused
"upstream=plain" in "jupref_verify" must be the name of an upstream that has "jupref_freshest"



=== TEST 11: neither on nor off
--- http_config
    jupref_verify yes;
--- must_die
--- refused
invalid value "yes" in "jupref_verify", it must be "on" or "off"



=== TEST 12: more at once than may be
--- http_config
    jupref_verify on concurrency=65;
--- must_die
--- refused
invalid parameter "concurrency=65" in "jupref_verify", it takes "upstream=<name>", "concurrency=<1 to 64>" and "witnesses=<1 to 4>", once each



=== TEST 13: a parameter there isn't
--- http_config
    jupref_verify on every=5m;
--- must_die
--- refused
invalid parameter "every=5m" in "jupref_verify"



=== TEST 14: a parameter twice
--- http_config
    jupref_verify on upstream=a upstream=b;
--- must_die
--- refused
invalid parameter "upstream=b" in "jupref_verify"



=== TEST 15: the directive twice
--- http_config
    jupref_verify on;
    jupref_verify off;
--- must_die
--- refused
"jupref_verify" directive is duplicate



=== TEST 16: more referral accounts than can be looked at
--- http_config eval
CORE::join "\n", 'jupref_zone main 8m;', 'jupref_tier default fee=100;',
    'upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:3; }'
--- config eval
CORE::join "\n", map {
    my $account = SampleTrades::wallet("account $_");
    "location /$_ { jupref_order; jupref_referral_account $account; proxy_pass http://127.0.0.1:1; }"
} 1 .. 9
--- must_die
--- refused
trades can be verified with at most 8 different accounts in "jupref_referral_account"



=== TEST 17: one node alone verifies nothing, and the log says what to write
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:2 down; }
--- config
    location /v1/ { jupref_api; }
--- request
GET /v1/platform
--- response_body_like eval
qr/"verification":"manual"/
--- error_log
no trade is verified: 2 nodes must agree and upstream "solana" has 1; add servers of other providers to it, or write "jupref_verify on witnesses=1" to take one node's word for what is credited
no trade is verified on chain by itself: its upstream has fewer nodes than must agree



=== TEST 18: one node is enough where that is written
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on witnesses=1;
    upstream solana { jupref_freshest; server 127.0.0.1:1; }
--- config
    location /v1/ { jupref_api; }
--- request
GET /v1/platform
--- response_body_like eval
qr/"verification":"nodes"/
--- error_log
trades are verified by the nodes of upstream "solana", 1 of which must agree
--- no_error_log
no trade is verified



=== TEST 19: three must agree where that is written
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_verify on witnesses=3;
    upstream solana { jupref_freshest; server 127.0.0.1:1; server 127.0.0.1:2; }
--- config
    location = /metrics { jupref_metrics; }
--- request
GET /metrics
--- response_body_like eval
qr/^jupref_verify_on 0$/m
--- error_log
no trade is verified: 3 nodes must agree and upstream "solana" has 2



=== TEST 20: more witnesses than there may be
--- http_config
    jupref_verify on witnesses=5;
--- must_die
--- refused
invalid parameter "witnesses=5" in "jupref_verify", it takes "upstream=<name>", "concurrency=<1 to 64>" and "witnesses=<1 to 4>", once each



=== TEST 21: no witness
--- http_config
    jupref_verify on witnesses=0;
--- must_die
--- refused
invalid parameter "witnesses=0" in "jupref_verify"
