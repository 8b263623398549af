# One JSON-RPC call through the gateway: what goes to the node, what comes
# back, and that neither is anything but the client's and the node's own.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a call is answered with the node's result and the client's id
--- story
my $answer = rpc('{"jsonrpc":"2.0","id":7,"method":"getHealth"}');

is($answer->{status}, 200);
is($answer->{header}{'content-type'}, 'application/json');
is($answer->{body}, '{"jsonrpc":"2.0","result":"a getHealth","id":7}');
is($answer->{header}{'content-length'}, length $answer->{body});



=== TEST 2: an id comes back as the bytes it was
--- story
for my $id ('0', '-1', '18446744073709551616', '1.50', '1e2', '"a\u00e9\"b"',
            '"' . 'x' x 300 . '"', 'null', '""', '123456789012345678901234567890')
{
    is(rpc(qq({"id":$id,"jsonrpc":"2.0","method":"getHealth"}))->{body},
       qq({"jsonrpc":"2.0","result":"a getHealth","id":$id}), 'id ' . substr $id, 0, 20);
}



=== TEST 3: a result's bytes are the node's, big numbers and odd spacing included
--- nodes
a => { getAccountInfo => sub { result($_[0],
    '{ "context" : {"slot":1}, "value":{"lamports":18446744073709551615,'
    . '"x":1.0e2, "y":"\u00e9\/"} }') } }
--- story
is(rpc(call('getAccountInfo', 'x'))->{body},
   '{"jsonrpc":"2.0","result":{ "context" : {"slot":1}, "value":'
   . '{"lamports":18446744073709551615,"x":1.0e2, "y":"\u00e9\/"} },"id":1}');



=== TEST 4: a node's error keeps code, message and data
--- nodes
a => { simulateTransaction => sub { failure($_[0], -32002, 'Simulation failed',
    '{"err":{"InstructionError":[0,{"Custom":1}]},"logs":["a", "b"]}') } }
--- story
is(rpc(call('simulateTransaction', 'x'))->{body},
   '{"jsonrpc":"2.0","error":{"code":-32002,"message":'
   . '"Simulation failed","data":{"err":{"InstructionError":[0,{"Custom":1}]}'
   . ',"logs":["a", "b"]}},"id":1}');



=== TEST 5: the node sees the client's parameters byte for byte, and no more
--- story
rpc('{"jsonrpc":"2.0","id":"mine","method":"getBalance","params":[ "x", '
    . '{"commitment" : "confirmed"} ], "more": 1}');

my ($body) = seen('a');
like($body, qr/"params":\[ "x", \{"commitment" : "confirmed"\} \]/);
unlike($body, qr/mine|more/);



