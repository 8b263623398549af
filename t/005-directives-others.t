# The directives that name the operator or give a location its work.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_tier default fee=100;
    jupref_referral_account $REFERRAL;
', 'location = /t { return 200; }');

run_tests();

__DATA__

=== TEST 1: a referral account in http, server and location
--- http_config
    jupref_referral_account $REFERRAL;
--- config
    jupref_referral_account $ALICE;
    location = /t { jupref_referral_account $BOB; return 200; }
--- request
GET /t



=== TEST 2: a referral account that is no base58 is refused
--- http_config
    jupref_referral_account operator;
--- must_die
--- refused
"operator" in "jupref_referral_account"
base58 of a 32 byte



=== TEST 3: a referral account with one character too many is refused
--- config
    jupref_referral_account ${REFERRAL}1;
--- must_die
--- refused
"jupref_referral_account"
32 byte



=== TEST 4: the all-zero address is no referral account
--- http_config
    jupref_referral_account 11111111111111111111111111111111;
--- must_die
--- refused
"11111111111111111111111111111111" in "jupref_referral_account"



=== TEST 5: a referral account twice on one level is refused
--- config
    jupref_referral_account $ALICE;
    jupref_referral_account $ALICE;
--- must_die
--- refused
"jupref_referral_account" directive is duplicate



=== TEST 6: a referral account without its value is refused
--- http_config
    jupref_referral_account;
--- must_die
--- refused
invalid number of arguments in "jupref_referral_account"



=== TEST 7: an API key of every role, parameters in any order, hex in capitals
--- http_config
    jupref_api_key one role=admin sha256=$ADMIN_SHA256;
    jupref_api_key two sha256=$OPERATOR_SHA256 role=operator;
    jupref_api_key three role=read sha256=ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789;
--- request
GET /t



=== TEST 8: an unknown role is refused
--- http_config
    jupref_api_key one role=root sha256=$ADMIN_SHA256;
--- must_die
--- refused
"root" of "role" in "jupref_api_key"
"admin", "operator" or "read"



=== TEST 9: a role in capitals is refused
--- http_config
    jupref_api_key one role=Admin sha256=$ADMIN_SHA256;
--- must_die
--- refused
"Admin" of "role" in "jupref_api_key"



=== TEST 10: a hash of 62 digits is refused
--- http_config
    jupref_api_key one role=admin sha256=abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567;
--- must_die
--- refused
"abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567" of "sha256" in "jupref_api_key"
64 hex digits



=== TEST 11: a key in the clear is refused
--- http_config
    jupref_api_key one role=admin sha256=$ADMIN;
--- must_die
--- refused
"$ADMIN" of "sha256" in "jupref_api_key"
64 hex digits of the key's SHA-256



=== TEST 12: a role twice is refused
--- http_config
    jupref_api_key one role=admin role=read;
--- must_die
--- refused
"role=read" in "jupref_api_key"
once each



=== TEST 13: an unknown parameter is refused
--- http_config
    jupref_api_key one role=admin md5=$ADMIN_SHA256;
--- must_die
--- refused
"md5=$ADMIN_SHA256" in "jupref_api_key"
"role=" and "sha256="



=== TEST 14: a key without its hash is refused
--- http_config
    jupref_api_key one role=admin;
--- must_die
--- refused
invalid number of arguments in "jupref_api_key"



=== TEST 15: a name twice is refused
--- http_config
    jupref_api_key one role=admin sha256=$ADMIN_SHA256;
    jupref_api_key one role=read sha256=$READER_SHA256;
--- must_die
--- refused
duplicate key "one" in "jupref_api_key"



=== TEST 16: one hash with two roles is refused
--- http_config
    jupref_api_key one role=read sha256=$ADMIN_SHA256;
    jupref_api_key two role=admin sha256=$ADMIN_SHA256;
--- must_die
--- refused
"two"
"jupref_api_key"
"one"



=== TEST 17: a name with other characters is refused
--- http_config
    jupref_api_key a.b role=admin sha256=$ADMIN_SHA256;
--- must_die
--- refused
"a.b" in "jupref_api_key"
1 to 32



=== TEST 18: an API key in a server is refused
--- config
    jupref_api_key one role=admin sha256=$ADMIN_SHA256;
