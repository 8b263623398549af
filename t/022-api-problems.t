# jupref_api: refusals, RFC 9457 problems with a stable type and code.

use Test::Nginx::Socket 'no_plan';
use Edge;

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_api_key eyes role=read sha256=$READER_SHA256;
    jupref_tier default fee=100;
    jupref_code ALICE referrer=$ALICE;
', '
    location /v1/ { jupref_api; }
');

# What an administrator posts, and the problem that it is.

sub posts {
    my ($code, @bodies) = @_;

    return join "\n\n", map {
        my $body = ref $_ ? $_->[0] : $_;
        my $detail = ref $_ ? $_->[1] : '';

        $detail =~ s/(["\\])/\\$1/g;
        $detail = $detail ? qq("detail":"$detail") : '"detail":"<any>"';

        "> POST /v1/admin/referrers\n> as admin\n>> $body\n< 400\n"
        . "< Content-Type: application/problem+json\n"
        . qq(<< {"type":"urn:jupref:problem:$code","title":"<any>",)
        . qq("status":400,"code":"$code",$detail})
    } @bodies;
}

our $alice = Edge::name('ALICE');

run_tests();

__DATA__

=== TEST 1: a problem has exactly type, title, status, code and detail
--- exchange
> GET /v1/nothing
< 404
< Content-Type: application/problem+json
< Cache-Control: no-store
<< {"type":"urn:jupref:problem:not_found","title":"No such resource",
<<  "status":404,"code":"not_found","detail":"there is nothing at this path"}

> GET /v1/codes/NOBODY
< 404
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:code_not_found","title":"No such code",
<<  "status":404,"code":"code_not_found",
<<  "detail":"no referrer has this code"}

> GET /v1/referrers/$BOB
< 404
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:referrer_not_found","title":"No such referrer",
<<  "status":404,"code":"referrer_not_found",
<<  "detail":"this wallet is not registered"}

> GET /v1/trades?limit=0
< 400
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:invalid_argument",
<<  "title":"Invalid query argument","status":400,"code":"invalid_argument",
<<  "detail":"limit must be 1 to 100"}

> GET /v1/trades?cursor=1
< 400
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:invalid_cursor","title":"Invalid cursor",
<<  "status":400,"code":"invalid_cursor","detail":"<any>"}



=== TEST 2: 405 with the methods that the path has
--- exchange
> POST /v1/codes/ALICE
> as admin
>> {}
< 405
< Allow: GET, HEAD
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:method_not_allowed",
<<  "title":"Method not allowed","status":405,"code":"method_not_allowed",
<<  "detail":"the methods of this path are in Allow"}

> DELETE /v1/platform
< 405
< Allow: GET, HEAD

> PUT /v1/trades
< 405
< Allow: GET, HEAD

> OPTIONS /v1/leaderboard
< 405
< Allow: GET, HEAD

> PATCH /v1/fees
< 405
< Allow: GET, HEAD

> GET /v1/admin/referrers
> as admin
< 405
< Allow: POST

> PATCH /v1/admin/referrers
> as admin
>> {}
< 405
< Allow: POST

> GET /v1/admin/codes
> as admin
< 405
< Allow: POST

> HEAD /v1/admin/codes
< 405
< Allow: POST
<<-

> GET /v1/admin/referrers/$ALICE
> as admin
< 405
< Allow: PATCH

> DELETE /v1/admin/referrers/$ALICE
> as admin
< 405
< Allow: PATCH



=== TEST 3: a method that nginx itself doesn't know
--- exchange
> FETCH /v1/platform
< 405
< Allow: GET, HEAD



=== TEST 4: 401 asks for a key, 403 doesn't
--- exchange
> POST /v1/admin/codes
>> {}
< 401
< WWW-Authenticate: Bearer realm="jupref"
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:unauthorized","title":"API key needed",
<<  "status":401,"code":"unauthorized","detail":"<any>"}

> POST /v1/admin/codes
> as reader
>> {}
< 403
< WWW-Authenticate -
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:forbidden","title":"API key may not do this",
<<  "status":403,"code":"forbidden","detail":"this needs a key with role=admin"}



=== TEST 5: who is bound to whom is for holders of a key, of any role
--- exchange
> GET /v1/referrers/$ALICE/wallets
< 401
< WWW-Authenticate: Bearer realm="jupref"
<< {"code":"unauthorized","...":1}

