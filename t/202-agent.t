# One worker probes for all, and another takes over when it is gone; what is
# known of nodes outlives workers and configurations.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use NodePool;

my @nodes = qw(a b c);
my $edge = NodePool->start(nodes => \@nodes,
                           options => 'max_lag=2s recover_lag=1s');
my $nginx = $edge->{nginx};

$edge->until_healthy(@nodes);


# Who said so last.

sub owner {
    my @pids = $edge->log =~ /\[info\] (\d+)#\d+: jupref: this worker probes/g;
    return $pids[-1];
}


sub other_owner {
    my ($before) = @_;

    $nginx->wait_for('another owner', sub { owner() != $before });
    return owner();
}


sub probed_on {
    my $before = $edge->told('a')->{counts}{probes};

    $nginx->wait_for('probes', sub {
        $edge->told('a')->{counts}{probes} > $before + 5 });
    pass('probing goes on');
}


subtest 'one of the workers probes' => sub {
    my @owners = $edge->log =~ /this worker probes/g;

    is(@owners, 1);
    ok(grep { $_ == owner() } $nginx->workers);
};

subtest 'when it is killed another takes over, knowing what was known' => sub {
    my $before = owner();
    my $told = $edge->told('a');

    $nginx->expect(qr/worker process \d+ exited on signal 9/);
    kill KILL => $before;

    my $killed = time;
    my $now = other_owner($before);
    cmp_ok(time - $killed, '<', 8);
    ok(grep { $_ == $now } $nginx->workers);
    cmp_ok($edge->told('a')->{counts}{probes}, '>=', $told->{counts}{probes});
    is($edge->told($_)->{state}, 'healthy') for @nodes;
    probed_on();
};

subtest 'calls of killed workers are not in flight for ever' => sub {
    $_->set(slow_clients => 30) for map { $edge->node($_) } @nodes;

    my @callers = map {
        my $child = fork // die "fork: $!";
        if (!$child) {
            open STDERR, '>', '/dev/null';
            eval { call() };
            POSIX::_exit(0);
        }
        $child;
    } 1 .. 6;

    my $flying = sub {
        my $sum = 0;
        $sum += $edge->told($_)->{inFlight} for @nodes;
        return $sum;
    };

    $nginx->wait_for('six calls', sub { $flying->() == 6 });
    kill KILL => $nginx->workers;
    $nginx->wait_for('two workers', sub { $nginx->workers == 2 });
    $nginx->wait_for('none', sub { eval { $flying->() == 0 } });
    waitpid $_, 0 for @callers;
    $_->set(slow_clients => 0) for map { $edge->node($_) } @nodes;
    pass();
};

subtest 'a reload keeps what is known, and the office changes hands' => sub {
    my $before = owner();
    my %counts = map { $_ => $edge->told($_)->{counts} } @nodes;

    $edge->node('b')->set(offset => -50);
    $edge->until_out('b', 'behind');
    $edge->node('b')->set(latency => 0);
    $edge->reload;
    is($edge->told('b')->{state}, 'out', 'from the first moment on');
    cmp_ok($edge->told('a')->{counts}{probes}, '>=', $counts{a}{probes});

    isnt(other_owner($before), $before);
    probed_on();

    $edge->node('b')->set(offset => 0);
    $edge->until_healthy('b');
    unlike($edge->log, qr/too late to prolong/);
};

subtest 'nodes come and go by reload, the others keep their state' => sub {
    my $slow = 400_000;

    $edge->node('a')->set(latency => 0.4);
    $nginx->wait_for('its latency', sub {
        $edge->told('a')->{latencyUs} >= $slow });
    $edge->node('a')->set(latency => 0);

    $edge->reload(nodes => [qw(a c d)]);
    is(@{ NodePool::pool()->{nodes} }, 3);
    cmp_ok($edge->told('a')->{latencyUs}, '>', $slow / 4, 'what it was');
    $edge->until_healthy('d');

    $edge->node('b')->forget;
    sleep 1.5;
    is_deeply($edge->node('b')->asked, {}, 'who is gone is asked no more');

    $edge->reload(nodes => [qw(a b c)]);
    $edge->until_healthy(qw(a b c));
};

subtest 'a refused reload leaves the pool as it was' => sub {
    $nginx->refuses($edge->config(options => 'max_lag=0s'));
    $edge->config(options => 'max_lag=2s recover_lag=1s');
    $edge->node('b')->set(offset => -50);
    $edge->until_out('b', 'behind');
    $edge->node('b')->set(offset => 0);
    $edge->until_healthy('b');
};

subtest 'probes that hang delay no reload' => sub {
    $_->set(latency => 20) for map { $edge->node($_) } @nodes;
    sleep 1;

    my $began = time;
    $edge->reload;
    cmp_ok(time - $began, '<', 8);
    $_->set(latency => 0) for map { $edge->node($_) } @nodes;
    $edge->until_healthy(@nodes);
};

subtest 'a node that takes too long is unreachable, and asked less and less' => sub {
    $edge->node('c')->set(latency => 20);
    $edge->until_out('c', 'unreachable');
    $edge->node('c')->forget;
    sleep 5;

    my $asked = $edge->node('c')->asked->{getSlot} // 0;

    cmp_ok($asked, '<=', 3, 'in five seconds') or diag $asked;
    $edge->node('c')->set(latency => 0);
    $edge->until_healthy('c');
    is($edge->told('c')->{state}, 'healthy');
};

$edge->stop;
done_testing();
