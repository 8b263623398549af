# What another node may know better is asked of another node; what is the
# client's own fault isn't.  Plain nginx balancing here; t/220 has pools.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use Time::HiRes qw(sleep time);

# The node that is asked first says this; the next answers.

sub first {
    my ($answer) = @_;

    return { '*' => sub { $_[0]{number} == 1 && total() == 1 ? $answer->(@_)
                          : result($_[0], '"well"') } };
}


sub total {
    return seen('a') + seen('b') + seen('c');
}


sub nodes_saying {
    my ($answer) = @_;

    return (a => first($answer), b => first($answer), c => first($answer));
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: an unhealthy node's error isn't the client's
--- nodes
nodes_saying(sub { failure($_[0], -32005, 'Node is behind', '{"numSlotsBehind":9}') })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);



=== TEST 2: what a node hasn't got another one may have
--- nodes
nodes_saying(sub { failure($_[0], -32011, 'Transaction history is not available from this node') })
--- story
is(answer('getBlock', 1)->{result}, 'well');
is(total(), 2);



=== TEST 3: a method that a node lacks is asked of another
--- nodes
nodes_saying(sub { failure($_[0], -32601, 'Method not found') })
--- story
is(answer('getBlock', 1)->{result}, 'well');



=== TEST 4: nodes at their limits: another one, whatever the code
--- nodes
nodes_saying(sub { http(429, '{"jsonrpc":"2.0","error":{"code":-32602,"message":"x"},"id":1}', 'Retry-After: 3') })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);



=== TEST 5: a page instead of an answer
--- nodes
nodes_saying(sub { http(200, '<html>hello</html>', 'Content-Type: text/html') })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);



=== TEST 6: 403, 500, 502 and 503, with and without a body
--- nodes
a => { '*' => sub { http(@{$_[0]{params}}) } },
b => { '*' => sub { result($_[0], '"well"') } }
--- story
for my $status (403, 500, 502, 503) {
    for my $body ('', '{"error":"sorry"}', "<html>$status</html>") {
        is(answer('getBalance', $status, $body)->{result}, 'well',
           "$status '$body'") for 1, 2;
    }
}

cmp_ok(seen('a'), '>=', 12);



=== TEST 7: an answer that breaks off
--- nodes
nodes_saying(sub { http(200, '{"jsonrpc":"2.0","resu', 'Content-Length: 50') })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);
--- no_error_log
[alert]
[crit]



=== TEST 8: a connection that closes without an answer
--- nodes
nodes_saying(sub { () })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);
--- no_error_log
[alert]
[crit]



=== TEST 9: an answer to another call
--- nodes
nodes_saying(sub { http(200, '{"jsonrpc":"2.0","result":"mine","id":"someone else"}') })
--- story
is(answer('getBalance', 'x')->{result}, 'well');



=== TEST 10: a node that doesn't answer in time
--- in_rpc
proxy_read_timeout 300ms;
--- nodes
nodes_saying(sub { (\2, result($_[0], '"late"')) })
--- story
is(answer('getBalance', 'x')->{result}, 'well');
is(total(), 2);
--- no_error_log
[alert]
[crit]



=== TEST 11: what isn't there yet is asked again a moment later
--- nodes
nodes_saying(sub { failure($_[0], -32004, 'Block not available for slot 1') })
--- story
my $began = time;

is(answer('getBlock', 1)->{result}, 'well');
cmp_ok(time - $began, '>', 0.1);
is(total(), 2);



=== TEST 12: the client's own faults are told at once
--- nodes
nodes_saying(sub { failure($_[0], $_[0]{params}[0], 'no', '{"why":1}') })
--- story
for my $code (-32602, -32600, -32003, -32013, -32015, -32017) {
    my $before = total();
    my $answer = answer('getBlock', $code);

    next if $before;
    is($answer->{error}{code}, $code);
    is_deeply($answer->{error}{data}, { why => 1 });
    is(total(), 1);
}



=== TEST 13: a skipped slot is swept for once, then told
--- nodes
map { ($_ => { getBlock => sub { failure($_[0], -32007, 'Slot 5 was skipped') } }) } qw(a b c)
--- story
is(answer('getBlock', 5)->{error}{code}, -32007);
is(total(), 2);



=== TEST 14: three nodes at the most, and then the best informed error
--- nodes
a => { '*' => sub { failure($_[0], -32601, 'Method not found') } },
b => { '*' => sub { failure($_[0], -32011, 'no history', '{"b":1}') } },
c => { '*' => sub { failure($_[0], -32603, 'Internal error') } },
d => { '*' => sub { result($_[0], '"never asked"') } }
--- story
my $answer = answer('getBlock', 5);

