# Batches: every member is judged, asked and answered on its own.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use Time::HiRes 'time';

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: each member is answered with its own id, in the members' order
--- nodes
a => { getSlot => sub { (\0.2, result($_[0], 7)) } }
--- story
is(rpc('[{"jsonrpc":"2.0","id":"x","method":"getSlot"},'
       . '{"jsonrpc":"2.0","id":2,"method":"getHealth"},'
       . '{"jsonrpc":"2.0","id":null,"method":"getVersion"}]')->{body},
   '[{"jsonrpc":"2.0","result":7,"id":"x"},'
   . '{"jsonrpc":"2.0","result":"a getHealth","id":2},'
   . '{"jsonrpc":"2.0","result":"a getVersion","id":null}]');



=== TEST 2: a batch of one is answered with an array
--- story
is(rpc(batch(call('getHealth')))->{body},
   '[{"jsonrpc":"2.0","result":"a getHealth","id":1}]');



=== TEST 3: what is wrong with a member is that member's answer
--- story
my $answer = json(rpc(batch(call('getHealth'), '1', '{"id":3}', '[]',
                            '{"jsonrpc":"1.0","id":4,"method":"getSlot"}',
                            call('getSlot', 1)))->{body});

is(@$answer, 6);
is($answer->[0]{result}, 'a getHealth');
is($answer->[$_]{error}{code}, -32600, "member $_") for 1 .. 4;
is($answer->[1]{id}, undef);
is($answer->[2]{id}, 3);
is($answer->[5]{result}, 'a getSlot');
is(seen('a'), 2);



=== TEST 4: a node's error of one member leaves the others be
--- nodes
a => { getBalance => sub { failure($_[0], -32602, 'Invalid param') } }
--- story
my $answer = json(rpc(batch(call('getHealth'), call('getBalance', 'x')))
                      ->{body});

is($answer->[0]{result}, 'a getHealth');
is($answer->[1]{error}{code}, -32602);
is($answer->[1]{error}{message}, 'Invalid param');



=== TEST 5: an empty batch is one error with the id null
--- story
my $answer = rpc('[]');

is($answer->{status}, 200);
is(json($answer->{body})->{error}{code}, -32600);
is(json($answer->{body})->{id}, undef);



=== TEST 6: a batch beyond the limit is refused whole
--- rpc: batch=3
--- story
is(@{json(rpc(batch((call('getHealth')) x 3))->{body})}, 3);

my $answer = json(rpc(batch((call('getHealth')) x 4))->{body});

is($answer->{error}{code}, -32600);
is(seen('a'), 3);



=== TEST 7: batches can be switched off
--- rpc: batch=0
--- story
is(json(rpc(batch(call('getHealth')))->{body})->{error}{code}, -32600);
is(answer('getHealth')->{result}, 'a getHealth');



=== TEST 8: notifications aren't answered, nor asked for when they are reads
--- story
my $read = '{"jsonrpc":"2.0","method":"getHealth"}';
my $write = '{"jsonrpc":"2.0","method":"vendorWrites"}';

is(rpc(batch($read, call('getHealth'), $read))->{body},
   '[{"jsonrpc":"2.0","result":"a getHealth","id":1}]');
is(seen('a'), 1);

for my $body ($read, batch($read, $read), $write) {
    my $answer = rpc($body);

    is($answer->{status}, 204, $body);
    is($answer->{body}, '');
}

is(seen('a'), 2);
like((seen('a'))[1], qr/vendorWrites/);



=== TEST 9: large and small results side by side
--- nodes
a => { getBlock => sub { result($_[0], '"' . 'b' x 100000 . '"') } }
--- story
my $answer = rpc(batch(call('getHealth'), call('getBlock', 1),
                       call('getHealth'), call('getBlock', 2)));
my $small = '{"jsonrpc":"2.0","result":"a getHealth","id":1}';
my $large = '{"jsonrpc":"2.0","result":"' . 'b' x 100000 . '","id":1}';

ok($answer->{body} eq "[$small,$large,$small,$large]");
is($answer->{header}{'content-length'}, length $answer->{body});



=== TEST 10: no more than 16 members ask at once, and the others get their turn
--- nodes
a => { getBlock => sub { (\0.3, result($_[0], $_[0]{params}[0])) } }
--- story
my $began = time;
my $answer = json(rpc(batch(map { call('getBlock', $_) } 1 .. 40))->{body});
my $took = time - $began;

is(join(' ', map { $_->{result} } @$answer), join ' ', 1 .. 40);
cmp_ok($took, '>', 0.85);
cmp_ok($took, '<', 9);



=== TEST 11: the same read twice in a batch is one call to the node
--- nodes
a => { getBalance => sub { (\0.2, result($_[0],
                            '{"context":{"slot":5},"value":1}')) } }
--- story
my $answer = json(rpc(batch((call('getBalance', 'x')) x 5,
                            call('getBalance', 'y')))->{body});

is(join(' ', map { $_->{result}{value} } @$answer), '1 1 1 1 1 1');
is(seen('a'), 2);



=== TEST 12: a hundred members in one batch
--- story
my $answer = json(rpc('[' . join(',', map {
    qq({"jsonrpc":"2.0","id":$_,"method":"getBlock","params":[$_]}) } 1 .. 100)
    . ']')->{body});

is(join(' ', map { $_->{id} } @$answer), join ' ', 1 .. 100);
is(grep({ $_->{result} eq 'a getBlock' } @$answer), 100);



=== TEST 13: answer= is the whole batch's: members beyond it are told so, the others get theirs
--- rpc: answer=100k cache=off
--- nodes
a => { getBlock => sub { result($_[0], '"' . 'x' x 30000 . '"') },
       getBlocks => sub { chunked(200, '{"jsonrpc":"2.0","result":"',
                                  ('y' x 5000) x 6, qq(","id":$_[0]{id}})) } }
--- story
for my $method (qw(getBlock getBlocks)) {
    my $answers = json(rpc(batch(map { call($method, $_) } 1 .. 40))->{body});
    my @large = grep { ($_->{error}{message} // '') =~ /too large/ } @$answers;
    my @given = grep { length($_->{result} // '') == 30000 } @$answers;

    is(@large + @given, 40, $method);
    cmp_ok(@given, '>=', 1);
    cmp_ok(@given, '<=', 3);
}
--- no_error_log
[alert]
[crit]



=== TEST 14: what one batch asks twice is held once, and given to each
--- rpc: answer=40k
--- nodes
a => { getBlock => sub { (\0.2, result($_[0], '"' . 'x' x 30000 . '"')) } }
--- story
my $answers = json(rpc(batch(map { call('getBlock', 7) } 1 .. 10))->{body});

is(grep({ length($_->{result} // '') == 30000 } @$answers), 10);
is(seen('a'), 1);



=== TEST 15: what was of no use is given back: of large errors one alone is held
--- rpc: answer=70k cache=off
--- nodes
a => { getBlock => sub { failure($_[0], -32005, 'x' x 30000) } },
b => { getBlock => sub { failure($_[0], -32005, 'x' x 30000) } },
c => { getBlock => sub { result($_[0], '"' . 'y' x 30000 . '"') } }
--- story
is(length(answer('getBlock', $_)->{result}), 30000) for 1 .. 4;
