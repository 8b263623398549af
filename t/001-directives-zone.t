# jupref_zone: name, size, what else it needs, what needs it.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('', 'location = /t { return 200; }');

run_tests();

__DATA__

=== TEST 1: a zone of 8m, the smallest, holds a ledger
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location /v1/ { jupref_api; }
--- exchange
> GET /v1/platform
< 200
<< {"referrers":0,"codes":0,"boundWallets":0,"...":1}



=== TEST 2: capacities grow with the zone
--- http_config
    jupref_zone main 32m;
    jupref_tier default fee=100;
--- config
    location /v1/ { jupref_api; }
--- exchange
> GET /v1/platform
< 200
<<~ "trades":\{"used":0,"capacity":[1-9]\d{4,},"rowBytes":[1-9]\d*\}
<<~ "wallets":\{"used":0,"capacity":[1-9]\d{4,},"rowBytes":[1-9]\d*\}
<<~ "pendingOrders":\{"used":0,"capacity":[1-9]\d{3,},"evicted":0\}



=== TEST 3: a new zone says that its ledger starts empty
--- http_config
    jupref_zone shop-1_a 8m;
    jupref_tier default fee=100;
--- request
GET /t
--- error_log
zone "shop-1_a" is new: the ledger is kept in memory only and starts empty
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 4: below 8m is refused
--- http_config
    jupref_zone main 8191k;
    jupref_tier default fee=100;
--- must_die
--- refused
"main"
"jupref_zone"
"8191k"
at least 8m



=== TEST 5: a size that is none is refused
--- http_config
    jupref_zone main large;
    jupref_tier default fee=100;
--- must_die
--- refused
"large"
"jupref_zone"
"64m"



=== TEST 6: a negative size is refused
--- http_config
    jupref_zone main -64m;
    jupref_tier default fee=100;
--- must_die
--- refused
"-64m"
"jupref_zone"
"64m"



=== TEST 7: a name with other characters is refused
--- http_config
    jupref_zone ma.in 8m;
    jupref_tier default fee=100;
--- must_die
--- refused
"ma.in"
"jupref_zone"
letters, digits



=== TEST 8: a name of more than 32 characters is refused, and says how long
--- http_config
    jupref_zone a23456789012345678901234567890123 8m;
    jupref_tier default fee=100;
--- must_die
--- refused
"a23456789012345678901234567890123"
"jupref_zone"
32



=== TEST 9: a zone without a size is refused
--- http_config
    jupref_zone main;
    jupref_tier default fee=100;
--- must_die
--- refused
invalid number of arguments in "jupref_zone"



=== TEST 10: an unknown third argument is refused
--- http_config
    jupref_zone main 8m sate=/tmp;
    jupref_tier default fee=100;
--- must_die
--- refused
"jupref_zone"



=== TEST 11: a second zone is refused
--- http_config
    jupref_zone main 8m;
    jupref_zone other 8m;
    jupref_tier default fee=100;
--- must_die
--- refused
"jupref_zone" directive is duplicate



=== TEST 12: a zone in a server is refused
--- config
    jupref_zone main 8m;
--- must_die
--- refused
"jupref_zone" directive is not allowed here



=== TEST 13: a zone in a location is refused
--- config
    location / { jupref_zone main 8m; }
--- must_die
--- refused
"jupref_zone" directive is not allowed here



=== TEST 14: a zone without the terms of unreferred traders is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier referred fee=100;
--- must_die
--- refused
"jupref_zone"
"jupref_tier default fee=100"



=== TEST 15: another module's zone of the same name is refused
--- http_config
    limit_req_zone $remote_addr zone=main:8m rate=1r/s;
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- must_die
--- refused
"main"
already



=== TEST 16: without a zone nginx works, and jupref's other directives too
--- http_config
    jupref_tier default fee=100;
    jupref_attribution last;
    jupref_referral_account $REFERRAL;
--- request
GET /t
--- error_code: 200
