# Workers that are killed take no trade with them and leave no lock behind.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my $nginx = OwnNginx->start;

$nginx->expect(qr/worker process \d+ exited on signal 9/);


sub kill_workers {
    my (@workers) = @_;
    my %killed = map { $_ => 1 } @workers;

    kill KILL => @workers;
    $nginx->wait_for('another worker', sub {
        my @now = $nginx->workers;
        @now == 2 && !grep { $killed{$_} } @now;
    });
}


# A trader who asks again where a connection broke, as a client would; a line
# comes out for each trade that the edge told to be executed.

sub trader {
    my ($name, $count) = @_;
    my $child = open(my $out, '-|') // die "fork: $!";

    return $out if $child;

    for my $number (1 .. $count) {
        my ($id, $tries, $outcome) = ("$name-$number", 0, '');

        until ($outcome eq 'executed' || $tries++ == 20) {
            my ($order, $answer) = eval { swap($id, ref => 'amy') };
            $outcome = $answer->{header}{'jupref-trade'} // '' if $answer;
        }

        syswrite STDOUT, "$id\n" if $outcome eq 'executed';
    }

    POSIX::_exit(0);
}


subtest 'the ledger is there when all workers were killed' => sub {
    swap('one', ref => 'amy');
    get(order(id => 'open', ref => 'amy'));
    my $before = api('/v1/referrers/' . wallet('amy'));

    kill_workers($nginx->workers);
    is_deeply(api('/v1/referrers/' . wallet('amy')), $before);
    is(execute(requestId => 'open',
               signedTransaction => signed_transaction('v0', 'open'))
       ->{header}{'jupref-trade'}, 'executed');
    is(metric('jupref_ledger_damaged'), 0);
};

subtest 'an execute whose worker was killed is one trade when it is sent again' => sub {
    my $before = api('/v1/platform')->{totals}{trades}{executed};

    StubJupiter::start({ execute => sub {
        (\0.4, StubJupiter::answer_execute(@_)) } });
    get(order(id => 'cut'));

    my $socket = TradingEdge::connected();
    my $body = execute_body(requestId => 'cut',
        signedTransaction => signed_transaction('v0', 'cut'));
    print {$socket} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                    . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    $socket->flush;
    $nginx->wait_for('the execute', sub { seen() =~ /^POST /m });
    kill_workers($nginx->workers);
    is(sysread($socket, my $nothing, 1) // 0, 0, 'the client heard nothing');

    StubJupiter::start();
    is(post('/swap/v2/execute', $body)->{header}{'jupref-trade'}, 'executed')
        for 1, 2;
    is(api('/v1/platform')->{totals}{trades}{executed}, $before + 1);
};

subtest 'under load every trade that was told is counted, and once' => sub {
    my $before = api('/v1/platform')->{totals}{trades}{executed};
    my @traders = map { trader("trader-$_", 60) } 1 .. 3;

    for (1 .. 8) {
        sleep 0.15;
        my ($victim) = $nginx->workers;
        kill_workers($victim);
    }

    my @told = map { readline $_ } @traders;

    is(scalar @told, 180, 'every trader came through');
    is(api('/v1/platform')->{totals}{trades}{executed}, $before + 180);
    is(metric('jupref_ledger_damaged'), 0);
};

subtest 'and a reload still works' => sub {
    my $before = api('/v1/platform')->{totals}{trades};

    $nginx->reload;
    is_deeply(api('/v1/platform')->{totals}{trades}, $before);
    my ($order, $executed) = swap('last', ref => 'amy');
    is($executed->{header}{'jupref-trade'}, 'executed');
};

$nginx->stop;
done_testing();
