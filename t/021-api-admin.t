# jupref_api: what an administrator writes.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_api_key ops role=operator sha256=$OPERATOR_SHA256;
    jupref_api_key eyes role=read sha256=$READER_SHA256;
    jupref_tier default fee=100;
    jupref_tier premium fee=120 discount=30 share=40%,5%,1%;
    jupref_code ALICE referrer=$ALICE tier=premium;
', '
    location /v1/ { jupref_api; }
');

run_tests();

__DATA__

=== TEST 1: a referrer is registered, at once and for everybody to see
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","tier":"premium","parent":"$ALICE"}
< 201
< Content-Type: application/json
< Cache-Control: no-store
<< {"wallet":"$BOB","status":"active","tier":"premium","parent":"$ALICE",
<<  "registeredAt":"<time>","codes":[],"clicks":0,"boundWallets":0,
<<  "trades":{"executed":0,"unknown":0,"verified":0,"available":0,
<<  "rejected":0,"expired":0,"disputed":0,"reversed":0,"unproved":0},"volumeUsd":"0.000000",
<<  "earnedUsd":"0.000000","balances":[]}

> GET /v1/referrers/$BOB
< 200
<< {"status":"active","tier":"premium","parent":"$ALICE","...":1}

> GET /v1/platform
< 200
<< {"referrers":2,"codes":1,"totals":{"events":3,"...":1},"...":1}



=== TEST 2: without tier and parent it has the default terms and nobody above
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB"}
< 201
<< {"wallet":"$BOB","tier":"default","parent":null,"...":1}



=== TEST 3: a code is created, and can be followed at once
--- config
    location /v1/ { jupref_api; }
    location /r/ { jupref_link; }
--- exchange
> POST /v1/admin/codes
> as admin
>> {"code":"Summer","wallet":"$ALICE"}
< 201
< Content-Type: application/json
<< {"code":"Summer","referrer":"$ALICE","tier":"premium","feeBps":120,
<<  "discountBps":30,"chargedBps":90,"sharesBps":[4000,500,100],"version":1,
<<  "status":"active","clicks":0,"boundWallets":0,"createdAt":"<time>"}

> GET /r/summer
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Summer\..*

> GET /v1/referrers/$ALICE
< 200
<< {"codes":[{"code":"Summer","clicks":1,"...":1},{"code":"ALICE","...":1}],"...":1}



=== TEST 4: a code may have terms of its own
--- exchange
> POST /v1/admin/codes
> as admin
>> {"tier":"default","code":"PLAIN","wallet":"$ALICE"}
< 201
<< {"code":"PLAIN","tier":"default","feeBps":100,"...":1}

> GET /v1/referrers/$ALICE
< 200
<< {"tier":"premium","...":1}



=== TEST 5: a referrer's new tier makes a new version of the codes that follow it
--- exchange
> POST /v1/admin/codes
> as admin
>> {"code":"FOLLOWS","wallet":"$ALICE"}
< 201
<< {"tier":"premium","version":1,"...":1}

> POST /v1/admin/codes
> as admin
>> {"code":"OWN","wallet":"$ALICE","tier":"premium"}
< 201
<< {"tier":"premium","version":1,"...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"tier":"default"}
< 200
<< {"wallet":"$ALICE","tier":"default","status":"active","...":1}

> GET /v1/codes/FOLLOWS
< 200
<< {"tier":"default","feeBps":100,"version":2,"...":1}

> GET /v1/codes/OWN
< 200
<< {"tier":"premium","feeBps":120,"version":1,"...":1}



=== TEST 6: a referrer is suspended and comes back; both are events
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"suspended"}
< 200
<< {"status":"suspended","...":1}

> GET /v1/codes/ALICE
< 200
<< {"status":"suspended","...":1}

> GET /v1/fees?code=ALICE&amount=1
< 404
<< {"code":"code_not_found","...":1}

> GET /v1/platform
< 200
<< {"totals":{"events":3,"...":1},"...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"active"}
< 200
<< {"status":"active","...":1}

> GET /v1/codes/ALICE
< 200
<< {"status":"active","...":1}

> GET /v1/platform
< 200
<< {"totals":{"events":4,"...":1},"...":1}



=== TEST 7: tier and status change together
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"suspended","tier":"default"}
< 200
<< {"status":"suspended","tier":"default","...":1}



=== TEST 8: what is so already is no change, and no event
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"active","tier":"premium"}
< 200
<< {"status":"active","tier":"premium","...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"active","tier":"default"}
< 200
<< {"status":"active","tier":"default","...":1}

> GET /v1/platform
< 200
<< {"totals":{"events":3,"...":1},"...":1}



=== TEST 9: a refused write changes nothing
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"suspended","tier":"gold"}
< 422
<< {"code":"unknown_tier","...":1}

> PATCH /v1/admin/referrers/$BOB
> as admin
>> {"status":"suspended","tier":"default"}
< 404
<< {"code":"referrer_not_found","...":1}

> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","parent":"$CAROL"}
< 422
<< {"code":"unknown_parent","...":1}