> GET /v1/referrers/$ALICE/wallets
> as reader
< 200
<< {"data":[],"...":1}

> GET /v1/referrers/$ALICE/wallets
> as admin
< 200
<< {"data":[],"...":1}



=== TEST 6: who may not write doesn't learn what would be wrong with it
--- exchange
> POST /v1/admin/codes
> Content-Type: text/plain
>> nonsense
< 401

> PATCH /v1/admin/referrers/nonsense
> as reader
>> nonsense
< 403



=== TEST 7: 415 for what isn't called JSON
--- exchange eval
CORE::join "\n\n", map { "> POST /v1/admin/referrers\n> as admin\n"
                   . "> Content-Type: $_\n" . qq(>> {"wallet":"\$BOB"}\n)
                   . "< 415\n< Content-Type: application/problem+json\n"
                   . '<< {"code":"unsupported_media_type","status":415,'
                   . '"type":"urn:jupref:problem:unsupported_media_type",'
                   . '"title":"Body is not JSON","detail":'
                   . '"send the body as Content-Type: application/json"}' }
    'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx',
    'application/json5', 'application/problem+json', 'application/*', '',
    'text/json', 'xapplication/json'



=== TEST 8: 415 without any Content-Type
--- request
POST /v1/admin/referrers
{"wallet":"27GdNcgCrXdXwVy4q6ydUJbMqHaBT8hrT4sau3onUKfQ"}
--- more_headers
Authorization: Bearer the-key-of-an-administrator
--- error_code: 415
--- response_body_like: "code":"unsupported_media_type"



=== TEST 9: what is no JSON object
--- exchange eval
main::posts('invalid_body',
    ['[]', 'not a JSON object'], ['"wallet"', 'not a JSON object'],
    ['null', 'not a JSON object'], ['1', 'not a JSON object'],
    ['{', 'not well-formed JSON'], ['{}{}', 'not well-formed JSON'],
    ['{} x', 'not well-formed JSON'], ['{"wallet"}', 'not well-formed JSON'],
    ["{'wallet':'a'}", 'not well-formed JSON'],
    ['{"wallet":"$BOB",}', 'not well-formed JSON'],
    ['{"wallet":"$BOB"', 'not well-formed JSON'],
    ['{/* */"wallet":"$BOB"}', 'not well-formed JSON'],
    ["\xef\xbb\xbf{}", 'not well-formed JSON'],
    ['wallet=$BOB', 'not well-formed JSON'],
    ["{\"wallet\":\"\xff\"}", 'not well-formed JSON'],
    ["{\"wallet\":\"\xc0\xaf\"}", 'not well-formed JSON'],
    ['[' x 100, 'not a JSON object'])



=== TEST 10: an empty body, and none at all
--- request eval
["POST /v1/admin/referrers", "PATCH /v1/admin/referrers/$main::alice"]
--- more_headers
Authorization: Bearer the-key-of-an-administrator
Content-Type: application/json
Content-Length: 0
--- error_code eval
[400, 400]
--- response_body_like eval
['"code":"invalid_body"', '"code":"\w+"']



=== TEST 11: an unknown member is refused by name
--- exchange eval
main::posts('unknown_field',
    ['{"walet":"$BOB"}', 'there is no such member: "walet"'],
    ['{"wallet":"$BOB","code":"BOB"}', 'there is no such member: "code"'],
    ['{"wallet":"$BOB","status":"active"}',
     'there is no such member: "status"'],
    ['{"Wallet":"$BOB"}', 'there is no such member: "Wallet"'],
    ['{"":"$BOB"}', 'there is no such member: ""'],
    ['{"a\"b\\\\c":1}', 'there is no such member: "a"b\c"'],
    ['{"x":{"wallet":"$BOB"}}', 'there is no such member: "x"'])



=== TEST 12: a long unknown name is cut, whatever letters it has
--- exchange eval
main::posts('unknown_field',
    ['{"' . 'x' x 100 . '":1}',
     'there is no such member: "' . 'x' x 64 . '"'],
    '{"' . "\xc3\xa9" x 100 . '":1}', '{"x' . "\xc3\xa9" x 100 . '":1}',
    '{"' . '\u0001' x 100 . '":1}', '{"' . '\"' x 100 . '":1}')



