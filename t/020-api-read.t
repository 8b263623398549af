# jupref_api: what can be read by everybody.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_tier default fee=100;
    jupref_tier premium fee=120 discount=30 share=40%,5%,1%;
    jupref_code ALICE referrer=$ALICE tier=premium parent=$BOB;
    jupref_code BOB referrer=$BOB;
', '
    location /v1/ { jupref_api; }
    location /r/ { jupref_link; }
');

run_tests();

__DATA__

=== TEST 1: a code: its owner, its terms, what it brought
--- exchange
> GET /v1/codes/ALICE
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"code":"ALICE","referrer":"$ALICE","tier":"premium","feeBps":120,
<<  "discountBps":30,"chargedBps":90,"sharesBps":[4000,500,100],"version":1,
<<  "status":"active","clicks":0,"boundWallets":0,"createdAt":"<time>"}



=== TEST 2: a code is found in any case and encoding, by this very name alone
--- exchange
> GET /v1/codes/alice
< 200
<< {"code":"ALICE","...":1}

> GET /v1/codes/%61l%49ce
< 200
<< {"code":"ALICE","...":1}

> GET /v1/codes/ALIC
< 404
<< {"code":"code_not_found","...":1}

> GET /v1/codes/ALICE2
< 404
<< {"code":"code_not_found","...":1}

> GET /v1/codes/AL
< 404
<< {"code":"code_not_found","detail":"a code is 3 to 32 letters, digits, \"_\" or \"-\"","...":1}

> GET /v1/codes/AL%20CE
< 404
<< {"code":"code_not_found","...":1}



=== TEST 3: a referrer: everything there is to know, before any trade
--- exchange
> GET /v1/referrers/$ALICE
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"wallet":"$ALICE","status":"active","tier":"premium","parent":"$BOB",
<<  "registeredAt":"<time>",
<<  "codes":[{"code":"ALICE","status":"active","clicks":0,"boundWallets":0}],
<<  "clicks":0,"boundWallets":0,"trades":{"executed":0,"unknown":0,"verified":0,"available":0,
<<  "rejected":0,"expired":0,"disputed":0,"reversed":0,"unproved":0},
<<  "volumeUsd":"0.000000","earnedUsd":"0.000000","balances":[]}



=== TEST 4: an unknown referrer, and what is no wallet
--- exchange
> GET /v1/referrers/$CAROL
< 404
<< {"code":"referrer_not_found","detail":"this wallet is not registered","...":1}

> GET /v1/referrers/Carol
< 404
<< {"code":"referrer_not_found","detail":"a wallet is the base58 of 32 bytes","...":1}



=== TEST 5: the platform before any trade
--- exchange
> GET /v1/platform
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"totals":{"trades":{"executed":0,"unknown":0,"verified":0,"available":0,
<<  "rejected":0,"expired":0,"disputed":0,"reversed":0,"unproved":0},"volumeUsd":"0.000000",
<<            "clicks":0,"events":4},
<<  "feesBasis":"estimate","fees":[],
<<  "referrers":2,"codes":2,"boundWallets":0,"verification":"manual","feeIntegrity":[],
<<  "capacities":{
<<   "referrers":{"used":2,"capacity":"<any>","rowBytes":"<any>"},
<<   "codes":{"used":2,"capacity":"<any>","rowBytes":"<any>"},
<<   "wallets":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "mints":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "balances":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "trades":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "intents":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "hours":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "days":{"used":0,"capacity":"<any>","rowBytes":"<any>"},
<<   "pendingOrders":{"used":0,"capacity":"<any>","evicted":0}}}



=== TEST 6: a trade takes at most 512 bytes, a binding at most 256
--- exchange
> GET /v1/platform
< 200
<<~ "trades":\{"used":0,"capacity":\d+,"rowBytes":([1-4]?\d\d|50\d|51[0-2])\}
<<~ "wallets":\{"used":0,"capacity":\d+,"rowBytes":(1?\d\d|2[0-4]\d|25[0-6])\}



=== TEST 7: trades before any trade: an empty list, and no page after it
--- exchange
> GET /v1/trades
< 200
< Content-Type: application/json
< Cache-Control: no-store
< Link -
<< {"data":[],"nextCursor":null,"hasMore":false}



=== TEST 8: the leaderboard before any trade: a tie, broken by wallet
--- exchange
> GET /v1/leaderboard
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"by":"volume","data":[
<<  {"rank":1,"wallet":"$BOB","volumeUsd":"0.000000","trades":0,
<<   "earnedUsd":"0.000000"},
<<  {"rank":2,"wallet":"$ALICE","volumeUsd":"0.000000","trades":0,
<<   "earnedUsd":"0.000000"}]}

> GET /v1/leaderboard?by=trades&limit=1
< 200
<< {"by":"trades","data":[{"rank":1,"wallet":"$BOB","...":1}]}

> GET /v1/leaderboard?limit=100&by=earned
< 200
<< {"by":"earned","data":["<any>","<any>"]}



=== TEST 9: who is suspended is on no leaderboard
--- exchange
> PATCH /v1/admin/referrers/$BOB
> as admin
>> {"status":"suspended"}
< 200

> GET /v1/leaderboard
< 200
<< {"by":"volume","data":[{"rank":1,"wallet":"$ALICE","...":1}]}

> PATCH /v1/admin/referrers/$BOB
> as admin
>> {"status":"active"}
< 200

> GET /v1/leaderboard
< 200
<< {"by":"volume","data":[{"wallet":"$BOB","...":1},{"wallet":"$ALICE","...":1}]}



