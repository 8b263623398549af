# jupref_code: codes fixed by the configuration, their referrers and parents.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('', 'location /v1/ { jupref_api; }');

run_tests();

__DATA__

=== TEST 1: the wallets a code names are registered and active
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code ALICE referrer=$ALICE parent=$BOB;
--- exchange
> GET /v1/codes/ALICE
< 200
<< {"code":"ALICE","referrer":"$ALICE","tier":"default","feeBps":100,
<<  "discountBps":0,"chargedBps":100,"sharesBps":[0,0,0],"version":1,
<<  "status":"active","clicks":0,"boundWallets":0,"createdAt":"<time>"}

> GET /v1/referrers/$ALICE
< 200
<< {"status":"active","parent":"$BOB","tier":"default","...":1}

> GET /v1/referrers/$BOB
< 200
<< {"status":"active","parent":null,"tier":"default","codes":[],"...":1}

> GET /v1/referrers/$CAROL
< 404
<< {"code":"referrer_not_found","...":1}



=== TEST 2: a code may stand before the zone, the tier and the parent it names
--- http_config
    jupref_code SHOP parent=$BOB tier=referred referrer=$ALICE;
    jupref_code BOB referrer=$BOB parent=$CAROL;
    jupref_zone main 8m;
    jupref_tier referred fee=120 discount=20 share=20%;
    jupref_tier default fee=100;
--- exchange
> GET /v1/codes/SHOP
< 200
<< {"tier":"referred","feeBps":120,"discountBps":20,"...":1}

> GET /v1/referrers/$ALICE
< 200
<< {"parent":"$BOB","...":1}

> GET /v1/referrers/$BOB
< 200
<< {"parent":"$CAROL","...":1}



=== TEST 3: codes are compared without case, and shown as written
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code Summer-Sale_7 referrer=$ALICE;
--- exchange
> GET /v1/codes/sUMMER-sALE_7
< 200
<< {"code":"Summer-Sale_7","...":1}

> GET /v1/codes/SUMMER-SALE-7
< 404
<< {"code":"code_not_found","...":1}



=== TEST 4: the shortest and the longest code
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code -_- referrer=$ALICE;
    jupref_code A2345678901234567890123456789012 referrer=$ALICE;
--- exchange
> GET /v1/codes/-_-
< 200
<< {"code":"-_-","...":1}

> GET /v1/codes/a2345678901234567890123456789012
< 200
<< {"code":"A2345678901234567890123456789012","...":1}



=== TEST 5: a referrer may have several codes on different terms
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_tier better fee=90;
    jupref_code ONE referrer=$ALICE;
    jupref_code TWO referrer=$ALICE tier=better parent=$BOB;
--- exchange
> GET /v1/referrers/$ALICE
< 200
<< {"tier":"default","parent":"$BOB","codes":[
<<   {"code":"TWO","status":"active","clicks":0,"boundWallets":0},
<<   {"code":"ONE","status":"active","clicks":0,"boundWallets":0}],"...":1}

> GET /v1/codes/ONE
< 200
<< {"feeBps":100,"...":1}

> GET /v1/codes/TWO
< 200
<< {"feeBps":90,"...":1}



=== TEST 6: a code of two characters is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code AB referrer=$ALICE;
--- must_die
--- refused
"AB" in "jupref_code"
3 to 32



=== TEST 7: a code of 33 characters is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code A23456789012345678901234567890123 referrer=$ALICE;
--- must_die
--- refused
"A23456789012345678901234567890123" in "jupref_code"
3 to 32



=== TEST 8: a code with other characters is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code caf%C3%A9 referrer=$ALICE;
--- must_die
--- refused
"caf%C3%A9" in "jupref_code"
letters, digits



=== TEST 9: a code twice is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
    jupref_code SHOP referrer=$ALICE;
--- must_die
--- refused
duplicate code "SHOP" in "jupref_code"
without case



=== TEST 10: a code twice but for its case is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
    jupref_code shop referrer=$BOB;
--- must_die
--- refused
duplicate code "shop" in "jupref_code"
without case



=== TEST 11: a code of nobody is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP tier=default;
--- must_die
--- refused
"SHOP" in "jupref_code"
"referrer=<wallet>"