=== TEST 13: a member that comes twice is refused by name
--- exchange eval
main::posts('invalid_body',
    ['{"wallet":"$BOB","wallet":"$BOB"}', 'a member came twice: "wallet"'],
    ['{"wallet":"$BOB","wallet":"$CAROL"}', 'a member came twice: "wallet"'],
    ['{"wallet":"$BOB","w\u0061llet":"$CAROL"}',
     'a member came twice: "wallet"'],
    ['{"tier":"default","wallet":"$BOB","tier":"default"}',
     'a member came twice: "tier"'])



=== TEST 14: a member of the wrong kind is refused, saying what it must be
--- exchange eval
my $rule = 'wallet must be a string, the base58 of 32 bytes';
main::posts('invalid_field',
    map { ["{\"wallet\":$_}", $rule] }
        '1', 'true', 'null', '[]', '["$BOB"]', '{}', '{"wallet":"$BOB"}',
        '[' x 500 . ']' x 500, '1e999', '""', '"$BOB "', '"bob"',
        '"11111111111111111111111111111111"', '"$BOB\u0000"')



=== TEST 15: so is each member with what it can't be
--- exchange eval
main::posts('invalid_field',
    ['{}', 'wallet is missing'],
    ['{"tier":"default"}', 'wallet is missing'],
    ['{"wallet":"$BOB","parent":""}',
     'parent must be a string, the base58 of 32 bytes'],
    ['{"wallet":"$BOB","parent":null}',
     'parent must be a string, the base58 of 32 bytes'],
    ['{"wallet":"$BOB","tier":""}',
     'tier must be a string, the name of a tier, 3 to 24 characters'],
    ['{"wallet":"$BOB","tier":7}',
     'tier must be a string, the name of a tier, 3 to 24 characters'],
    ['{"wallet":"$BOB","tier":"' . 'x' x 25 . '"}',
     'tier must be a string, the name of a tier, 3 to 24 characters'])



=== TEST 16: members of a code and of a change
--- exchange
> POST /v1/admin/codes
> as admin
>> {"code":"A B","wallet":"$ALICE"}
< 400
<< {"code":"invalid_field","detail":"code must be a string of 3 to 32 letters, digits, \"_\" or \"-\"","...":1}

> POST /v1/admin/codes
> as admin
>> {"code":"AB","wallet":"$ALICE"}
< 400
<< {"code":"invalid_field","...":1}

> POST /v1/admin/codes
> as admin
>> {"code":"ABC"}
< 400
<< {"code":"invalid_field","detail":"code and wallet must both be given","...":1}

