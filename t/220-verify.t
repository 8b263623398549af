# What nodes say of a trade is booked: verified, rejected, expired, unproved.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

ChainNodes::start(qw(a b));

my $nginx = OwnNginx->start(http => ChainNodes::upstream(qw(a b)));

sub trade {
    my ($id, %how) = @_;
    my $answer = trade_order($id, $how{build}, %{ $how{order} // {} });

    StubJupiter::start({ order => sub { http(200, $answer) } });

    my $ordered = get(order(id => $id, ref => 'amy',
                            taker => ChainNodes::built($id)->{taker}));
    is($ordered->{status}, 200, "$id: ordered");

    my $executed = execute(requestId => $id,
                           signedTransaction => trade_signed($id));
    is($executed->{header}{'jupref-trade'}, 'executed', "$id: executed");
    return trade_id($id);
}

sub trade_state {
    my ($signature) = @_;
    my ($found) = grep { $_->{signature} eq $signature }
                       @{ api('/v1/trades')->{data} };
    return $found;
}

my $one = trade('one');
land('one', fee => 900000);
$nginx->wait_for('the proof', sub { trade_state($one)->{state} eq 'verified' });
is(trade_state($one)->{verifiedFee}, 900000);
diag(get('/metrics')->{body} =~ s/^(?!jupref_verify).*\n//mgr);

$nginx->stop;
done_testing();
