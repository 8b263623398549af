# nginx's own server parameters do what they do everywhere; when no node is
# healthy calls still go somewhere, to the least bad.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use NodePool;

my $lags = 'max_lag=2s recover_lag=1s';
my $edge = NodePool->start(nodes => [qw(a b c)], unix => 1,
                           options => "$lags by=round_robin",
                           servers => { b => 'weight=3', c => 'backup' },
                           upstream => 'keepalive 8;',
                           location => 'proxy_http_version 1.1;
                                        proxy_set_header Connection "";');

$edge->until_healthy(qw(a b c));

subtest 'nodes on unix sockets are named by them' => sub {
    like($edge->told('a')->{node}, qr{^unix:/.*/node-a\.\d+\.sock$});
    is($edge->told('b')->{weight}, 3);
    ok(!$edge->told('b')->{backup});
    ok($edge->told('c')->{backup});
};

subtest 'in turn, by weight, and a backup is left alone' => sub {
    my $spread = $edge->spread(40);

    is_deeply($spread, { a => 10, b => 30 }) or diag explain $spread;
};

subtest 'a backup takes over when no primary is healthy' => sub {
    $edge->until_measured;
    $_->set(offset => -50) for $edge->node('a'), $edge->node('b');
    # two of three behind, by history the third goes on
    $edge->until_out($_, 'behind') for qw(a b);
    is_deeply($edge->spread(10), { c => 10 });

    $_->set(offset => 0) for $edge->node('a'), $edge->node('b');
    $edge->until_healthy(qw(a b));
    is($edge->spread(8)->{c}, undef);
};

subtest 'with all of them out the least bad is asked, and counted' => sub {
    $edge->node('a')->set(health => -32005);
    $edge->node('b')->set(status => 429, retry_after => 5);
    $edge->node('c')->set(health => -32005);
    $edge->until_out('a', 'unhealthy');
    $edge->until_out('b', 'throttled');
    $edge->until_out('c', 'unhealthy');
    $edge->node('b')->set(status => undef, retry_after => undef);

    is_deeply($edge->spread(5), { b => 5 });
    is($edge->told('b')->{counts}{least_bad}, 5);
    is(NodePool::pool()->{healthyNodes}, 0);

    $_->set(health => 'ok') for $edge->node('a'), $edge->node('c');
    $edge->until_healthy(qw(a b c));
};

subtest 'down, and max_conns' => sub {
    $edge->reload(servers => { b => 'down', c => 'max_conns=1' });
    $edge->until_healthy(qw(a c));
    is($edge->told('b')->{state}, 'down');

    $edge->node('b')->forget;
    is($edge->spread(20)->{b}, undef);
    is_deeply($edge->node('b')->asked, {}, 'one that is down is not probed');

    # c is at its limit while it thinks about one call

    $edge->reload(servers => { c => 'max_conns=1' },
                  upstream => 'zone solana 64k;',
                  options => "$lags by=round_robin");
    $edge->until_healthy(qw(a b c));
    $edge->node('c')->set(slow_clients => 1.5);

    my @calls = map {
        my $child = open(my $out, '-|') // die "fork: $!";
        if (!$child) {
            syswrite STDOUT, (call()->{node} // 'none') . "\n";
            POSIX::_exit(0);
        }
        $out;
    } 1 .. 9;

    my %by;
    for my $out (@calls) {
        my $node = <$out>;
        chomp $node;
        $by{$node}++;
        close $out;
    }

    is($by{c}, 1) or diag explain \%by;
    is($by{none}, undef);
    $edge->node('c')->set(slow_clients => 0);
};

subtest 'a call that cannot be sent goes to another node, and is counted' => sub {
    $edge->reload(servers => {}, options => "$lags by=round_robin",
                  location => 'proxy_next_upstream error timeout non_idempotent;');
    $edge->until_healthy(qw(a b c));
    $edge->node('a')->stop;

    my $spread = $edge->spread(12);
    is(($spread->{b} // 0) + ($spread->{c} // 0), 12) or diag explain $spread;
    $edge->until_out('a', 'unreachable');
    cmp_ok($edge->told('a')->{counts}{failures}, '>=', 1);
    $edge->node('a')->go;
    $edge->until_healthy('a');
};

subtest 'what answers a client 403 is out, and told once, loudly' => sub {
    $edge->{nginx}->expect(qr/is out, unauthorized/);
    $edge->reload(options => 'by=latency');
    $edge->node('b')->set(status => 403);
    $edge->until_out('b', 'unauthorized');
    $edge->until_logged(qr/\[alert\].*is out, unauthorized .*key/);
    sleep 1;
    my @told = $edge->log =~ /(is out, unauthorized)/g;
    is(@told, 1);
    is($edge->spread(9)->{b}, undef);
};

subtest 'nodes of another cluster are never asked' => sub {
    $edge->reload(options => 'genesis=4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY');
    $edge->node('b')->set(status => undef);
    $edge->until_out($_, 'foreign_genesis') for qw(a c);
    $edge->until_logged(qr/is out, foreign_genesis .*another cluster/);

    $edge->{nginx}->wait_for('b to be seen', sub {
        call()->{status} == 502 });
    is(NodePool::pool()->{genesisHash},
       '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY');
};

$edge->stop;
done_testing();
