# Calls go to nodes that are reachable, honest and near the head of the chain;
# what is wrong with one is named.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use NodePool;

my $edge = NodePool->start(nodes => [qw(a b c)],
                           set => { b => { shreds => 0 } },
                           options => 'max_lag=2s recover_lag=1s');
my @nodes = qw(a b c);
my $b = quotemeta $edge->node('b')->address;

$edge->until_healthy(@nodes);


# b is set so, goes out for that reason and gets no call; as it was, it is back.

sub goes_out_and_comes_back {
    my ($reason, $wrong, $right) = @_;

    $edge->node('b')->set(%$wrong);
    $edge->until_out('b', $reason);

    my $told = $edge->told('b');
    is($told->{state}, 'out');

    my $spread = $edge->spread(12);
    is($spread->{b}, undef, 'no call goes there') or diag explain $spread;
    is(($spread->{a} // 0) + ($spread->{c} // 0), 12, 'the others have them');
    $edge->until_logged(qr/\[(?:warn|alert)\].*node "$b" of upstream "solana" is out, $reason /);

    $edge->node('b')->set(%$right);
    $edge->until_healthy('b');
    $edge->until_logged(qr/\[notice\].*node "$b" of upstream "solana" is back/);
}


subtest 'healthy nodes share the calls' => sub {
    my %seen;

    # one whose first answer was slow gets its share little by little

    $edge->{nginx}->wait_for('a call at each node', sub {
        %seen = (%seen, %{ $edge->spread(10) });
        keys %seen == 3 });
    is_deeply([sort keys %seen], \@nodes);
};

subtest 'what is known of them is shown' => sub {

    # after enough probes; what is shown of slots is right by then, too

    for my $name (@nodes) {
        $edge->{nginx}->wait_for("where $name is", sub {
            my $told = $edge->told($name);

            $told->{state} eq 'healthy' && $told->{lagMs} <= 1000
            && $told->{counts}{probes} > 3 });
    }

    my $before = StubNode::chain_slot();
    my $pool = NodePool::pool();

    is($pool->{upstream}, 'solana');
    is($pool->{healthyNodes}, 3);
    is($pool->{genesisHash}, $StubNode::GENESIS);
    is($pool->{maxLagMs}, 2000);
    is($pool->{recoverLagMs}, 1000);
    cmp_ok($pool->{referenceSlot}, '>', $before - 20);
    cmp_ok($pool->{referenceSlot}, '<=', StubNode::chain_slot() + 20);
    cmp_ok($pool->{blockHeight}, '<', $pool->{referenceSlot} - 21_000_000);

    for my $told (@{ $pool->{nodes} }) {
        is_deeply($told->{reasons}, []);
        cmp_ok($told->{latencyUs}, '>', 0);
        cmp_ok($told->{slots}{processed} - $told->{slots}{finalized}, '>', 0);
        cmp_ok($told->{counts}{failures}, '<', $told->{counts}{probes});
    }
};

subtest 'and measured' => sub {
    my $labels = 'upstream="solana",node="' . $edge->node('a')->address . '"';

    is(metric('jupref_pool_healthy_nodes{upstream="solana"}'), 3);
    like(metric('jupref_pool_slot_time_seconds{upstream="solana"}'),
         qr/^0\.\d{6}$/);
    cmp_ok(metric('jupref_pool_reference_slot{upstream="solana"}'), '>',
           $StubNode::BASE);
    is(metric("jupref_node_up{$labels}"), 1);
    is(metric(qq(jupref_node_out{$labels,reason="$_"})), 0)
        for qw(throttled behind unhealthy shreds_behind stands_still
               ahead_alone unreachable unauthorized height_is_slot lied
               foreign_genesis);
    like(metric("jupref_node_lag_seconds{$labels}"), qr/^[01]\.\d{6}$/);
    like(metric("jupref_node_latency_seconds{$labels}"), qr/^\d\.\d{6}$/);
    cmp_ok(metric(qq(jupref_node_slot{$labels,commitment="$_"})), '>',
           $StubNode::BASE - 100) for qw(processed finalized);
    is(metric(qq(jupref_node_slot{$labels,commitment="confirmed"})), 0);
    is(metric("jupref_node_in_flight{$labels}"), 0);
    cmp_ok(metric("jupref_node_requests_total{$labels}"), '>', 0);
    is(metric("jupref_node_least_bad_total{$labels}"), 0);
    is(metric(qq(jupref_node_failures_total{$labels,kind="$_"})), 0)
        for qw(soft refusals throttles alarms lies);
    like(metric(qq(jupref_node_failures_total{$labels,kind="failures"})),
         qr/^\d+$/);
    cmp_ok(metric(qq(jupref_node_probes_total{$labels,asked="yes"})), '>', 3);
    cmp_ok(metric(qq(jupref_node_probes_total{$labels,asked="no"})), '<', 5);
};

subtest 'slot time is measured' => sub {
    $edge->until_measured;
    pass();
};

subtest 'a node that lags is out, and back when it has caught up' => sub {
    goes_out_and_comes_back('behind', { offset => -40 }, { offset => 0 });
};

subtest 'one that has not caught up enough stays out' => sub {
    $edge->node('b')->set(offset => -40);
    $edge->until_out('b', 'behind');
    $edge->node('b')->set(offset => -15);               # between the two lags
    $edge->{nginx}->wait_for('the lag', sub {
        $edge->told('b')->{lagMs} < 1900 });
    sleep 0.5;
    is($edge->told('b')->{state}, 'out');

    $edge->node('b')->set(offset => 0);
    $edge->until_healthy('b');

    $edge->node('b')->set(offset => -15);
    $edge->{nginx}->wait_for('the lag', sub {
        $edge->told('b')->{lagMs} > 1100 });
    is($edge->told('b')->{state}, 'healthy', 'one that was in stays in');
    $edge->node('b')->set(offset => 0);
};

subtest 'one that runs away is out, the others stay' => sub {
    goes_out_and_comes_back('ahead_alone', { offset => 5000 }, { offset => 0 });
};

subtest 'one that stands still is out' => sub {
    goes_out_and_comes_back('stands_still', { frozen => 1 },
                            { frozen => undef });
};

subtest 'one that says it is unhealthy is out' => sub {
    goes_out_and_comes_back('unhealthy', { health => -32005 },
                            { health => 'ok' });
};

subtest 'one that tells slots for heights is out' => sub {
    goes_out_and_comes_back('height_is_slot', { height => 'slot' },
                            { height => undef });
};

subtest 'one that has received much more than it replayed is out' => sub {
    goes_out_and_comes_back('shreds_behind', { shreds => 60 }, { shreds => 0 });
};

subtest 'one of another cluster is out' => sub {
    my $devnet = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';

    # that is asked at first sight and every five minutes

    $edge->node('b')->set(genesis => $devnet);
    $edge->reload;
    $edge->until_out('b', 'foreign_genesis');
    is($edge->spread(12)->{b}, undef);
    $edge->node('b')->set(genesis => undef);
    $edge->reload;
    $edge->until_healthy('b');
};

subtest 'one that is not there is out' => sub {
    $edge->node('b')->stop;
    $edge->until_out('b', 'unreachable');
    is($edge->spread(12)->{b}, undef);
    $edge->node('b')->go;
    $edge->until_healthy('b');
};

subtest 'one that answers garbage is out' => sub {
    goes_out_and_comes_back('unreachable', { status => 200, body => '<html>' },
                            { status => undef });
};

subtest 'one whose answers are cut is out' => sub {
    goes_out_and_comes_back('unreachable', { cut => 1 }, { cut => undef });
};

subtest 'one that wants to be left alone is' => sub {
    $edge->node('b')->set(status => 429, retry_after => 2);
    $edge->until_out('b', 'throttled');
    $edge->node('b')->set(status => undef, retry_after => undef);
    $edge->node('b')->forget;
    sleep 0.7;
    is_deeply($edge->node('b')->asked, {}, 'it is not even probed');
    $edge->until_healthy('b');
};

$edge->stop;
done_testing();
