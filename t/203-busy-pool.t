# What clients' answers tell needn't be asked for; what clients ask for all the
# time is asked for once.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use NodePool;

my @nodes = qw(a b c);
my $edge = NodePool->start(nodes => \@nodes,
                           options => 'max_lag=2s by=round_robin',
                           location => 'jupref_rpc;');
my $nginx = $edge->{nginx};

$edge->until_healthy(@nodes);


# How often the agent asked them for their slot meanwhile.

sub probes_while {
    my ($seconds, $doing) = @_;
    my $until = time + $seconds;
    my $asked = 0;

    $edge->node($_)->forget for @nodes;
    $doing->() while time < $until;

    for my $name (@nodes) {
        $asked += $edge->node($name)->asked->{getSlot} // 0;
        $asked -= $edge->node($name)->clients->{getSlot} // 0;
    }

    return $asked;
}


# No call is like another: none is answered from memory.

my $number = 0;

sub balance_at {
    my ($commitment) = @_;

    return sub {
        call('getBalance', [sprintf('1111111111111111111111%010d', $number++)
                            =~ tr/0/1/r, { commitment => $commitment,
                                           minContextSlot => $number }]);
        sleep 0.02;
    };
}


# a slot takes 100 ms here, which has to be found out

$edge->until_measured;

my $idle = probes_while(5, sub { sleep 0.1 });

subtest 'an idle pool is asked for its slots all the time' => sub {
    cmp_ok($idle, '>', 30);
};

for my $commitment (qw(processed confirmed)) {
    subtest "a pool that clients ask for $commitment state is hardly asked" => sub {
        my %before = map { $_ => $edge->told($_)->{counts}{spared} } @nodes;
        my $busy = probes_while(5, balance_at($commitment));

        cmp_ok($busy, '<', $idle / 2) or diag "$busy of $idle";
        cmp_ok($edge->told($_)->{counts}{spared}, '>', $before{$_} + 3)
            for @nodes;
        cmp_ok($edge->told('a')->{slots}{$commitment}, '>', $StubNode::BASE);
    };
}

subtest 'clients notice a lag by themselves' => sub {
    $edge->node('b')->set(offset => -50);
    $nginx->wait_for('it', sub {
        balance_at('processed')->() for 1 .. 5;
        $edge->told('b')->{state} eq 'out' });
    is_deeply($edge->told('b')->{reasons}, ['behind']);
    $edge->node('b')->set(offset => 0);
    $edge->until_healthy('b');
};

subtest 'what many ask for at the head of the chain one asks for all' => sub {
    my $json = JSON::PP->new;
    my ($last, $late, $calls) = (0, 0, 0);

    call('getLatestBlockhash', [{ commitment => 'confirmed' }]) for 1 .. 3;
    sleep 0.5;
    $edge->node($_)->forget for @nodes;

    my $until = time + 4;

    while (time < $until) {
        my $answer = $json->decode(call('getLatestBlockhash',
            [{ commitment => 'confirmed' }])->{body});
        my $slot = $answer->{result}{context}{slot};

        ok(0, "slot $slot after $last") if $slot < $last;
        $late++ if $slot < StubNode::chain_slot() - 30;
        $last = $slot;
        $calls++;
        sleep 0.01;
    }

    my ($clients, $asked) = (0, 0);

    for my $node (map { $edge->node($_) } @nodes) {
        $clients += $node->clients->{getLatestBlockhash} // 0;
        $asked += $node->asked->{getLatestBlockhash} // 0;
    }

    cmp_ok($calls, '>', 50);
    cmp_ok($clients, '<', $calls / 5) or diag "$clients of $calls";
    cmp_ok($asked - $clients, '>', 5, 'the agent keeps it fresh');
    is($late, 0, 'and it is never old');
};

subtest 'when nobody wants it any more nobody asks' => sub {
    sleep 11;
    $edge->node($_)->forget for @nodes;
    sleep 1.5;
    is($edge->node($_)->asked->{getLatestBlockhash}, undef) for @nodes;
};

$edge->stop;
done_testing();