=== TEST 6: the client's query arguments don't reach the node, the path does
--- server
location /sub/ { jupref_rpc; proxy_pass http://nodes; }
location /uri/ { jupref_rpc; proxy_pass http://nodes/base/; }
location /var/ { set $to nodes; jupref_rpc; proxy_pass http://$to; }
--- story
my @type = ('Content-Type: application/json');

is(post("/$_?api-key=secret", call('getHealth'), @type)->{status}, 200, $_)
    for ('rpc', 'sub/a%20b', 'uri/x', 'var/y');

is(join(' ', map { (split / /)[1] } heads_seen('a')),
   '/rpc /sub/a%20b /base/x /var/y');
ok(!grep({ /secret/ } heads_seen('a')));



=== TEST 7: what a node sees is a POST of JSON with its own length
--- story
rpc(call('getHealth'), 'Accept-Encoding: gzip');

my ($head) = heads_seen('a');
my ($body) = seen('a');

like($head, qr/^POST /);
like($head, qr/^Content-Type: application\/json\r$/mi);
like($head, qr/^Content-Length: @{[ length $body ]}\r$/mi);
like($head, qr/^Accept-Encoding: identity\r$/mi);



=== TEST 8: anything but POST is refused, and told what is right
--- story
my $answer = get('/rpc');

is($answer->{status}, 405);
is($answer->{header}{allow}, 'POST, OPTIONS');
is(json($answer->{body})->{error}{code}, -32600);
is(seen('a'), 0);



=== TEST 9: a browser's question beforehand is answered with what the operator adds
--- in_rpc
add_header Access-Control-Allow-Origin *;
--- story
my $answer = ask("OPTIONS /rpc HTTP/1.1\r\nHost: edge\r\n"
                 . "Connection: close\r\n\r\n");

is($answer->{status}, 204);
is($answer->{header}{'access-control-allow-origin'}, '*');



=== TEST 10: the body must be JSON by its type, too
--- story
for my $type ('text/plain', 'application/x-www-form-urlencoded', 'application/jsonp') {
    my $answer = rpc(call('getHealth'), "Content-Type: $type");

    is($answer->{status}, 415, $type);
    like(json($answer->{body})->{error}{message}, qr/application\/json/);
}

is(rpc(call('getHealth'), 'Content-Type: Application/JSON ; charset=utf-8')
       ->{status}, 200);



=== TEST 11: what is no JSON is a parse error with the id null
--- story
for my $body ('', '{', '{"jsonrpc":"2.0"', 'null x', "\xff\xfe", '[1,') {
    my $answer = rpc($body);

    is($answer->{status}, 200, "'$body'");
    is(json($answer->{body})->{error}{code}, -32700);
    ok(exists json($answer->{body})->{id});
    is(json($answer->{body})->{id}, undef);
}



=== TEST 12: what is JSON but no call is an invalid request
--- story
for my $body ('{}', '1', '"x"', '{"jsonrpc":"2.0","id":1}',
              '{"jsonrpc":"2.0","id":1,"method":1}',
              '{"jsonrpc":"2.0","id":{},"method":"getSlot"}')
{
    is(json(rpc($body)->{body})->{error}{code}, -32600, "body $body");
}

is(seen('a'), 0);



=== TEST 13: a member that comes twice is refused, two readers could differ
--- story
my $answer = json(rpc('{"jsonrpc":"2.0","id":1,"method":"getSlot",'
                      . '"method":"sendTransaction"}')->{body});

is($answer->{error}{code}, -32600);
is(seen('a'), 0);



=== TEST 14: a body nested too deeply is refused
--- story
ok(json(rpc('{"jsonrpc":"2.0","id":1,"method":"getSlot","params":'
            . '[' x 2000 . ']' x 2000 . '}')->{body})->{error}{code} < 0);
is(seen('a'), 0);



=== TEST 15: a body beyond the limit is 413, in the protocol's form
--- rpc: body=1k
--- story
my $fits = call('getHealth', 'x' x 900);
my $large = call('getHealth', 'x' x 2000);

is(rpc($fits)->{status}, 200);

my $answer = rpc($large);
is($answer->{status}, 413);
is(json($answer->{body})->{error}{code}, -32600);
like(json($answer->{body})->{error}{message}, qr/1024 bytes/);



=== TEST 16: a chunked body is bounded all the same, and never written to a file
--- rpc: body=8k
--- story
sub chunks {
    my ($body, $size) = @_;

    return "POST /rpc HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
           . "Content-Type: application/json\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n"
           . join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                          unpack "(a$size)*", $body) . "0\r\n\r\n";
}

is(ask(chunks(call('getHealth'), 7))->{status}, 200);
is(ask(chunks(call('getHealth', 'x' x 7000), 1000))->{status}, 200);
ok(length((seen('a'))[1]) > 7000);
is(ask(chunks(call('getHealth', 'x' x 70000), 1000))->{status}, 413);
is(logged('buffered to a temporary file'), 0);



=== TEST 17: a body that comes in pieces is put together
--- story
my $body = call('getHealth', 'x' x 30000);

is(ask("POST /rpc HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
       . "Content-Type: application/json\r\nContent-Length: "
       . length($body) . "\r\n", \0.1, "\r\n" . substr($body, 0, 10), \0.1,
       substr($body, 10, 20000), \0.1, substr($body, 20010))->{body},
   '{"jsonrpc":"2.0","result":"a getHealth","id":1}');



=== TEST 18: a large answer passes whole, plain or in chunks
--- nodes
a => {
    getProgramAccounts => sub { result($_[0], '"' . 'x' x 3000000 . '"') },
    getBlock => sub { chunked(200, '{"jsonrpc":"2.0","id":' . $_[0]{id}
                              . ',"result":"', ('y' x 50000) x 20, '"}') },
}
--- story
ok(rpc(call('getProgramAccounts', 'x'))->{body}
   eq '{"jsonrpc":"2.0","result":"' . 'x' x 3000000 . '","id":1}');
ok(rpc(call('getBlock', 1))->{body}
   eq '{"jsonrpc":"2.0","result":"' . 'y' x 1000000 . '","id":1}');



=== TEST 19: one connection carries many calls
--- story
my $call = call('getHealth');
my $one = "POST /rpc HTTP/1.1\r\nHost: edge\r\n"
          . "Content-Type: application/json\r\nContent-Length: "
          . length($call) . "\r\n";
my @answers = parse_answers(talk("$one\r\n$call" x 20
                                 . "${one}Connection: close\r\n\r\n$call"));

is(@answers, 21);
is(grep({ $_->{body} eq '{"jsonrpc":"2.0","result":"a getHealth","id":1}' }
        @answers), 21);



=== TEST 20: without proxy_pass there is nobody to ask, which nginx -t tells
--- server
location = /alone { jupref_rpc; }
--- must_die
--- error_log
"jupref_rpc" in location "/alone" has no nodes to ask



=== TEST 21: a subrequest that nginx brings to the gateway is refused, and the worker lives
--- server
location = /mirrored { mirror /rpc; proxy_pass http://nodes; }
location = /guarded  { auth_request /rpc; proxy_pass http://nodes; }
--- nodes
a => { '*' => sub { (result($_[0], '"mine"'), 'stay') } }
--- story
is(json(post('/mirrored', call('getBalance', 'x'),
             'Content-Type: application/json')->{body})->{result}, 'mine');
is(post('/guarded', call('getBalance', 'x'), 'Content-Type: application/json')->{status}, 500);
is(seen('a'), 1);

RpcEdge::until('refusal', sub {
    logged('"jupref_rpc" at "/rpc" was asked by a subrequest') >= 2 });
is(json(rpc(call('getHealth'))->{body})->{result}, 'mine');
is(logged('exited on signal'), 0);
--- no_error_log
[alert]
[crit]



=== TEST 22: nor does a node get a call of its own by X-Accel-Redirect
--- server
location @other { jupref_rpc; proxy_pass http://nodes; }
--- nodes
a => { getBalance => sub { http(200, '', 'X-Accel-Redirect: @other') } }
--- story
my $answer = rpc(call('getBalance', 'x'));

is($answer->{status}, 502);
is(json($answer->{body})->{error}{code}, -32603);
is(json(rpc(call('getHealth'))->{body})->{result}, 'a getHealth');
is(logged('exited on signal'), 0);
--- no_error_log
[alert]
[crit]



=== TEST 23: the client's keys, cookies and addresses don't reach a node
--- in_rpc
proxy_set_header X-Of-Operator $http_x_wanted;
--- story
rpc(call('getHealth'), 'Authorization: Bearer secret', 'Cookie: sid=secret', 'X-Api-Key: secret',
    'Origin: https://secret.example', 'Referer: https://secret.example/', 'X-Forwarded-For: 192.0.2.7',
    'X-Wanted: passed', 'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'Tracestate: a=b', 'User-Agent: mine', 'Accept: application/json');

my ($head) = heads_seen('a');

unlike($head, qr/secret|192\.0\.2\.7|x-wanted/i);
like($head, qr/^$_\r$/mi) for 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'tracestate: a=b', 'user-agent: mine', 'accept: application/json',
    'content-type: application/json', 'x-of-operator: passed';
