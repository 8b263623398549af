# What a client was told is on disk: it is there when nginx starts again,
# however it ended.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my %zone = (zone => 'jupref_zone main 8m state=state;');
my $nginx = OwnNginx->start(%zone);


# All that readers are shown, and the log's head.

sub shown {
    my $answer = get('/v1/platform');
    my $platform = JSON::PP::decode_json($answer->{body});

    return {
        amy => api('/v1/referrers/' . wallet('amy')),
        bob => api('/v1/referrers/' . wallet('bob')),
        totals => { %{ $platform->{totals} }, events => 0 },
        trades => api('/v1/trades?limit=100'),
    };
}


subtest 'a fresh journal' => sub {
    is(metric('jupref_ledger_home{home="journal"}'), 1);
    is((stat "$nginx->{folder}/state")[2] & 07777, 0700);

    my ($order, $answer) = swap('one', ref => 'amy');
    is($answer->{header}{'jupref-trade'}, 'executed');

    my $head = get('/v1/platform')->{header}{'jupref-ledger'};
    like($head, qr/^\d+:[0-9a-f]{64}$/);
};


for my $signal (qw(QUIT TERM KILL)) {

    subtest "it ends by $signal" => sub {
        swap("$signal-$_", ref => 'bob') for 1 .. 5;

        my $before = shown();

        $nginx->restart($signal, %zone);
        is_deeply(shown(), $before, 'and all is there again');
    };
}


subtest 'a reload keeps it' => sub {
    my $before = shown();

    $nginx->reload(%zone);
    is_deeply(shown(), $before);
};


subtest 'a larger zone' => sub {
    my $before = shown();

    $zone{zone} = 'jupref_zone main 16m state=state;';
    $nginx->reload(%zone);
    is_deeply(shown(), $before);
    swap('larger', ref => 'amy');
    is(scalar @{ shown()->{trades}{data} }, 17);
};

$nginx->stop;

done_testing();
