# An execute whose signature only Jupiter knew when nginx ended is found on
# chain, or known to have come to nothing.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

ChainNodes::start(qw(a b));

my $state = "$ENV{JUPREF_SUITE}/lost.$$";
my %parts = (http => ChainNodes::upstream(qw(a b)),
             zone => "jupref_zone main 8m state=$state; "
                     . 'jupref_commit_timeout 5s;');
my $nginx = OwnNginx->start(%parts);


# The execute goes out, and nginx is killed before Jupiter has answered.

sub cut_off {
    my ($id, %order) = @_;
    my $order = trade_order($id, { programs => ['rfq'], payer => 'maker',
                                   taker => delete $order{by} // 'tom' },
        feeBps => 100, platformFee => { feeBps => 100, feeMint => $MINT{SOL} },
        router => 'jupiterz', %order);

    StubJupiter::start({ order => sub { http(200, $order) },
                         execute => sub { (\30, http(200, '{}')) } });

    is(get(order(id => $id, taker => ChainNodes::built($id)->{taker}))
       ->{status}, 200);

    my $socket = Talk::connected();
    my $body = execute_body(requestId => $id,
                            signedTransaction => trade_signed($id));
    print {$socket} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                    . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    $socket->flush;

    $nginx->wait_for('the execute', sub { seen() =~ /^POST /m });
    sleep 0.5;
    $nginx->restart('KILL', %parts);
}


# What is under way for less than ten seconds isn't looked for yet.

sub comes {
    my ($done, $seconds) = @_;
    my $until = time + ($seconds // 60);

    until ($done->()) {
        return 0 if time > $until;
        sleep 0.2;
    }

    return 1;
}


subtest 'one that landed is found by its message, and proved' => sub {
    cut_off('landed');

    # others of the same taker at the same time

    trade_order('other', { taker => 'tom' });
    land('other', fee => 1);
    land('landed', fee => 900000);

    ok(comes(sub { told(trade_id('landed')) }), 'it is found');
    is(ruled(trade_id('landed'), 60), 'verified');
    is(told(trade_id('landed'))->{verifiedFee}, 900000);
    is(metric('jupref_verify_intents_total{found="signature"}'), 1);
    like($nginx->log, qr/which was under way when nginx ended, is found/);
    is(told(trade_id('other')), undef, 'the other one is none of ours');
};


subtest 'one that can land no more is closed, when two nodes have nothing' => sub {
    my $height = ChainNodes::block_height(chain()) + 10;

    cut_off('nothing', lastValidBlockHeight => "$height");
    is(api('/v1/platform')->{capacities}{intents}{used}, 1);

    ok(comes(sub { api('/v1/platform')->{capacities}{intents}{used} == 0 }),
       'it is closed');
    is(metric('jupref_verify_intents_total{found="nothing"}'), 1);
    is(told(trade_id('nothing')), undef);
};



subtest 'the word of one node is not enough to book a signature' => sub {
    cut_off('alone');
    node('b', hides => [trade_id('alone')]);
    land('alone', fee => 900000);

    sleep 20;
    ok(scalar(grep { $_->{params}[0] eq trade_id('alone') }
              asked('b', 'getTransaction')), 'the other one was asked');
    is(told(trade_id('alone')), undef);

    node('b', hides => undef);
    ok(comes(sub { told(trade_id('alone')) }), 'until that one knows it, too');
    is(ruled(trade_id('alone'), 60), 'verified');
};


# Signatures that came later than the execute, of its taker and of a fee
# account: they are all passed by before what is looked for.

sub since_then {
    my ($count, @addresses) = @_;

    ChainNodes::crowd(\@addresses, $count, ChainNodes::slot_now(chain()) + 1000,
                      int(time) + 3600);
}


sub looked_at {
    my ($name, $address) = @_;

    return scalar grep { $_->{params}[0] eq $address }
                       asked($name, 'getSignaturesForAddress');
}


subtest 'one is found behind thousands of signatures' => sub {
    cut_off('deep', by => 'dora');
    land('deep', fee => 900000);
    since_then(2500, ChainNodes::built('deep')->{taker}, $FEE_ACCOUNT{SOL});

    ok(comes(sub { told(trade_id('deep')) }), 'it is found');
    is(ruled(trade_id('deep'), 60), 'verified');
};


subtest 'behind more than are looked through it is kept, and told once' => sub {
    my $height = ChainNodes::block_height(chain()) + 10;

    cut_off('buried', by => 'bob', lastValidBlockHeight => "$height");

    my $taker = ChainNodes::built('buried')->{taker};
    since_then(120_000, $taker);

    ok(comes(sub { looked_at('a', $taker) >= 100
                   && looked_at('b', $taker) >= 100 }, 300),
       'both nodes are asked for all pages');
    ok(comes(sub { $nginx->log =~ /isn't found/ }), 'the log says so');
    is(looked_at('a', $taker) + looked_at('b', $taker), 200,
       'and for no more than that');

    my @said = $nginx->log
        =~ /execute buried,.* isn't found .*100000 newest signatures of $taker/g;
    is(@said, 1, 'once, by its name');
    is(api('/v1/platform')->{capacities}{intents}{used}, 1, 'it is kept');
};

$nginx->stop;
ChainNodes::stop();
done_testing();