=== TEST 10: a ranking that is none is refused
--- exchange
> GET /v1/leaderboard?by=Volume
< 400
<< {"code":"invalid_argument","detail":"by must be \"volume\", \"trades\" or \"earned\"","...":1}

> GET /v1/leaderboard?by=vol
< 400
<< {"code":"invalid_argument","...":1}



=== TEST 11: limit is 1 to 100
--- exchange eval
my @good = ("", "?limit=1", "?limit=100", "?limit=%35");
my @bad = qw(0 101 -1 +5 1.5 1e1 0x5 ten 18446744073709551617 5%20);
push @bad, '9' x 1000;
CORE::join "\n\n", (map {
    my $list = $_;
    (map { "> GET /v1/$list$_\n< 200" } @good),
    map { "> GET /v1/$list?limit=$_\n< 400\n<< "
          . '{"code":"invalid_argument","detail":"limit must be 1 to 100","...":1}'
    } @bad
} 'trades', 'leaderboard')



=== TEST 12: a cursor that no answer gave is refused
--- exchange eval
CORE::join "\n\n", map { "> GET /v1/trades?cursor=$_\n< 400\n<< "
                   . '{"code":"invalid_cursor","...":1}' }
    qw(x t 1 t1 t00000000 x00000001 t0000000g t000000001 t0000001%20),
    't' . '0' x 1000



=== TEST 13: HEAD is answered as GET, without the body
--- exchange
> HEAD /v1/codes/ALICE
< 200
< Content-Type: application/json
< Content-Length ~ [1-9]\d*
< Cache-Control: no-store
<<-

> HEAD /v1/platform
< 200
< Content-Length ~ [1-9]\d*
<<-

> HEAD /v1/leaderboard
< 200
<<-

> HEAD /v1/codes/NOBODY
< 404
< Content-Type: application/problem+json
< Content-Length ~ [1-9]\d*
<<-



=== TEST 14: the API stands where its location does, last slash or not
--- config
    location /a/deep/place/ { jupref_api; }
    location /short { jupref_api; }
--- exchange
> GET /a/deep/place/codes/ALICE
< 200
<< {"code":"ALICE","...":1}

> GET /short/codes/ALICE
< 200
<< {"code":"ALICE","...":1}

> GET /a/deep/place/
< 404
<< {"code":"not_found","...":1}

> GET /short
< 404
<< {"code":"not_found","...":1}



=== TEST 15: an API in a regex location is refused: it has no paths below
--- config
    location ~ ^/v\d/ { jupref_api; }
--- must_die
--- refused
"jupref_api" in location "^/v\d/" has no paths below it
a prefix location such as "location /v1/"



=== TEST 16: so it is in an exact location
--- config
    location = /v1 { jupref_api; }
--- must_die
--- refused
"jupref_api" in location "/v1" has no paths below it
a prefix location such as "location /v1/"



=== TEST 17: paths are matched whole
--- exchange
> GET /v1/
< 404
<< {"code":"not_found","...":1}

> GET /v1/platforms
< 404
<< {"code":"not_found","...":1}

> GET /v1/platform/
< 404
<< {"code":"not_found","...":1}

> GET /v1/Platform
< 404
<< {"code":"not_found","...":1}

> GET /v1/codes
< 404
<< {"code":"not_found","...":1}

> GET /v1/codes/
< 404
<< {"code":"not_found","...":1}

> GET /v1/codes/ALICE/clicks
< 404
<< {"code":"not_found","...":1}

> GET /v1/codes/ALICE%2Fclicks
< 404
<< {"code":"not_found","...":1}

> GET /v1/x/../codes/ALICE
< 200
<< {"code":"ALICE","...":1}



=== TEST 18: arguments are decoded, their names too, and unknown ones left alone
--- exchange
> GET /v1/leaderboard?x=1&b%79=tr%61des&limit=%32&limit=0
< 200
<< {"by":"trades","data":["<any>","<any>"]}



=== TEST 19: reads need no key, and a wrong one does no harm
--- exchange
> GET /v1/platform
> Authorization: Bearer wrong
< 200

> GET /v1/codes/ALICE
> as reader
< 200



=== TEST 20: nginx's own access rules and limits hold for the API
--- config
    location /v1/ { jupref_api; deny all; }
--- request
GET /v1/platform
--- error_code: 403
--- error_log
access forbidden by rule



=== TEST 21: nginx's gzip filter applies
--- config
    location /v1/ {
        jupref_api;
        gzip on;
        gzip_types application/json;
        gzip_min_length 0;
    }
--- exchange
> GET /v1/platform
> Accept-Encoding: gzip
< 200
< Content-Encoding: gzip



=== TEST 22: pipelined reads are answered in their order
--- pipelined_requests eval
["GET /v1/codes/ALICE", "GET /v1/codes/NOBODY", "GET /v1/codes/BOB"]
--- error_code eval
[200, 404, 200]
--- response_body_like eval
['"code":"ALICE"', '"code":"code_not_found"', '"code":"BOB"']



=== TEST 23: an answer is the same wherever its memory comes to lie
--- exchange eval
CORE::join "\n\n", map {
    my $length = $_;
    map { "> GET /v1/$_\n> X-Filler: " . 'x' x $length . "\n< 200" }
        'leaderboard?limit=2', 'trades?limit=2', 'platform',
        'referrers/$ALICE'
} map { 8 * $_ } 1 .. 6