> POST /v1/admin/codes
> as admin
>> {"code":"ABC","wallet":"$ALICE","parent":"$BOB"}
< 400
<< {"code":"unknown_field","detail":"there is no such member: \"parent\"","...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {}
< 400
<< {"code":"invalid_field","detail":"give tier, status or both","...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"retired"}
< 400
<< {"code":"invalid_field","detail":"status must be \"active\" or \"suspended\"","...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":true}
< 400
<< {"code":"invalid_field","...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"parent":"$BOB"}
< 400
<< {"code":"unknown_field","...":1}

> PATCH /v1/admin/referrers/alice
> as admin
>> {"status":"active"}
< 404
<< {"code":"referrer_not_found","...":1}



=== TEST 17: 422 for what is well said and doesn't exist, 409 for a conflict
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","tier":"gold"}
< 422
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:unknown_tier","title":"Unknown tier",
<<  "status":422,"code":"unknown_tier","detail":"<any>"}

> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","parent":"$CAROL"}
< 422
<< {"type":"urn:jupref:problem:unknown_parent","title":"Unknown parent",
<<  "status":422,"code":"unknown_parent","detail":"<any>"}

> POST /v1/admin/referrers
> as admin
>> {"wallet":"$ALICE"}
< 409
<< {"type":"urn:jupref:problem:referrer_exists","title":"Referrer exists",
<<  "status":409,"code":"referrer_exists","detail":"<any>"}



=== TEST 18: a body of 16384 bytes is read, one more is too large
--- exchange eval
my $body = '{"wallet":"' . Edge::name('BOB') . '"}';
my $post = "> POST /v1/admin/referrers\n> as admin\n>> ";
CORE::join "\n\n",
    $post . '{' . ' ' x (16384 - length $body) . substr($body, 1) . "\n< 201",
    $post . '{' . ' ' x (16385 - length $body) . substr($body, 1) . "\n< 413\n"
    . "< Content-Type: application/problem+json\n"
    . '<< {"type":"urn:jupref:problem:body_too_large",'
    . '"title":"Body too large","status":413,"code":"body_too_large",'
    . '"detail":"a body has at most 16384 bytes"}'



=== TEST 19: a body that is larger than nginx allows is nginx's own affair
--- config
    location /v1/ { jupref_api; client_max_body_size 100; }
--- request eval
"POST /v1/admin/referrers\n" . 'x' x 101
--- more_headers
Authorization: Bearer the-key-of-an-administrator
Content-Type: application/json
--- error_code: 413
--- error_log
client intended to send too large body



=== TEST 20: a chunked body, however it is cut
--- raw_request eval
my $body = '{"wallet":"' . Edge::name('BOB') . '"}';
my $head = "POST /v1/admin/referrers HTTP/1.1\r\nHost: edge\r\n"
           . "Connection: close\r\nContent-Type: application/json\r\n"
           . 'Authorization: Bearer ' . Edge::name('ADMIN') . "\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n";
[$head, (map { "1\r\n$_\r\n" } split //, $body), "0\r\n\r\n"]
--- raw_request_middle_delay: 0.001
--- error_code: 201
--- response_body_like: "wallet":"27GdNcgCrXdXwVy4q6ydUJbMqHaBT8hrT4sau3onUKfQ"



=== TEST 21: a chunked body that grows too large
--- raw_request eval
my $head = "POST /v1/admin/referrers HTTP/1.1\r\nHost: edge\r\n"
           . "Connection: close\r\nContent-Type: application/json\r\n"
           . 'Authorization: Bearer ' . Edge::name('ADMIN') . "\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n";
[$head, (map { "1000\r\n" . ' ' x 4096 . "\r\n" } 1 .. 5), "0\r\n\r\n"]
--- error_code: 413
--- response_body_like: "code":"body_too_large"



=== TEST 22: a body in a temporary file
--- config
    location /v1/ { jupref_api; client_body_in_file_only clean; }
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","tier":"default"}
< 201
<< {"wallet":"$BOB","...":1}

> POST /v1/admin/referrers
> as admin
>> {"wallet":"$BOB","tier":7}
< 400
<< {"code":"invalid_field","...":1}



=== TEST 23: a body partly in memory and partly in a temporary file
--- config
    location /v1/ { jupref_api; client_body_buffer_size 16; }
--- raw_request eval
my $body = '{' . ' ' x 3000 . '"wallet":"' . Edge::name('BOB') . '"}';
["POST /v1/admin/referrers HTTP/1.1\r\nHost: edge\r\n"
 . "Connection: close\r\nContent-Type: application/json\r\n"
 . 'Authorization: Bearer ' . Edge::name('ADMIN') . "\r\n"
 . 'Content-Length: ' . length($body) . "\r\n\r\n"
 . substr($body, 0, 10), substr($body, 10, 1000), substr($body, 1010)]
--- raw_request_middle_delay: 0.05
--- error_code: 201
--- error_log
a client request body is buffered to a temporary file



=== TEST 24: a refused body doesn't disturb the next request of its connection
--- pipelined_requests eval
my $post = "POST /v1/admin/referrers\n";
["${post}nonsense", "GET /v1/codes/ALICE",
 $post . '{' . ' ' x 20000 . '}', "GET /v1/codes/ALICE"]
--- more_headers
Authorization: Bearer the-key-of-an-administrator
Content-Type: application/json
--- error_code eval
[400, 200, 413, 200]
--- response_body_like eval
['invalid_body', '"code":"ALICE"', 'body_too_large', '"code":"ALICE"']



=== TEST 25: the client leaves in the middle of its body: nothing is written
--- raw_request eval
"POST /v1/admin/referrers HTTP/1.1\r\nHost: edge\r\n"
. "Content-Type: application/json\r\n"
. 'Authorization: Bearer ' . Edge::name('ADMIN') . "\r\n"
. "Content-Length: 60\r\n\r\n{\"wallet\":"
--- timeout: 0.3
--- abort
--- ignore_response
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 26: problems pass through error_page only where that is asked for
--- config
    location /v1/ { jupref_api; error_page 404 = /nowhere; }
    location = /nowhere { return 200 "taken over"; }
--- exchange
> GET /v1/codes/NOBODY
< 404
<< {"code":"code_not_found","...":1}