is($answer->{error}{code}, -32011);
is_deeply($answer->{error}{data}, { b => 1 });
is(total() + seen('d'), 3);



=== TEST 15: one node alone isn't asked again
--- nodes
a => { '*' => sub { failure($_[0], -32011, 'no history') } }
--- story
is(answer('getBlock', 5)->{error}{code}, -32011);
is(seen('a'), 1);



=== TEST 16: when nobody has anything to say: 502, in the protocol's form
--- nodes
a => { '*' => sub { http(500, 'oops') } }, b => { '*' => sub { http(200, 'oops') } }
--- story
my $answer = rpc(call('getBlock', 5));

is($answer->{status}, 502);
is(json($answer->{body})->{error}{code}, -32603);
is(json($answer->{body})->{id}, 1);
is(logged('jupref: getBlock is not answered by any node, tries: 4'), 1);
--- no_error_log
[alert]
[crit]



=== TEST 17: and 504 when it took too long
--- in_rpc
proxy_read_timeout 200ms;
--- nodes
a => { '*' => sub { (\2, '') } }
--- story
my $answer = rpc(call('getBlock', 5));

is($answer->{status}, 504);
is(json($answer->{body})->{error}{code}, -32603);
--- no_error_log
[alert]
[crit]



=== TEST 18: in a batch such a failure is that member's, the status stays 200
--- nodes
a => { getBlock => sub { http(500, '') } }
--- story
my $answer = rpc(batch(call('getHealth'), call('getBlock', 1)));

is($answer->{status}, 200);
is(json($answer->{body})->[0]{result}, 'a getHealth');
is(json($answer->{body})->[1]{error}{code}, -32603);
--- no_error_log
[alert]
[crit]



=== TEST 19: all nodes at their limits: 429, and when to come again
--- nodes
map { ($_ => { '*' => sub { http(429, '', 'Retry-After: 7') } }) } qw(a b)
--- story
my $answer = rpc(call('getBlock', 5));

is($answer->{status}, 429);
is($answer->{header}{'retry-after'}, 7);
is(json($answer->{body})->{error}{code}, 429);
is(seen('a') + seen('b'), 2);
--- no_error_log
[alert]
[crit]



=== TEST 20: what isn't known to be a read is asked once
--- nodes
nodes_saying(sub { http(500, '') })
--- story
is(rpc(call('vendorWrite', 'x'))->{status}, 502);
is(total(), 1);
--- no_error_log
[alert]
[crit]



=== TEST 21: but goes on when it can't have reached the first
--- http
upstream half { server unix:$RPC_a.gone max_fails=0; server unix:$RPC_b max_fails=0; }
--- server
location = /half { jupref_rpc; proxy_pass http://half; proxy_next_upstream off; }
--- nodes
a => {}, b => {}
--- story
is(json(post('/half', call('vendorWrite', 'x'),
             'Content-Type: application/json')->{body})->{result},
   'b vendorWrite') for 1, 2;
--- no_error_log
[alert]



=== TEST 22: an answer beyond the limit is told, not passed
--- rpc: answer=10k
--- nodes
a => {
    getBlock => sub { result($_[0], '"' . 'x' x 20000 . '"') },
    getBlocks => sub { chunked(200, '{"jsonrpc":"2.0","result":"',
                               ('y' x 5000) x 4, qq(","id":$_[0]{id}})) },
}
--- story
for my $method ('getBlock', 'getBlocks') {
    my $answer = rpc(call($method, 1));

    is($answer->{status}, 200);
    like(json($answer->{body})->{error}{message}, qr/too large/);
}
--- no_error_log
[alert]
[crit]



=== TEST 23: a retry is counted, and paid from a budget that runs out
--- nodes
a => { '*' => sub { http(500, '') } }, b => { '*' => sub { http(500, '') } }
--- story
rpc(batch(map { call('getBlock', $_) } 1 .. 100)) for 1 .. 4;

# a fifth, and what was saved up or comes by the second

cmp_ok(seen('a') + seen('b'), '<', 400 + 80 + 100 + 10 * 10);
cmp_ok(seen('a') + seen('b'), '>', 400 + 50);
--- no_error_log
[alert]
[crit]



=== TEST 24: when each of several has failed it they are asked once more, a slot later
--- nodes
map { ($_ => { getBlock => sub {
    return $_[0]{params}[0] == 2 || $_[0]{number} == 1
           ? http(500, '') : result($_[0], 7) } }) } qw(a b)
--- story
is(answer('getBlock', 1)->{result}, 7);
is(total(), 3);

is(rpc(call('getBlock', 2))->{status}, 502);
is(total(), 3 + 4);
--- no_error_log
[alert]
[crit]
