# Trades that have piled up are asked for in batches that nodes take, and no
# faster than is allowed.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

my $COUNT = 700;                        # on a busy machine not all are due at once

ChainNodes::start(qw(a b));

my $nginx = OwnNginx->start(http => ChainNodes::upstream(qw(a b))
                                    . "\njupref_verify on concurrency=2;");

$nginx->expect(qr/incident/);
ChainNodes::stop_node($_) for qw(a b);

# none of them lands: two nodes have to be asked for each

for my $number (1 .. $COUNT) {
    traded("trade-$number", order => { lastValidBlockHeight => '1' });
}

is(metric('jupref_verify_awaiting'), $COUNT);
ChainNodes::start_node($_) for qw(a b);

my $until = time + 180;
sleep 0.5 until time > $until
    || metric('jupref_ledger_trades{state="expired"}') == $COUNT;

is(metric('jupref_ledger_trades{state="expired"}'), $COUNT);
is(metric('jupref_verify_awaiting'), 0);

my @asked = map { asked($_, 'getSignatureStatuses') } qw(a b);
my ($most) = sort { $b <=> $a } map { scalar @{ $_->{params}[0] } } @asked;

is($most, 256, 'what a node takes at once');
cmp_ok(scalar @asked, '<', $COUNT / 5, 'nor one by one');

$nginx->stop;
ChainNodes::stop();
done_testing();
