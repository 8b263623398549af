# Answers that serve others: what is kept and what never is, and identical
# reads in flight.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use Time::HiRes 'sleep';

# Asks twice; says how many calls the node has got for that.

sub asked_for {
    my (@call) = @_;
    my $before = seen('a');
    my @answers = map { rpc(call(@call))->{body} } 1, 2;

    Test::More::is($answers[1] =~ s/"n":\d+//r, $answers[0] =~ s/"n":\d+//r,
                   "$call[0]: the same");

    return seen('a') - $before;
}


# Sends all at the same time; the bodies that come back.

sub together {
    my @clients = map { my $c = connected(); print {$c} request($_);
                        $c->flush; $c } @_;

    return map { local $/; (parse_answers(<$_>))[0]{body} } @clients;
}


sub request {
    my ($body) = @_;

    return "POST /rpc HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
           . "Content-Type: application/json\r\nContent-Length: "
           . length($body) . "\r\n\r\n$body";
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: what doesn't change is asked once
--- story
is(asked_for('getGenesisHash'), 1);
is(asked_for('getMinimumBalanceForRentExemption', 165), 1);
is(asked_for('getVersion'), 1);



=== TEST 2: money and sends are asked each time
--- story
is(asked_for('getBalance', 'x'), 2);
is(asked_for('getSignatureStatuses', ['x']), 2);
is(asked_for('isBlockhashValid', 'x'), 2);
is(asked_for('simulateTransaction', 'x'), 2);
is(asked_for('vendorRead', 'x'), 2);



=== TEST 3: parameters tell calls apart, spacing and ids don't
--- story
rpc(call('getMinimumBalanceForRentExemption', 165));
rpc(call('getMinimumBalanceForRentExemption', 166));
is(seen('a'), 2);

is(rpc('{ "jsonrpc" : "2.0", "params":[ 165 ],'
       . '"method":"getMinimumBalanceForRentExemption", "id":"z"}')->{body},
   '{"jsonrpc":"2.0","result":"a getMinimumBalanceForRentExemption","id":"z"}');
is(seen('a'), 2);



=== TEST 4: null is never kept
--- nodes
a => { getTransaction => sub { result($_[0], 'null') } }
--- story
is(asked_for('getTransaction', 'x', { commitment => 'finalized' }), 2);



=== TEST 5: a finalized transaction is kept, an earlier one isn't
--- nodes
a => { getTransaction => sub { result($_[0], '{"slot":5}') } }
--- story
is(asked_for('getTransaction', 'x', { commitment => 'finalized' }), 1);
is(asked_for('getTransaction', 'y', { commitment => 'confirmed' }), 2);
is(asked_for('getTransaction', 'z', { commitment => 'finalized',
                                      encoding => 'base64' }), 1);



=== TEST 6: errors are never kept
--- nodes
a => { getGenesisHash => sub { failure($_[0], -32602, 'no') } }
--- story
is(asked_for('getGenesisHash'), 2);



=== TEST 7: an answer that is too large to keep passes all the same
--- nodes
a => { getTransaction => sub { result($_[0], '"' . 'x' x 300000 . '"') } }
--- story
is(asked_for('getTransaction', 'x', { commitment => 'finalized' }), 2);



=== TEST 8: more than the zone holds: what was unused for longest gives way
--- http
jupref_rpc_zone 1m;
--- nodes
a => { getTransaction => sub { result($_[0], '"' . 'x' x 100000 . '"') } }
--- story
my $one = call('getTransaction', 'one', { commitment => 'finalized' });

ok(length rpc($one)->{body} > 100000);
ok(length rpc(call('getTransaction', "$_", { commitment => 'finalized' }))
              ->{body} > 100000) for 1 .. 12;
is(seen('a'), 13);
ok(length rpc($one)->{body} > 100000);
is(seen('a'), 14);
is(asked_for('getTransaction', '12', { commitment => 'finalized' }), 0);



=== TEST 9: off is off
--- rpc: cache=off
--- story
is(asked_for('getGenesisHash'), 2);



=== TEST 10: locations don't share answers of different nodes
--- nodes
a => {}, b => {}
--- http
upstream others { server unix:$RPC_b; }
--- server
location = /other { jupref_rpc; proxy_pass http://others; }
location = /any { set $to others; jupref_rpc; proxy_pass http://$to; }
--- story
my $call = call('getGenesisHash');
my @type = ('Content-Type: application/json');

like(post('/other', $call, @type)->{body}, qr/b getGenesisHash/) for 1, 2;
is(seen('b'), 1);
like(post('/any', $call, @type)->{body}, qr/b getGenesisHash/) for 1, 2;
is(seen('b'), 3);



=== TEST 11: identical reads in flight share one call to a node
--- nodes
a => { getBalance => sub { (\0.5, result($_[0],
           '{"context":{"slot":5},"value":' . $_[0]{number} . '}')) } }
--- story
my @bodies = together(map { qq({"jsonrpc":"2.0","id":$_,"method":"getBalance",)
                            . '"params":["x"]}' } 1 .. 8);

is(seen('a'), 1);
is($bodies[$_ - 1], '{"jsonrpc":"2.0","result":{"context":{"slot":5},"value":1}'
                    . qq(,"id":$_})) for 1 .. 8;

# what was joined isn't kept

is(json(rpc(call('getBalance', 'x'))->{body})->{result}{value}, 2);



=== TEST 12: calls that aren't reads are never joined
--- nodes
a => { vendorWrite => sub { (\0.4, result($_[0], 1)) } }
--- story
together((call('vendorWrite', 'x')) x 4);
is(seen('a'), 4);



=== TEST 13: an error is shared, too
--- nodes
a => { getBalance => sub { (\0.4, failure($_[0], -32602, 'no', '{"x":1}')) } }
--- story
my @bodies = together((call('getBalance', 'x')) x 3);

is($_, '{"jsonrpc":"2.0","error":{"code":-32602,"message":"no",'
       . '"data":{"x":1}},"id":1}') for @bodies;
is(seen('a'), 1);



=== TEST 14: when the leading client leaves another one's call goes out
--- nodes
a => { getBalance => sub { (\0.8, result($_[0], $_[0]{number})) } }
--- story
my $leader = connected();
print {$leader} request(call('getBalance', 'x'));
$leader->flush;
sleep 0.2;

my @others = map { connected() } 1 .. 3;

for my $other (@others) {
    print {$other} request(call('getBalance', 'x'));
    $other->flush;
}

sleep 0.2;
close $leader;

is((parse_answers(do { local $/; <$_> }))[0]{body},
   '{"jsonrpc":"2.0","result":2,"id":1}') for @others;
is(seen('a'), 2);



=== TEST 15: when those who joined leave, the leader goes on
--- nodes
a => { getBalance => sub { (\0.6, result($_[0], $_[0]{number})) } }
--- story
my $leader = connected();
print {$leader} request(call('getBalance', 'x'));
$leader->flush;
sleep 0.2;

for (1 .. 3) {
    my $other = connected();
    print {$other} request(call('getBalance', 'x'));
    $other->flush;
    sleep 0.05;
    close $other;
}

is((parse_answers(do { local $/; <$leader> }))[0]{body},
   '{"jsonrpc":"2.0","result":1,"id":1}');
is(seen('a'), 1);



=== TEST 16: what one batch and another ask alike is shared between them
--- nodes
a => { getBalance => sub { (\0.4, result($_[0], qq("$_[0]{params}[0]"))) } }
--- story
my @bodies = together(
    batch(call('getBalance', 'x'), call('getBalance', 'y')),
    batch(call('getBalance', 'y'), call('getBalance', 'x'),
          call('getBalance', 'x')));

is(join(' ', map { $_->{result} } @{json($bodies[0])}), 'x y');
is(join(' ', map { $_->{result} } @{json($bodies[1])}), 'y x x');
is(seen('a'), 2);
