# Nothing is credited or rejected on the word of one node.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

my @NODES = qw(a b c);
my @KEY = "Authorization: Bearer $TradingEdge::ADMIN";

ChainNodes::start(@NODES);

my $nginx = OwnNginx->start(http => ChainNodes::upstream(@NODES));
my $number = 0;

sub fresh { return 'trade-' . ++$number }


sub comes {
    my ($what, $done, $seconds) = @_;
    my $until = time + ($seconds // 90);

    sleep 0.2 until $done->() || time > $until;
    ok($done->(), $what);
}


sub healthy {
    my ($count) = @_;

    comes("$count healthy nodes", sub {
        api('/v1/admin/pools', @KEY)->{data}[0]{healthyNodes} == $count });
}


sub incident {
    return metric('jupref_incidents{kind="nodes"}');
}


# What it was raised for, in turn.

sub raised {
    return $nginx->log =~ /incident nodes is raised: (\S+)/g;
}

healthy(3);


subtest 'a node that makes up an amount is outvoted and put out' => sub {
    my $lies = 0;

    # who is asked first is chance: it lies about as many as it takes

    for (1 .. 10) {
        my $id = fresh();
        my $signature = traded($id);

        node('a', adds => { $signature => 100_000 });
        land($id, fee => 900_000);
        is(ruled($signature, 60), 'verified');
        is(told($signature)->{verifiedFee}, 900_000);

        $lies = metric('jupref_verify_lies_total');
        last if $lies;
    }

    is($lies, 1, 'it is found out');
    like($nginx->log, qr/or than most nodes show/);
    comes('the incident', sub { incident() });
    like((raised())[-1], qr/node\.a\./);
    node('a', adds => undef);
    healthy(3);
};


subtest 'two that contradict each other credit nothing' => sub {
    ChainNodes::stop_node('c');
    healthy(2);

    my $id = fresh();
    my $signature = traded($id);

    node('a', adds => { $signature => 100_000 });
    land($id, fee => 900_000);
    comes('the incident', sub { grep { $_ eq 'witnesses_disagree' } raised() });
    is(told($signature)->{state}, 'executed');

    node('a', adds => undef);
    is(ruled($signature, 60), 'verified', 'until they agree');
    is(told($signature)->{verifiedFee}, 900_000);
};


subtest 'one node alone credits nothing and rejects nothing' => sub {
    ChainNodes::stop_node('b');
    healthy(1);

    my @ids = (fresh(), fresh());
    my ($pays, $fails) = map { traded($_) } @ids;

    land($ids[0], fee => 900_000);
    land($ids[1], err => { InstructionError => [0, { Custom => 6001 }] });
    sleep 8;
    is(told($_)->{state}, 'executed') for $pays, $fails;

    ChainNodes::start_node('b');
    is(ruled($pays, 90), 'verified', 'a second one is enough');
    is(ruled($fails, 90), 'rejected failed_on_chain');
};


my $implausible;

subtest 'a fee that is more than the trade can have paid is not credited' => sub {
    ChainNodes::start_node('c');
    healthy(3);

    my $id = fresh();
    my $signature = $implausible = traded($id);

    land($id, fee => 90_000_000);
    is(ruled($signature, 60), 'unproved fee_implausible');
    comes('the incident', sub { grep { $_ eq 'fee_implausible' } raised() });
};


subtest 'the incident is over when nodes have been right for two minutes' => sub {
    comes('its end', sub { !incident() }, 240);
    like($nginx->log, qr/incident nodes is over/);
};


# A worker that takes over looks at once at what nobody could prove, as is done
# each hour.

subtest 'a trade that is looked at again does not raise it again' => sub {
    my $shown = sub {
        my $name = shift;
        return scalar grep { $_->{params}[0] eq $implausible }
                           asked($name, 'getTransaction');
    };
    my $all = sub { my $sum = 0; $sum += $shown->($_) for @NODES; return $sum };
    my ($before, @raised) = ($all->(), raised());

    $nginx->reload(http => ChainNodes::upstream(@NODES));
    comes('two nodes show it again', sub { $all->() >= $before + 2 });
    sleep 3;
    is(told($implausible)->{reason}, 'fee_implausible');
    is(join(' ', raised()), join(' ', @raised), 'nobody is called again');
    is(incident(), 0);
};


subtest 'one node is enough where the configuration says so' => sub {
    ChainNodes::stop_node($_) for qw(b c);
    $nginx->reload(http => ChainNodes::upstream('a')
                           . "\njupref_verify on witnesses=1;");

    my $id = fresh();
    my $signature = traded($id);

    land($id, fee => 900_000);
    is(ruled($signature, 60), 'verified');
};

$nginx->stop;
ChainNodes::stop();
done_testing();