--- must_die
--- refused
"jupref_api_key" directive is not allowed here



=== TEST 19: attribution in http, server and location
--- http_config
    jupref_attribution first;
--- config
    jupref_attribution last window=1h;
    location = /t {
        jupref_attribution first cookie=ref window=1s;
        return 200;
    }
--- request
GET /t



=== TEST 20: an unknown mode is refused
--- http_config
    jupref_attribution newest;
--- must_die
--- refused
"newest" in "jupref_attribution"
"first" or "last"



=== TEST 21: a window that is no time is refused
--- http_config
    jupref_attribution first window=long;
--- must_die
--- refused
"long" of "window" in "jupref_attribution"
"30d"



=== TEST 22: a window of nothing is refused
--- http_config
    jupref_attribution first window=0;
--- must_die
--- refused
"0" of "window" in "jupref_attribution"
1s



=== TEST 23: a window twice is refused
--- http_config
    jupref_attribution first window=1d window=2d;
--- must_die
--- refused
"window=2d" in "jupref_attribution"
once each



=== TEST 24: a cookie name with other characters is refused
--- http_config
    jupref_attribution first cookie=a;b;
--- must_die
--- refused
"b"



=== TEST 25: a cookie name that would break the header is refused
--- http_config
    jupref_attribution first "cookie=a;b=c";
--- must_die
--- refused
"a;b=c" of "cookie" in "jupref_attribution"
letters, digits



=== TEST 26: an empty cookie name is refused
--- http_config
    jupref_attribution first cookie=;
--- must_die
--- refused
"" of "cookie" in "jupref_attribution"
1 to 32



=== TEST 27: an unknown parameter of attribution is refused
--- http_config
    jupref_attribution first domain=example.com;
--- must_die
--- refused
"domain=example.com" in "jupref_attribution"
"window=<time>" and "cookie=<name>"



=== TEST 28: attribution twice on one level is refused
--- http_config
    jupref_attribution first;
    jupref_attribution last;
--- must_die
--- refused
"jupref_attribution" directive is duplicate



=== TEST 29: attribution without its mode is refused
--- http_config
    jupref_attribution;
--- must_die
--- refused
invalid number of arguments in "jupref_attribution"



