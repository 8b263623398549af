# What awaits its proof is proved by whoever comes next: the ledger knows it.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

ChainNodes::start(qw(a b));

my $state = "$ENV{JUPREF_SUITE}/proof.$$";
my %parts = (http => ChainNodes::upstream(qw(a b)),
             zone => "jupref_zone main 8m state=$state; "
                     . 'jupref_commit_timeout 5s;');
my $nginx = OwnNginx->start(%parts);
my $number = 0;

$nginx->expect(qr/worker process \d+ exited on signal 9/);


sub trades {
    my ($count) = @_;
    my @ids = map { 'trade-' . ++$number } 1 .. $count;

    return map { [$_, traded($_)] } @ids;
}


sub prove {
    my (@trades) = @_;

    land($_->[0], fee => 900000) for @trades;
    is(ruled($_->[1], 60), 'verified', $_->[0]) for @trades;
}


# The worker that holds the office, by its own word.

sub agent {
    my @told = $nginx->log =~ /(\d+)#\d+: jupref: this worker probes/g;

    return $told[-1];
}


subtest 'after a reload' => sub {
    my @trades = trades(3);

    sleep 3;
    $nginx->reload(%parts);
    prove(@trades);
};


subtest 'after its worker was killed' => sub {
    for (1 .. 2) {
        my @trades = trades(2);
        my $killed = agent();

        sleep 2;
        kill KILL => $killed;
        $nginx->wait_for('another worker', sub {
            my @now = $nginx->workers;
            @now == 2 && !grep { $_ == $killed } @now });
        prove(@trades);
    }
};


subtest 'after nginx was killed, and after it was ended' => sub {
    for my $signal (qw(KILL QUIT TERM)) {
        my @trades = trades(2);

        sleep 2;
        $nginx->restart($signal, %parts);
        prove(@trades);
    }
};


subtest 'each trade was proved once' => sub {
    my $all = api('/v1/platform')->{totals}{trades};

    is($all->{verified}, $number);
    is($all->{executed} + $all->{unknown}, 0);

    my ($of) = @{ api("/v1/admin/trial-balance?mint=$MINT{SOL}",
        "Authorization: Bearer $TradingEdge::ADMIN")->{data} };
    my ($unclaimed) = grep { $_->{account} eq 'jupiter_unclaimed' }
                           @{ $of->{accounts} };

    is($unclaimed->{balance}, 900000 * $number);
};

$nginx->stop;
ChainNodes::stop();
done_testing();
