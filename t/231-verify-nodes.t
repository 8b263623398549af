# What one node's word is worth: silence, lies, lost history, refusals.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

ChainNodes::start(qw(a b c));

my $nginx = OwnNginx->start(http => ChainNodes::upstream(qw(a b c)));
my $number = 0;

$nginx->expect(qr/is out, unauthorized/);

sub fresh { return 'trade-' . ++$number }


# A trade whose blockhash dies in so many seconds.

sub short_lived {
    my ($seconds, %how) = @_;
    my $height = ChainNodes::block_height(chain())
                 + $seconds / $ChainNodes::SLOT_TIME;

    return traded(fresh(), %how,
                  order => { lastValidBlockHeight => sprintf '%d', $height });
}


sub everybody {
    node($_, @_) for qw(a b c);
}


# What one node is told is undone, and waited for where it was put out.

sub healed {
    everybody(map { $_ => undef } qw(error http only hides shows height version
        status status_null transaction_null without_history forgets));

    $nginx->wait_for('healthy nodes', sub {
        my ($pool) = @{ api('/v1/admin/pools',
            "Authorization: Bearer $TradingEdge::ADMIN")->{data} };
        $pool->{healthyNodes} == 3;
    });
}


subtest 'one node that knows nothing of a trade keeps nobody from proving it' => sub {
    for my $name (qw(a b c)) {
        my $id = fresh();
        my $signature = traded($id);

        node($name, hides => [$signature]);
        land($id, fee => 900000);
        is(ruled($signature, 60), 'verified', "without $name");
        healed();
    }
};


subtest 'a trade that never landed has expired when two nodes know it' => sub {
    my $signature = short_lived(1);

    is(ruled($signature), 'expired block_height_passed');

    my @witnesses;

    for my $name (qw(a b c)) {
        my @statuses = grep { grep { $_ eq $signature } @{ $_->{params}[0] } }
                            asked($name, 'getSignatureStatuses');

        next if !grep { $_->{params}[1]{searchTransactionHistory} } @statuses;
        push @witnesses, $name;

        ok(grep({ $_->{params}[0] eq $signature }
                asked($name, 'getTransaction')),
           "$name was asked for the transaction itself");
        ok(scalar asked($name, 'getBlockHeight'), "$name told its height");
    }

    cmp_ok(scalar @witnesses, '>=', 2, 'two have searched their history');
};


subtest 'as long as it may land it is waited for' => sub {
    my $signature = short_lived(60);

    sleep 6;
    is(told($signature)->{state}, 'executed');
};


subtest 'the silence of a node that lies about its height proves nothing' => sub {
    node('a', height => 999_000_000, only => ['getBlockHeight']);

    my $id = fresh();
    my $signature = traded($id);

    sleep 6;
    is(told($signature)->{state}, 'executed');
    healed();
    land($id, fee => 900000);
    is(ruled($signature, 60), 'verified');
};


subtest 'statuses that stay empty are not believed against the transaction' => sub {
    everybody(status_null => 1);

    my $signature = short_lived(1);
    land("trade-$number", fee => 900000);

    is(ruled($signature), 'verified');
    healed();
};


subtest 'statuses that stand still are not waited for' => sub {
    everybody(status => 'confirmed');

    my $signature = short_lived(1);
    land("trade-$number", fee => 900000);

    is(ruled($signature), 'verified');
    healed();
};


subtest 'what is not final yet is waited for' => sub {
    my $id = fresh();
    my $signature = traded($id);

    land($id, fee => 900000, commitment => 'confirmed');
    sleep 4;
    is(told($signature)->{state}, 'executed');
    land($id, fee => 900000);
    is(ruled($signature), 'verified');
};


subtest 'what one node has forgotten another one shows' => sub {
    node('a', without_history => 1);
    my @ids = map { fresh() } 1 .. 4;
    my @signatures = map { traded($_) } @ids;

    land($_, fee => 900000) for @ids;
    is(ruled($_, 60), 'verified') for @signatures;
    healed();
};


subtest 'what nobody can say is unproved, and proved when somebody can' => sub {
    everybody(error => { code => -32019, message => 'Long-term storage is '
                         . 'unreachable' },
              only => ['getSignatureStatuses']);

    my $id = fresh();
    my $signature = traded($id);
    land($id, fee => 900000);

    is(ruled($signature), 'unproved history_gone');

    healed();
    $nginx->reload(http => ChainNodes::upstream(qw(a b c)));
    $nginx->wait_for('the proof', sub {
        told($signature)->{state} eq 'verified' });
    is(told($signature)->{verifiedFee}, 900000);
};