=== TEST 30: a link to a path, to another site and to the default
--- config
    location /r/ { jupref_link; }
    location /s/ { jupref_link to=/welcome?from=link#top; }
    location /t/ { jupref_link to=https://app.example.com/; }
--- exchange
> GET /r/NOBODY
< 302
< Location: /

> GET /s/NOBODY
< 302
< Location: /welcome?from=link#top

> GET /t/NOBODY
< 302
< Location: https://app.example.com/



=== TEST 31: a link to nothing is refused
--- config
    location /r/ { jupref_link to=; }
--- must_die
--- refused
"" of "to" in "jupref_link"
starts with "/"



=== TEST 32: a link to a relative path is refused
--- config
    location /r/ { jupref_link to=welcome; }
--- must_die
--- refused
"welcome" of "to" in "jupref_link"
starts with "/"



=== TEST 33: a link to a script is refused
--- config
    location /r/ { jupref_link to=javascript:alert(1); }
--- must_die
--- refused
"javascript:alert(1)" of "to" in "jupref_link"
http or https



=== TEST 34: a link to a place with a blank is refused
--- config
    location /r/ { jupref_link "to=/a b"; }
--- must_die
--- refused
"/a b" of "to" in "jupref_link"
percent-encoded



=== TEST 35: an unknown parameter of a link is refused
--- config
    location /r/ { jupref_link /welcome; }
--- must_die
--- refused
"/welcome" in "jupref_link"
"to=<uri>"



=== TEST 36: a link twice is refused
--- config
    location /r/ { jupref_link; jupref_link to=/a; }
--- must_die
--- refused
"jupref_link" directive is duplicate



=== TEST 37: a link without a zone is refused
--- http_config
    jupref_keyring $KEYRING;
--- config
    location /r/ { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "/r/" needs the ledger
"jupref_zone main 64m"



=== TEST 38: a link in a server is refused
--- config
    jupref_link;
--- must_die
--- refused
"jupref_link" directive is not allowed here



=== TEST 39: an order and an execute in their own locations
--- config
    location = /order { jupref_order; return 200; }
    location = /execute { jupref_execute; return 200; }
    location = /t { return 200; }
--- request
GET /t



=== TEST 40: an order with an argument is refused
--- config
    location = /order { jupref_order on; }
--- must_die
--- refused
invalid number of arguments in "jupref_order"



=== TEST 41: an order without a zone is refused
--- http_config
    jupref_referral_account $REFERRAL;
--- config
    location = /order { jupref_order; }
--- must_die
--- refused
"jupref_order" in location "/order" needs the ledger
"jupref_zone main 64m"



=== TEST 42: an order without a referral account is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location = /order { jupref_order; }
--- must_die
--- refused
"jupref_order" in location "/order" needs "jupref_referral_account"



=== TEST 43: an order whose referral account is another location's is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location = /other { jupref_referral_account $REFERRAL; }
    location = /order { jupref_order; }
--- must_die
--- refused
"jupref_order" in location "/order" needs "jupref_referral_account"



=== TEST 44: an order twice is refused
--- config
    location = /order { jupref_order; jupref_order; }
--- must_die
--- refused
"jupref_order" directive is duplicate



=== TEST 45: an order beside an execute is refused
--- config
    location = /both { jupref_execute; jupref_order; }
--- must_die
--- refused
"jupref_order"
"jupref_execute"
its own location



=== TEST 46: an order in a server is refused
--- config
    jupref_order;
--- must_die
--- refused
"jupref_order" directive is not allowed here



=== TEST 47: an order in an "if" is refused
--- config
    location = /order { if ($arg_a) { jupref_order; } }
--- must_die
--- refused
"jupref_order" directive is not allowed here



=== TEST 48: an execute without a zone is refused
--- http_config
--- config
    location = /execute { jupref_execute; }
--- must_die
--- refused
"jupref_execute" in location "/execute" needs the ledger



=== TEST 49: an execute twice is refused
--- config
    location = /execute { jupref_execute; jupref_execute; }
--- must_die
--- refused
"jupref_execute" directive is duplicate



=== TEST 50: an execute in http is refused
--- http_config
    jupref_execute;
--- must_die
--- refused
"jupref_execute" directive is not allowed here



=== TEST 51: an API without a zone is refused
--- http_config
--- config
    location /v1/ { jupref_api; }
--- must_die
--- refused
"jupref_api" in location "/v1/" needs the ledger



=== TEST 52: an API twice is refused
--- config
    location /v1/ { jupref_api; jupref_api; }
--- must_die
--- refused
"jupref_api" directive is duplicate



=== TEST 53: an API with an argument is refused
--- config
    location /v1/ { jupref_api v1; }
--- must_die
--- refused
invalid number of arguments in "jupref_api"



=== TEST 54: an API beside metrics in one location is refused
--- config
    location /v1/ { jupref_api; jupref_metrics; }
--- must_die
--- refused
"jupref_metrics"
"jupref_api"



=== TEST 55: health beside a link in one location is refused
--- config
    location /r/ { jupref_health; jupref_link; }
--- must_die
--- refused
"jupref_link"
"jupref_health"



=== TEST 56: health that is neither live nor ready is refused
--- config
    location = /health { jupref_health alive; }
--- must_die
--- refused
"alive" in "jupref_health"
"live" or "ready"



=== TEST 57: health twice is refused
--- config
    location = /health { jupref_health live; jupref_health ready; }
--- must_die
--- refused
"jupref_health" directive is duplicate



=== TEST 58: health in a server is refused
--- config
    jupref_health;
--- must_die
--- refused
"jupref_health" directive is not allowed here



=== TEST 59: metrics without a zone are refused
--- http_config
--- config
    location = /metrics { jupref_metrics; }
--- must_die
--- refused
"jupref_metrics" in location "/metrics" needs the ledger



=== TEST 60: metrics twice are refused
--- config
    location = /metrics { jupref_metrics; jupref_metrics; }
--- must_die
--- refused
"jupref_metrics" directive is duplicate



=== TEST 61: metrics with an argument are refused
--- config
    location = /metrics { jupref_metrics prometheus; }
--- must_die
--- refused
invalid number of arguments in "jupref_metrics"
