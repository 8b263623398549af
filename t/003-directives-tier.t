# jupref_tier: the terms, their bounds and their spelling.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('', 'location /v1/ { jupref_api; }');

run_tests();

__DATA__

=== TEST 1: a fee alone: no discount, no shares
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=50;
--- exchange
> GET /v1/fees?amount=0
< 200
<< {"code":null,"tier":"default","feeBps":50,"discountBps":0,
<<  "chargedBps":50,"sharesBps":[0,0,0],"...":1}



=== TEST 2: the highest fee, 255; parameters in any order; places of a percent
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=255;
    jupref_tier odd share=33.33%,0.5%,0.01% discount=205 fee=255;
    jupref_code SHOP referrer=$ALICE tier=odd;
--- exchange
> GET /v1/fees?amount=0
< 200
<< {"feeBps":255,"chargedBps":255,"...":1}

> GET /v1/codes/SHOP
< 200
<< {"tier":"odd","feeBps":255,"discountBps":205,"chargedBps":50,
<<  "sharesBps":[3333,50,1],"...":1}



=== TEST 3: shares may sum to 100 % exactly, and one may be all of it
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_tier all share=100% fee=100;
    jupref_tier three share=98.5%,1%,0.5% fee=100;
    jupref_code ALL referrer=$ALICE tier=all;
    jupref_code THREE referrer=$BOB tier=three;
--- exchange
> GET /v1/codes/ALL
< 200
<< {"sharesBps":[10000,0,0],"...":1}

> GET /v1/codes/THREE
< 200
<< {"sharesBps":[9850,100,50],"...":1}



=== TEST 4: the longest name, 24 characters
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_tier a23456789-123456789_1234 fee=100;
    jupref_code SHOP referrer=$ALICE tier=a23456789-123456789_1234;
--- exchange
> GET /v1/codes/SHOP
< 200
<< {"tier":"a23456789-123456789_1234","...":1}



=== TEST 5: names of tiers differ by case
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_tier Default fee=200;
--- exchange
> GET /v1/fees?amount=0
< 200
<< {"tier":"default","feeBps":100,"...":1}



=== TEST 6: a charge under Jupiter's 50 bps is lifted, with a warning
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100 discount=51;
--- suppress_stderr
--- request
GET /v1/fees?amount=0
--- response_body_like: "feeBps":100,"discountBps":51,"chargedBps":50,
--- error_log eval
qr/\[warn\].*tier "default" in "jupref_tier" charges 50 bps.*instead of 49/
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 7: a discount as large as the fee is good
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100 discount=100;
--- suppress_stderr
--- exchange
> GET /v1/fees?amount=10000
< 200
<< {"discountBps":100,"chargedBps":50,"fee":"50","saved":"50","...":1}



=== TEST 8: a fee under 50 is refused
--- http_config
    jupref_tier default fee=49;
--- must_die
--- refused
"49" of "fee" in "jupref_tier"
50 to 255



=== TEST 9: a fee over 255 is refused
--- http_config
    jupref_tier default fee=256;
--- must_die
--- refused
"256" of "fee" in "jupref_tier"
50 to 255



=== TEST 10: a fee that is no number is refused
--- http_config
    jupref_tier default fee=1e2;
--- must_die
--- refused
"1e2" of "fee" in "jupref_tier"
50 to 255



=== TEST 11: a fee in percent is refused
--- http_config
    jupref_tier default fee=1%;
--- must_die
--- refused
"1%" of "fee" in "jupref_tier"
50 to 255 basis points



=== TEST 12: an empty fee is refused
--- http_config
    jupref_tier default fee=;
--- must_die
--- refused
"" of "fee" in "jupref_tier"
50 to 255



=== TEST 13: a fee that no machine word holds is refused
--- http_config
    jupref_tier default fee=18446744073709551716;
--- must_die
--- refused
"18446744073709551716" of "fee" in "jupref_tier"
50 to 255



=== TEST 14: a tier without a fee is refused
--- http_config
    jupref_tier default discount=10;
