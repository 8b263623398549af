# A journaled zone may change its size again and again, and nothing of what was
# kept is lost or counted twice.

use strict;
use warnings;

use Test::More;
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my @sizes = qw(8m 16m 8m 32m 16m 8m 48m 8m);
my $nginx = OwnNginx->start(zone => 'jupref_zone main 8m state=state;');


sub shown {
    return { amy => api('/v1/referrers/' . wallet('amy')),
             trades => api('/v1/trades?limit=100') };
}


my $capacity = 0;

for my $turn (0 .. $#sizes) {

    subtest "turn $turn, $sizes[$turn]" => sub {
        my %zone = (zone => "jupref_zone main $sizes[$turn] state=state;");

        get(order(id => "open-$turn", ref => 'amy'));
        swap("turn-$turn-$_", ref => 'amy') for 1 .. 3;

        my $before = shown();

        $nginx->reload(%zone);
        is_deeply(shown(), $before);

        my $trades = api('/v1/platform')->{capacities}{trades};

        is($trades->{used}, 4 * $turn + 3);

        my $answer = execute(requestId => "open-$turn",
            signedTransaction => signed_transaction('v0', "open-$turn"));

        is($answer->{header}{'jupref-trade'}, 'executed',
           'an order of before is known');
        $capacity = $trades->{capacity};
    };
}


subtest 'and all of it is on disk' => sub {
    is(metric('jupref_state_differs_total'), 0);

    my $before = shown();

    $nginx->restart('KILL', zone => 'jupref_zone main 8m state=state;');
    is_deeply(shown(), $before);
    is($capacity, api('/v1/platform')->{capacities}{trades}{capacity})
        or diag 'a zone that was laid out anew has about the same room';
};

$nginx->stop;

done_testing();
