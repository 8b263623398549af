# Reconciliation where an account is busy, or one node of the pool is wrong.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

my @KEY = ("Authorization: Bearer $TradingEdge::ADMIN");

ChainNodes::start(qw(a b));
ChainNodes::referral_account();
ChainNodes::program_data(1000, wallet('who may upgrade'));
ChainNodes::mint_account($MINT{SOL});
ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, 0);

my $state = "$ENV{JUPREF_SUITE}/crowd.$$";
my %parts = (http => ChainNodes::upstream(qw(a b)),
             zone => "jupref_zone main 8m state=$state; "
                     . 'jupref_commit_timeout 5s;');
my $nginx = OwnNginx->start(%parts);
my $balance = 0;

$nginx->expect(qr/incident/);


sub reports { return api('/v1/admin/reconciliation', @KEY)->{data} }


sub report {
    my ($report) = grep { $_->{mint} eq $MINT{SOL} } @{ reports() };

    return $report // {};
}


# The agent looks at all accounts when it begins.

sub look {
    my $checked = report()->{checkedAt} // '';

    $nginx->reload(%parts);
    comes('a look', sub { (report()->{checkedAt} // '') gt $checked });
}


sub comes {
    my ($what, $done) = @_;
    my $until = time + 100;

    until ($done->()) {
        die "$what doesn't come:\n" . JSON::PP->new->canonical->encode(report())
            . substr $nginx->log, -3000
            if time > $until;
        sleep 0.2;
    }

    return pass("$what has come");
}


sub holds {
    my ($amount) = @_;

    $balance = $amount;
    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, $balance);
}


sub pays {
    my ($id, $fee) = @_;
    my $signature = traded($id);

    land($id, fee => $fee, before => $balance);
    holds($balance + $fee);

    return ruled($signature);
}


sub claims {
    my ($id) = @_;

    trade_order($id, { programs => ['referral'], taker => 'cranker' });
    land($id, fee => -$balance, before => $balance);
    holds(0);
}


sub crowd {
    my ($count) = @_;

    ChainNodes::crowd($FEE_ACCOUNT{SOL}, $count,
                      ChainNodes::slot_now(ChainNodes::chain()));
}


my $claimed = 0;

for my $count (1500, 12000) {
    subtest "a claim below $count transactions that failed is booked" => sub {
        is(pays("before$count", 1000), 'verified');
        claims("claim$count");
        $claimed += 1000;
        sleep 1;
        crowd($count);
        look();

        if ($count > 10000) {
            comes('why it takes longer', sub {
                (report()->{reason} // '') eq 'signatures' });
            ok(!report()->{complete});
            ok(metric('jupref_reconciliations_total{result="unfinished"}') > 0);
        }

        comes('the claim', sub { (report()->{claimed} // 0) == $claimed });
        comes('the books', sub { report()->{complete} });
        is(report()->{unexplained}, 0);
        is(metric('jupref_incidents{kind="fee_drift"}'), 0);
    };
}


subtest 'what one node alone says of a balance is not booked' => sub {
    crowd(0);
    is(pays('honest', 2000), 'verified');

    my $true = ChainNodes::chain()->{accounts}{ $FEE_ACCOUNT{SOL} };

    holds(500);
    my $false = ChainNodes::chain()->{accounts}{ $FEE_ACCOUNT{SOL} };
    holds(2000);
    ChainNodes::node('a', accounts => { $FEE_ACCOUNT{SOL} => $false });

    my $drifts = metric('jupref_reconciliations_total{result="drift"}');

    look();
    sleep 3;
    is(metric('jupref_reconciliations_total{result="drift"}'), $drifts);
    is(metric('jupref_incidents{kind="fee_drift"}'), 0);
    ok(report()->{complete} || report()->{reason} eq 'not_confirmed');
    ok(report()->{complete} || report()->{unexplained} == 1500);
};


subtest 'what two say is, and no report that is unfinished ends it' => sub {
    holds(500);
    ChainNodes::node('a', accounts => {});
    look();
    comes('the drift', sub { report()->{complete}
                             && report()->{unexplained} == 1500 });
    is(report()->{side}, 'less');
    comes('its incident', sub {
        metric('jupref_incidents{kind="fee_drift"}') });

    crowd(30000);
    look();
    comes('a report without an end', sub { !report()->{complete} });
    sleep 1;
    is(metric('jupref_incidents{kind="fee_drift"}'), 1);
};


$nginx->stop;
ChainNodes::stop();
done_testing();