=== TEST 12: a referrer that is no base58 is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=0OIl;
--- must_die
--- refused
"0OIl" of "referrer" in "jupref_code"
base58 of a 32 byte



=== TEST 13: a referrer of 31 bytes is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=tVojvhToWjQ8Xvo4UPx2Xz9eRy7auyYMmZBjc2XfN;
--- must_die
--- refused
"tVojvhToWjQ8Xvo4UPx2Xz9eRy7auyYMmZBjc2XfN" of "referrer" in "jupref_code"
32 byte



=== TEST 14: the all-zero address is no referrer
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=11111111111111111111111111111111;
--- must_die
--- refused
"11111111111111111111111111111111" of "referrer" in "jupref_code"



=== TEST 15: an empty referrer is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=;
--- must_die
--- refused
"" of "referrer" in "jupref_code"



=== TEST 16: a parent that is no wallet is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE parent=Bob;
--- must_die
--- refused
"Bob" of "parent" in "jupref_code"
base58



=== TEST 17: an unknown tier is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE tier=Default;
--- must_die
--- refused
unknown tier "Default" of code "SHOP" in "jupref_code"
"jupref_tier"



=== TEST 18: an empty tier is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE tier=;
--- must_die
--- refused
"" of code "SHOP" in "jupref_code"
"jupref_tier"



=== TEST 19: an unknown parameter is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE owner=$BOB;
--- must_die
--- refused
"owner=$BOB" in "jupref_code"
"referrer=<wallet>", "tier=<name>" and "parent=<wallet>"



=== TEST 20: a parameter twice is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE referrer=$BOB;
--- must_die
--- refused
"referrer=$BOB" in "jupref_code"
once each



=== TEST 21: a referrer that is its own parent is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE parent=$ALICE;
--- must_die
--- refused
"SHOP" in "jupref_code"
back to its own referrer



=== TEST 22: parents that go round in a circle of two are refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code ALICE referrer=$ALICE parent=$BOB;
    jupref_code BOB referrer=$BOB parent=$ALICE;
--- must_die
--- refused
"ALICE" in "jupref_code"
back to its own referrer



=== TEST 23: parents that go round in a circle of four are refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code OUTSIDE referrer=$TRADER parent=$ALICE;
    jupref_code ALICE referrer=$ALICE parent=$BOB;
    jupref_code BOB referrer=$BOB parent=$CAROL;
    jupref_code CAROL referrer=$CAROL parent=$DAVE;
    jupref_code DAVE referrer=$DAVE parent=$ALICE;
--- must_die
--- refused
"jupref_code"
back to its own referrer



=== TEST 24: a referrer with two parents is refused
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code ONE referrer=$ALICE parent=$BOB;
    jupref_code TWO referrer=$ALICE parent=$CAROL;
--- must_die
--- refused
"jupref_code"
two different parents



=== TEST 25: a code without a zone is refused
--- http_config
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
--- config
--- must_die
--- refused
"jupref_code" needs "jupref_zone"
"jupref_zone main 64m"



=== TEST 26: a code without anything is refused
--- http_config
    jupref_code;
--- must_die
--- refused
invalid number of arguments in "jupref_code"



=== TEST 27: a code in a server is refused
--- config
    jupref_code SHOP referrer=$ALICE;
--- must_die
--- refused
"jupref_code" directive is not allowed here



=== TEST 28: a 65th code of one referrer is refused
--- http_config eval
"jupref_zone main 8m; jupref_tier default fee=100;\n"
. CORE::join '', map { "jupref_code CODE-$_ referrer=\$ALICE;\n" } 1 .. 65
--- must_die
--- refused
"jupref_code"
"CODE-65"



=== TEST 29: 64 codes of one referrer are shown, newest first
--- http_config eval
"jupref_zone main 8m; jupref_tier default fee=100;\n"
. CORE::join '', map { "jupref_code CODE-$_ referrer=\$ALICE;\n" } 1 .. 64
--- exchange
> GET /v1/referrers/$ALICE
< 200
<<~ "codes":\[\{"code":"CODE-64",.*\},\{"code":"CODE-1","status"[^{}]*\}\]