subtest 'a node that shows another transaction is found out and put out' => sub {
    my ($id, $other) = (fresh(), fresh());
    trade_order($other);
    land($other, fee => 5);

    my $signature = traded($id);
    everybody(shows => { $signature => trade_id($other) });
    land($id, fee => 900000);

    $nginx->wait_for('the lie', sub { metric('jupref_verify_lies_total') });
    like(join('', $nginx->log =~ /^.*shows another transaction.*$/mg),
         qr/node "unix:/);

    my ($pool) = @{ api('/v1/admin/pools',
        "Authorization: Bearer $TradingEdge::ADMIN")->{data} };
    cmp_ok($pool->{healthyNodes}, '<', 3);
    isnt(told($signature)->{state}, 'verified');

    everybody(shows => undef);
    is(ruled($signature, 90) =~ s/^unproved nodes_wrong$/verified/r, 'verified');
    healed_later();
};


# A liar is out for a minute.

sub healed_later {
    my $until = time + 90;

    sleep 1 until time > $until
        || api('/v1/admin/pools', "Authorization: Bearer $TradingEdge::ADMIN")
           ->{data}[0]{healthyNodes} == 3;
}


subtest 'a transaction version that is newer is asked for again' => sub {
    everybody(version => 3);

    my $id = fresh();
    my $signature = traded($id);
    land($id, fee => 900000);

    is(ruled($signature), 'verified');
    ok(grep({ $_->{params}[0] eq $signature
              && $_->{params}[1]{maxSupportedTransactionVersion} == 3 }
            map { asked($_, 'getTransaction') } qw(a b c)));
    healed();
};


for my $case (
    ['too many requests', http => [429, '{"code":429}', 'Retry-After: 1']],
    ['a page of somebody else', http => [200, '<html>hello</html>']],
    ['forbidden', http => [403, '{"error":"forbidden"}']],
    ['half of an answer', http => [200, '{"jsonrpc":"2.0","id":1,"res']],
    ['an internal error', error => { code => -32603, message => 'Internal' }])
{
    my ($name, @says) = @$case;

    subtest "a node that answers with $name is no witness" => sub {
        node('a', @says, only => ['getSignatureStatuses', 'getTransaction']);

        my $id = fresh();
        my $signature = traded($id);
        land($id, fee => 900000);

        is(ruled($signature, 60), 'verified');
        healed_later();
        healed();
    };
}


subtest 'one node alone cannot say that a trade has expired' => sub {
    ChainNodes::stop_node($_) for qw(b c);
    sleep 3;

    my $signature = short_lived(1);
    sleep 8;
    is(told($signature)->{state}, 'executed');

    ChainNodes::start_node($_) for qw(b c);
    is(ruled($signature, 60), 'expired block_height_passed');
};


# How many calls began while another one was under way, since then.

sub overlaps {
    my ($since) = @_;
    my @calls = sort { $a->{began} <=> $b->{began} }
                grep { $_->{began} > $since
                       && $_->{method} =~ /Transaction$|Statuses$/ }
                map { asked($_) } qw(a b c);
    my ($count, $ended) = (0, 0);

    for my $call (@calls) {
        $count++ if $call->{began} < $ended;
        $ended = $call->{ended} if $call->{ended} > $ended;
    }

    return $count;
}


subtest 'calls to nodes are never more than are allowed at once' => sub {
    everybody(slow => 0.1);

    for my $allowed (8, 1) {
        $nginx->reload(http => ChainNodes::upstream(qw(a b c))
                               . "\njupref_verify on concurrency=$allowed;");
        sleep 4;

        my $since = time;
        my @ids = map { fresh() } 1 .. 8;
        my @signatures = map { traded($_) } @ids;

        land($_, fee => 900000) for @ids;
        is(ruled($_, 60), 'verified') for @signatures;

        if ($allowed == 1) {
            is(overlaps($since), 0, 'one after the other');
        } else {
            cmp_ok(overlaps($since), '>', 0, 'several at once');
        }
    }

    everybody(slow => undef);
};


subtest 'a node without the method keeps no trade from the others' => sub {
    node('a', error => { code => -32601, message => 'Method not found' },
         only => ['getTransaction']);

    my $since = time;
    my @ids = map { fresh() } 1 .. 4;
    my @signatures = map { traded($_) } @ids;

    land($_, fee => 900000) for @ids;
    is(ruled($_, 60), 'verified') for @signatures;

    my @asked = grep { $_->{began} > $since } asked('a', 'getTransaction');
    cmp_ok(scalar @asked, '<=', 4, 'and it is left alone for a while');
};

$nginx->stop;
ChainNodes::stop();
done_testing();
