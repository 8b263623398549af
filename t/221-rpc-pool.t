# The gateway before a pool: values from memory, second nodes, nodes that are
# left alone, and reads that don't go back.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use Time::HiRes qw(sleep time);

# An envelope of a slot.

sub at_slot {
    my ($slot, $value) = @_;

    return sub { result($_[0], qq({"context":{"slot":$slot},"value":)
                               . ($value // '"x"') . '}') };
}


sub value {
    return answer(@_)->{result}{value};
}


# An envelope of where the chain is finalized.

sub at_final {
    return at_slot(StubNode::chain_slot() - 40)->(@_);
}


# Heads as clients see them: [answer, where it came from].

sub head {
    my ($method, @params) = @_;
    my $answer = rpc(call($method, @params));

    return (json($answer->{body})->{result}, $answer->{header}{'x-cache'});
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: slot, height, blockhash and epoch are told from memory, by commitment
--- pool
--- nodes
a => { chain => {} }, b => { chain => {} }
--- story
pooled();

for my $method (qw(getSlot getBlockHeight getLatestBlockhash getEpochInfo)) {
    for my $commitment (undef, qw(processed confirmed finalized)) {
        my @params = $commitment ? { commitment => $commitment } : ();

        RpcEdge::until("$method from memory",
                       sub { ((head($method, @params))[1] // '') eq 'head' });
    }
}

my ($processed) = head('getSlot', { commitment => 'processed' });
my ($finalized) = head('getSlot');
my ($blockhash) = head('getLatestBlockhash');

cmp_ok($processed, '>', $finalized);
ok($blockhash->{value}{blockhash});
ok($blockhash->{context}{slot});



=== TEST 2: they move on, and nobody's traffic is needed for it
--- pool
--- nodes
a => { chain => {} }
--- story
pooled();

my ($first) = head('getSlot');
sleep 1.5;
my ($second, $from) = head('getSlot');

cmp_ok($second, '>', $first + 5);
is($from, 'head');



=== TEST 3: minContextSlot that memory hasn't reached is asked of a node
--- pool
--- nodes
a => { chain => {}, getSlot => sub { result($_[0], StubNode::chain_slot()) } }
--- story
pooled();

my ($slot) = head('getSlot');

is((head('getSlot', { minContextSlot => $slot - 10 }))[1], 'head');
is((head('getSlot', { minContextSlot => $slot + 100000 }))[1], 'miss');



=== TEST 4: nothing older than head= is told from memory
--- pool
--- rpc: head=1ms
--- nodes
a => { chain => {} }
--- story
sleep 2;
my %from = map { ((head('getSlot'))[1] => 1) } 1 .. 30;
ok($from{miss}) or diag join ' ', %from;



=== TEST 5: head=off asks each time
--- pool
--- rpc: head=off cache=off
--- nodes
a => { chain => {}, getSlot => sub { result($_[0], StubNode::chain_slot() - 40 + $_[0]{number}) } }
--- story
sleep 1;
my @slots = map { answer('getSlot')->{result} } 1 .. 3;
cmp_ok($slots[$_], '>', $slots[$_ - 1]) for 1 .. 2;



=== TEST 6: a slow node is given a second beside it
--- pool: by=round_robin
--- rpc: hedge=200ms
--- nodes
a => { chain => {}, getBlockTime => sub { $_[0]{number} ? (\2, result($_[0], 1)) : () } },
b => { chain => {}, getBlockTime => sub { result($_[0], 2) } }
--- server
location = /metrics { jupref_metrics; }
--- story
pooled();
sleep 1;

my $began = time;

for my $slot (1 .. 6) {
    my $start = time;
    like(answer('getBlockTime', $slot)->{result}, qr/^[12]$/);
    cmp_ok(time - $start, '<', 1.5);
}

cmp_ok(metric('jupref_rpc_hedges_total{hedge="first"}'), '>', 0);
is(metric('jupref_rpc_hedges_total{hedge="made"}'), asked('a', 'getBlockTime'));



=== TEST 7: the loser of the two doesn't hold the connection
--- pool: by=round_robin
--- rpc: hedge=100ms
--- nodes
a => { chain => {}, getBlockTime => sub { (\3, result($_[0], 1)) } },
b => { chain => {}, getBlockTime => sub { (\0.3, result($_[0], 2)) } }
--- story
pooled();
sleep 1;

my $head = "POST /rpc HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n";
my $began = time;
my @calls = map { call('getBlockTime', $_) } 1 .. 4;
my $last = pop @calls;
my @answers = parse_answers(talk(join('', map {
    $head . 'Content-Length: ' . length() . "\r\n\r\n$_" } @calls)
    . "${head}Connection: close\r\nContent-Length: " . length($last)
    . "\r\n\r\n$last"));

is(@answers, 4);
is(json($_->{body})->{result}, 2) for @answers;
cmp_ok(time - $began, '<', 3);



=== TEST 8: who lost was as slow as it was waited for, not as fast as the winner
--- pool: by=round_robin
--- rpc: hedge=600ms
--- nodes
a => { chain => {}, getBlockTime => sub { (\8, result($_[0], 1)) },
       getBlock => sub { result($_[0], 3) } },
b => { chain => {}, getBlockTime => sub { (\0.4, result($_[0], 2)) } }
--- server
location = /metrics { jupref_metrics; }
--- story
pooled();
sleep 1;

my ($labels) = grep { /node-a\./ }
    get('/metrics')->{body} =~ /^jupref_node_latency_seconds\{([^}]+)\}/mg;
my $latency = sub { metric("jupref_node_latency_seconds{$labels}") };

cmp_ok($latency->(), '<', 0.5);

# the one that is asked first is slow in each second call

my $slot = 1;

while (asked('a', 'getBlockTime') == 0 && $slot < 20) {
    is(answer('getBlockTime', $slot++)->{result}, 2);
}

# 600 ms alone and 400 ms beside the other one; a little is forgotten by now

cmp_ok($latency->(), '>', 0.7);
cmp_ok($latency->(), '<', 6);
is(metric("jupref_node_in_flight{$labels}"), 0);



=== TEST 9: money and sends aren't hedged
--- pool
--- rpc: hedge=50ms
--- nodes
a => { chain => {}, vendorWrite => sub { (\0.4, result($_[0], 1)) } },
b => { chain => {}, vendorWrite => sub { (\0.4, result($_[0], 1)) } }
--- story
pooled();
sleep 1;
is(answer('vendorWrite')->{result}, 1);
is(asked('a', 'vendorWrite') + asked('b', 'vendorWrite'), 1);



=== TEST 10: a node at its limit is left alone for as long as it says
--- pool
--- nodes
a => { chain => {}, getBalance => sub { http(429, '', 'Retry-After: 20') } },
b => { chain => {}, getBalance => \&at_final }
--- story
pooled();
sleep 1;
is(value('getBalance', "x$_"), 'x') for 1 .. 20;
cmp_ok(asked('a', 'getBalance'), '<=', 1);



=== TEST 11: a node that says it is unhealthy gets no more calls
--- pool
--- nodes
a => { chain => { health => '-32005' }, getBalance => sub { failure($_[0], -32005, 'Node is behind') } },
b => { chain => {}, getBalance => \&at_final }
--- story
pooled();
sleep 1;
is(value('getBalance', "x$_"), 'x') for 1 .. 20;
cmp_ok(asked('a', 'getBalance'), '<=', 1);



=== TEST 12: reads of a client never go back
--- pool
--- in_rpc
jupref_rpc_monotonic on;
--- rpc: cache=off
--- nodes
a => { chain => {}, getBalance => sub {
    my $config = ref $_[0]{params}[1] ? $_[0]{params}[1] : {};
    my $behind = ($config->{commitment} // '') eq 'processed' ? 3 : 40;
    return at_slot(StubNode::chain_slot() - $behind,
                   $config->{minContextSlot} // 0)->(@_) } }
--- story
pooled();
my $seen = 0;

for (1 .. 5) {
    my $result = answer('getBalance', 'x', { commitment => 'processed' })->{result};

    cmp_ok($result->{value}, '>=', $seen);
    $seen = $result->{context}{slot};
    sleep 0.2;
}

# a client's own demand stands when it is higher, and not when it is lower

cmp_ok(value('getBalance', 'x', { commitment => 'processed', minContextSlot => 7 }),
       '>=', $seen);
is(value('getBalance', 'x', { minContextSlot => 10 ** 12 }), 10 ** 12);

# what was seen at processed isn't demanded of what is final

cmp_ok(value('getBalance', 'x'), '<', $seen);
cmp_ok(value('getBalance', 'x'), '>', 0);



=== TEST 13: a node that is behind the client's slot isn't the last word
--- pool: max_lag=60s by=round_robin
--- in_rpc
jupref_rpc_monotonic on;
--- rpc: cache=off
--- nodes
a => { chain => { offset => -20 }, getBalance => sub {
    my $config = ref $_[0]{params}[1] ? $_[0]{params}[1] : {};
    return ($config->{minContextSlot} // 0) > StubNode::chain_slot() - 50
        ? failure($_[0], -32016, 'Minimum context slot has not been reached', '{"contextSlot":5}')
        : at_slot(StubNode::chain_slot() - 50, 1)->(@_) } },
b => { chain => {}, getBalance => sub { at_slot(StubNode::chain_slot(), 2)->(@_) },
       getSignatureStatuses => at_slot($StubNode::BASE + 100, '[null]') }
--- story
pooled();
sleep 1;

# whoever answers first: once slot 100 was seen it is always that one

my $seen = 0;

for (1 .. 12) {
    my $value = value('getBalance', "x$_", { commitment => 'processed' });

    $seen ||= $value == 2;
    is($value, 2) if $seen;
}

ok($seen);



=== TEST 14: without it nothing is demanded
--- pool
--- rpc: cache=off
--- nodes
a => { chain => {}, getBalance => sub {
    at_slot(StubNode::chain_slot() - 40, ref $_[0]{params}[1] ? $_[0]{params}[1]{minContextSlot} // 0 : 0)->(@_) } }
--- story
pooled();
is(value('getBalance', 'x'), 0) for 1 .. 3;



=== TEST 15: heads told from memory don't go back behind what was read
--- pool
--- in_rpc
jupref_rpc_monotonic on;
--- nodes
a => { chain => {} }
--- story
pooled();
my $last = 0;

for (1 .. 60) {
    my ($slot) = head('getSlot', { commitment => 'processed' });

    cmp_ok($slot, '>=', $last) if $slot < $last || $_ % 20 == 0;
    $last = $slot;
    sleep 0.02;
}



=== TEST 16: a node that lacks a method isn't asked for it again, nor are all of them
--- pool
--- nodes
a => { chain => {}, getAsset => sub { failure($_[0], -32601, 'Method not found') },
       getNothing => sub { failure($_[0], -32601, 'Method not found') } },
b => { chain => {}, getNothing => sub { failure($_[0], -32601, 'Method not found') } }
--- story
pooled();
sleep 1;

for my $i (1 .. 60) {
    is(answer('getAsset', $i)->{result}, 'b getAsset');
    is(answer('getNothing', $i)->{error}{code}, -32601);
}

is(asked('b', 'getAsset'), 60);
cmp_ok(asked('a', 'getAsset'), '<=', 1);

# two nodes for the first of them, one for each other

cmp_ok(asked('a', 'getNothing') + asked('b', 'getNothing'), '<=', 62);



=== TEST 17: one lie about the slot locks no client out of its reads
--- pool: by=round_robin
--- in_rpc
jupref_rpc_monotonic on;
--- rpc: cache=off hedge=off
--- nodes
map { my $name = $_;
    ($name => { chain => {}, getBalance => sub {
        my $config = $_[0]{params}[1] // {};
        my $slot = StubNode::chain_slot() - ($config->{commitment} eq 'confirmed' ? 12 : 0);
        $slot = 999_999_999 if $name eq 'c' && $_[0]{params}[0] eq 'lie';
        return at_slot($slot, $config->{minContextSlot} // 0)->(@_) } })
} qw(a b c)
--- story
pooled();
sleep 1;

for my $commitment (qw(processed confirmed)) {
    RpcEdge::until("$commitment lie", sub {
        my $result = answer('getBalance', 'lie', { commitment => $commitment })->{result};
        cmp_ok($result->{context}{slot}, '<', 900_000_000);

        return grep { /"lie"/ && /$commitment/ } seen('c');
    });

    for (1 .. 6) {
        my $result = answer('getBalance', 'x', { commitment => $commitment })->{result};
        cmp_ok($result->{value}, '<', $StubNode::BASE + 100_000, "$commitment: what is demanded");
        cmp_ok($result->{context}{slot}, '>=', $result->{value});
    }

    # by then the liar's own probes tell that it is among the others

    sleep 2;
}



=== TEST 18: one lie about the head isn't told to everybody
--- pool: by=round_robin
--- rpc: hedge=off
--- server
location = /asked { jupref_rpc head=off hedge=off; proxy_pass http://nodes; }
--- nodes
map { my $name = $_;
    ($name => { chain => {}, getLatestBlockhash => sub {
        my $slot = $name eq 'c' ? 999_999_999 : StubNode::chain_slot() - 2;
        return at_slot($slot, qq({"blockhash":"$name","lastValidBlockHeight":1}))->(@_) } })
} qw(a b c)
--- story
pooled();
sleep 1;

my $call = call('getLatestBlockhash', { commitment => 'confirmed' });

RpcEdge::until('lie', sub {
    post('/asked', $call, 'Content-Type: application/json');
    asked('c', 'getLatestBlockhash') });

for (1 .. 10) {
    my $answer = rpc($call);

    cmp_ok(json($answer->{body})->{result}{context}{slot}, '<', 900_000_000);
    sleep 0.05;
}

# and what is true is told from memory, though its slot is lower

is(rpc($call)->{header}{'x-cache'}, 'head');



=== TEST 19: when who was ahead is gone nothing older is told, but that it isn't there yet
--- pool: max_lag=60s
--- in_rpc
jupref_rpc_monotonic on;
--- rpc: cache=off hedge=off
--- nodes
a => { chain => { offset => -100 }, getTokenSupply => sub {
    my $slot = StubNode::chain_slot() - ($_[0]{number} ? 100 : 0);
    return at_slot($slot)->(@_) } },
b => { chain => {}, getTokenSupply => sub {
    return $_[0]{params}[0] eq 'gone' ? ()
           : at_slot(StubNode::chain_slot())->(@_) } }
--- story
pooled();
sleep 1;

my $seen = 0;

RpcEdge::until('front', sub {
    my $slot = answer('getTokenSupply', 'x', { commitment => 'processed' })->{result}{context}{slot};
    $seen = $slot if $slot > $seen;
    return asked('b', 'getTokenSupply') });

my $answer = answer('getTokenSupply', 'gone', { commitment => 'processed' });

is($answer->{error}{code}, -32016);
cmp_ok($answer->{error}{data}{contextSlot}, '<', $seen);
cmp_ok($answer->{error}{data}{contextSlot}, '>', $StubNode::BASE - 1000);
--- no_error_log
[alert]
[crit]



=== TEST 20: a node that was only behind is asked again a slot later, though the other one failed
--- pool: max_lag=60s
--- rpc: cache=off hedge=off
--- nodes
a => { chain => {}, getBalance => sub {
    my @asked = asked('a', 'getBalance');
    return asked('a', 'getBalance') == 1
        ? failure($_[0], -32016, 'Minimum context slot has not been reached', '{"contextSlot":5}')
        : at_slot(StubNode::chain_slot(), 'true')->(@_) } },
b => { chain => {}, getBalance => sub { () } }
--- story
pooled();
sleep 1;

for (1 .. 3) {
    is(value('getBalance', "x$_", { commitment => 'processed' }), JSON::PP::true);
}

is(asked('a', 'getBalance') + asked('b', 'getBalance') >= 3, 1);
--- no_error_log
[alert]
[crit]



=== TEST 21: who hasn't had a method is asked again when nobody else is left
--- pool: by=round_robin
--- rpc: cache=off hedge=off
--- nodes
a => { chain => {}, getSupply => sub { $_[0]{params}[0]{lacks} ? failure($_[0], -32601, 'Method not found') : at_final(@_) } },
b => { chain => {}, getSupply => sub { $_[0]{params}[0]{gone} ? () : at_final(@_) } }
--- story
pooled();
sleep 1;

RpcEdge::until('lacking', sub {
    is(value('getSupply', { lacks => 1 }), 'x');
    return asked('a', 'getSupply') });

is(value('getSupply', { gone => 1 }), 'x');
is(asked('a', 'getSupply'), 2);
--- no_error_log
[alert]
[crit]



=== TEST 21: the slot of what a node keeps for hours isn't where the chain is
--- pool
--- rpc: cache=off
--- nodes
a => { chain => {}, getLargestAccounts => sub { at_slot(StubNode::chain_slot() - 9000, '[]')->(@_) } },
b => { chain => {}, getLargestAccounts => sub { at_slot(StubNode::chain_slot() - 9000, '[]')->(@_) } }
--- story
pooled();
sleep 1;

for (1 .. 4) {
    is_deeply(value('getLargestAccounts'), []);
    cmp_ok(answer('getSlot')->{result}, '>', StubNode::chain_slot() - 100);
}

is(asked('a', 'getLargestAccounts') + asked('b', 'getLargestAccounts'), 4);
--- no_error_log
is out, 
[alert]
[crit]



=== TEST 22: an answer that takes longer than max_lag is of when it was asked
--- pool: max_lag=1s
--- rpc: cache=off hedge=off
--- nodes
a => { chain => {}, getSupply => sub { my $slot = StubNode::chain_slot() - 32; (\3, at_slot($slot, '"slow"')->(@_)) } }
--- server
location = /metrics { jupref_metrics; }
--- story
pooled();
RpcEdge::until('slots of 100 ms', sub {
    abs(metric('jupref_pool_slot_time_seconds{upstream="nodes"}') - 0.1) < 0.01 });

is(value('getSupply'), 'slow');
is(asked('a', 'getSupply'), 1);
--- no_error_log
[alert]
[crit]