> POST /v1/admin/codes
> as admin
>> {"code":"BOBS","wallet":"$BOB"}
< 404
<< {"code":"referrer_not_found","...":1}

> GET /v1/referrers/$ALICE
< 200
<< {"status":"active","tier":"premium","...":1}

> GET /v1/referrers/$BOB
< 404

> GET /v1/platform
< 200
<< {"referrers":1,"codes":1,"totals":{"events":2,"...":1},"...":1}



=== TEST 10: a referrer is registered once
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$ALICE"}
< 409
<< {"code":"referrer_exists","...":1}

> GET /v1/referrers/$ALICE
< 200
<< {"tier":"premium","...":1}



=== TEST 11: nobody is above themselves
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","parent":"$BOB"}
< 422
<< {"code":"unknown_parent","...":1}



=== TEST 12: a code is never given to somebody else, in no case
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB"}
< 201

> POST /v1/admin/codes
> as admin
>> {"code":"alice","wallet":"$BOB"}
< 409
<< {"code":"code_taken","...":1}

> GET /v1/codes/ALICE
< 200
<< {"code":"ALICE","referrer":"$ALICE","...":1}



=== TEST 13: a code that one has already is a conflict too
--- exchange
> POST /v1/admin/codes
> as admin
>> {"code":"ALICE","wallet":"$ALICE","tier":"default"}
< 409
<< {"code":"code_exists","...":1}

> GET /v1/codes/ALICE
< 200
<< {"tier":"premium","version":1,"...":1}



=== TEST 14: a suspended referrer still gets codes, which can't be followed
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"suspended"}
< 200

> POST /v1/admin/codes
> as admin
>> {"code":"LATER","wallet":"$ALICE"}
< 201
<< {"code":"LATER","status":"suspended","...":1}



=== TEST 15: a wallet has at most 64 codes
--- exchange eval
CORE::join "\n\n", (map { "> POST /v1/admin/codes\n> as admin\n"
                    . qq(>> {"code":"CODE-$_","wallet":"\$ALICE"}\n)
                    . ($_ < 64 ? '< 201'
                               : "< 409\n"
                                 . '<< {"code":"too_many_codes","...":1}') }
                  1 .. 64)
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 16: keys: admin may, operator and reader may not, nobody must ask
--- exchange
> POST /v1/admin/referrers
> as operator
>> {"wallet":"$BOB"}
< 403
< WWW-Authenticate -
<< {"code":"forbidden","...":1}

> POST /v1/admin/referrers
> as reader
>> {"wallet":"$BOB"}
< 403
<< {"code":"forbidden","...":1}

> POST /v1/admin/referrers
>> {"wallet":"$BOB"}
< 401
< WWW-Authenticate: Bearer realm="jupref"
<< {"code":"unauthorized","...":1}

> POST /v1/admin/codes
> as reader
>> {"code":"NEW","wallet":"$ALICE"}
< 403

> PATCH /v1/admin/referrers/$ALICE
> as operator
>> {"status":"suspended"}
< 403

> PATCH /v1/admin/referrers/$ALICE
>> {"status":"suspended"}
< 401

> GET /v1/platform
< 200
<< {"referrers":1,"totals":{"events":2,"...":1},"...":1}



=== TEST 17: what is no key of ours is none at all
--- exchange eval
my $key = Edge::name('ADMIN');
my $hash = Edge::name('ADMIN_SHA256');
CORE::join "\n\n", map { "> POST /v1/admin/referrers\n> Authorization: $_\n"
                   . qq(>> {"wallet":"\$BOB"}\n)
                   . "< 401\n< WWW-Authenticate: Bearer realm=\"jupref\"" }
    'Bearer wrong', "Bearer ${key}x", 'Bearer ' . substr($key, 0, -1),
    "Bearer $hash", 'Bearer', "Basic $key", $key, "Bearer$key",
    "Bearer \U$key"



=== TEST 18: the scheme's name has no case
--- exchange
> POST /v1/admin/referrers
> Authorization: bearer $ADMIN
>> {"wallet":"$BOB"}
< 201



=== TEST 19: without any key in the configuration nobody may write
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB"}
< 401



=== TEST 20: members in any order, escapes, blanks, a charset
--- exchange
> POST /v1/admin/codes
> as admin
> Content-Type: application/json; charset=utf-8
>>  {
>>    "wallet" : "$ALICE" ,
>>    "\u0063ode" : "\u004eEW"
>>  }
< 201
<< {"code":"NEW","...":1}

> POST /v1/admin/codes
> as admin
> Content-Type: Application/JSON
>> {"code":"NEWER","wallet":"$ALICE"}
< 201



=== TEST 21: a write is kept through a reload
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","parent":"$ALICE"}
< 201

> POST /v1/admin/codes
> as admin
>> {"code":"BOBS","wallet":"$BOB"}
< 201
<! jupref_api_key ops

> GET /v1/codes/BOBS
< 200
<< {"referrer":"$BOB","status":"active","version":1,"...":1}

> POST /v1/admin/referrers
> as operator
>> {"wallet":"$CAROL"}
< 401

> GET /v1/referrers/$BOB
< 200
<< {"parent":"$ALICE","...":1}