--- must_die
--- refused
"default" in "jupref_tier" has no fee
"fee=<bps>" with 50 to 255



=== TEST 15: a discount larger than the fee is refused, with both
--- http_config
    jupref_tier default discount=101 fee=100;
--- must_die
--- refused
"default" in "jupref_tier"
101
100



=== TEST 16: a negative discount is refused
--- http_config
    jupref_tier default fee=100 discount=-1;
--- must_die
--- refused
"-1" of "discount" in "jupref_tier"
basis points



=== TEST 17: shares over 100 % are refused
--- http_config
    jupref_tier default fee=100 share=60%,30%,10.01%;
--- must_die
--- refused
"60%,30%,10.01%" of "share" in "jupref_tier"
at most 100%



=== TEST 18: one share over 100 % is refused
--- http_config
    jupref_tier default fee=100 share=100.01%;
--- must_die
--- refused
"100.01%" of "share" in "jupref_tier"
at most 100%



=== TEST 19: a fourth share is refused
--- http_config
    jupref_tier default fee=100 share=4%,3%,2%,1%;
--- must_die
--- refused
"4%,3%,2%,1%" of "share" in "jupref_tier"
one to three



=== TEST 20: a share without its percent sign is refused
--- http_config
    jupref_tier default fee=100 share=20;
--- must_die
--- refused
"20" of "share" in "jupref_tier"
percentages such as "40%,5%,1%"



=== TEST 21: a share with three places is refused
--- http_config
    jupref_tier default fee=100 share=0.125%;
--- must_die
--- refused
"0.125%" of "share" in "jupref_tier"
at most two places



=== TEST 22: an empty share between two is refused
--- http_config
    jupref_tier default fee=100 share=4%,,1%;
--- must_die
--- refused
"4%,,1%" of "share" in "jupref_tier"



=== TEST 23: a share behind a last comma is refused
--- http_config
    jupref_tier default fee=100 share=4%,;
--- must_die
--- refused
"4%," of "share" in "jupref_tier"



=== TEST 24: a negative share is refused
--- http_config
    jupref_tier default fee=100 share=-4%;
--- must_die
--- refused
"-4%" of "share" in "jupref_tier"



=== TEST 25: a share that is a lone point is refused
--- http_config
    jupref_tier default fee=100 share=.%;
--- must_die
--- refused
".%" of "share" in "jupref_tier"



=== TEST 26: a parameter given twice is refused
--- http_config
    jupref_tier default fee=100 fee=200;
--- must_die
--- refused
"fee=200" in "jupref_tier"
once each



=== TEST 27: a discount of nothing given twice is refused
--- http_config
    jupref_tier default fee=100 discount=0 discount=0;
--- must_die
--- refused
"discount=0" in "jupref_tier"
once each



=== TEST 28: an unknown parameter is refused
--- http_config
    jupref_tier default fee=100 partner=80%;
--- must_die
--- refused
"partner=80%" in "jupref_tier"
"fee=", "discount=" and "share="



=== TEST 29: a name of two characters is refused
--- http_config
    jupref_tier ab fee=100;
--- must_die
--- refused
"ab" in "jupref_tier"
3 to 24



=== TEST 30: a name of 25 characters is refused
--- http_config
    jupref_tier a234567891234567891234567 fee=100;
--- must_die
--- refused
"a234567891234567891234567" in "jupref_tier"
3 to 24



=== TEST 31: a name with other characters is refused
--- http_config
    jupref_tier go.ld fee=100;
--- must_die
--- refused
"go.ld" in "jupref_tier"
letters, digits



=== TEST 32: a tier twice is refused
--- http_config
    jupref_tier default fee=100;
    jupref_tier default fee=100;
--- must_die
--- refused
duplicate tier "default" in "jupref_tier"



=== TEST 33: a tier without anything is refused
--- http_config
    jupref_tier;
--- must_die
--- refused
invalid number of arguments in "jupref_tier"



=== TEST 34: a tier in a server is refused
--- config
    jupref_tier default fee=100;
--- must_die
--- refused
"jupref_tier" directive is not allowed here
