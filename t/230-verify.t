# What a finalized transaction shows of a trade is booked, rule by rule.

use strict;
use warnings;

use Test::More;
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

ChainNodes::start(qw(a b));

my $nginx = OwnNginx->start(http => ChainNodes::upstream(qw(a b)));

# [what happened on chain, how it is traded, what land() gets, the ruling,
#  the fee that is verified]

my @cases = (
    ['the fee arrives', {}, { fee => 900000 }, 'verified', 900000],
    ['less arrives than was promised', {}, { fee => 1 }, 'verified', 1],
    ['a legacy transaction', { build => { form => 'legacy' } },
     { fee => 900000 }, 'verified', 900000],
    ['a v1 transaction', { build => { form => 'v1' } },
     { fee => 900000 }, 'verified', 900000],
    ['the fee account is looked up in a table',
     { build => { looked_up => 1 } }, { fee => 900000 }, 'verified', 900000],
    ['the fee account is made in the transaction', {},
     { fee => 900000, before => 0, created => 1 }, 'verified', 900000],
    ['a Token-2022 fee of which the mint takes a share',
     { build => { fee_account => 'SOL22' } },
     { fee => 891000, token => 'token22' }, 'verified', 891000],
    ['the fee comes in the other mint',
     { build => { fee_account => 'USDC' } },
     { fee => 4500, mint => $MINT{USDC} }, 'verified', 4500],
    ['somebody else pays for the transaction',
     { build => { payer => 'sponsor' } }, { fee => 900000 }, 'verified',
     900000],
    ['another router', { build => { programs => ['dflow'] } },
     { fee => 900000 }, 'verified', 900000],
    ['a maker fills it and the fee is in it',
     { build => { programs => ['rfq'], payer => 'maker' } },
     { fee => 900000 }, 'verified', 900000],

    ['it failed, with balances that look right', {},
     { fee => 900000, err => { InstructionError => [0, { Custom => 6001 }] } },
     'rejected failed_on_chain'],
    ['the taker has not signed it', { taker => wallet('tom') },
     { fee => 900000 }, 'rejected wrong_taker'],
    ['no program that is known swaps',
     { build => { programs => ['unknown'] } }, { fee => 900000 },
     'rejected unknown_router'],
    ['a plain deposit', { build => { programs => ['token'] } },
     { fee => 900000 }, 'rejected plain_deposit'],
    ['fees are claimed in it',
     { build => { programs => ['jupiter', 'referral'] } }, { fee => 900000 },
     'rejected claim_in_transaction'],
    ['the fee account is closed in it', {}, { closed => 1 },
     'rejected fee_account_closed'],
    ['no fee where one was promised', {}, { fee => 0 },
     'rejected fee_missing'],
    ['no fee, and Jupiter had dropped it',
     { order => { feeBps => 2, platformFee => { feeBps => 2,
                                                feeMint => $MINT{SOL} } } },
     { fee => 0 }, 'rejected not_charged'],

    ['a maker fills it and settles the fee later',
     { build => { programs => ['rfq'], payer => 'maker' } }, { fee => 0 },
     'unproved fee_settled_later'],
);

my (%signature, %fees);

for my $number (0 .. $#cases) {
    my ($name, $how, $what) = @{ $cases[$number] };

    $signature{$name} = traded("case-$number", %$how);
    land("case-$number", %$what);
}

for my $case (@cases) {
    my ($name, undef, $what, $ruling, $fee) = @$case;

    is(ruled($signature{$name}), $ruling, $name);

    my $told = told($signature{$name});
    is($told->{verifiedFee}, $fee, "$name: its fee");
    is($told->{feeMint}, $what->{mint} // $MINT{SOL}, "$name: its mint")
        if defined $fee;
    $fees{$told->{feeMint}} += $fee if defined $fee;
}


subtest 'a transaction that was not priced earns nothing' => sub {
    traded('mine');
    trade_order('elses', { programs => ['jupiter', 'budget'] });

    my $signature = traded('priced', signature => trade_id('elses'));
    land('elses', fee => 900000);

    is(ruled($signature), 'rejected foreign_message');
};


subtest 'what is verified is what the books hold' => sub {
    for my $mint (sort keys %fees) {
        my ($of) = @{ api("/v1/admin/trial-balance?mint=$mint",
                          "Authorization: Bearer $TradingEdge::ADMIN")->{data} };
        my ($unclaimed) = grep { $_->{account} eq 'jupiter_unclaimed' }
                               @{ $of->{accounts} };

        is($unclaimed->{balance}, $fees{$mint}, $mint);
    }
};


subtest 'a trade that nobody knew of is executed and bound when it is proved' => sub {
    my $before = api('/v1/referrers/' . wallet('amy'));
    my $signature = traded('unknown', ref => 'amy', outcome => 'unknown',
                           build => { taker => 'una' }, answer => sub {
                               http(500, '{"error":"Internal"}') });

    is(told($signature)->{state}, 'unknown');
    land('unknown', fee => 900000);
    is(ruled($signature), 'verified');

    my $amy = api('/v1/referrers/' . wallet('amy'));
    is($amy->{boundWallets}, $before->{boundWallets} + 1);
    is($amy->{balances}[0]{pending}, 144000);
};


subtest 'each ruling is counted, with its reason and how long it took' => sub {
    my %counted;
    $counted{$_->[3]}++ for @cases;
    $counted{verified}++;
    $counted{'rejected foreign_message'}++;

    for my $ruling (sort keys %counted) {
        my ($verdict, $reason) = split / /, $ruling;

        is(metric("jupref_verify_rulings_total{verdict=\"$verdict\","
                  . 'reason="' . ($reason // '') . '"}'),
           $counted{$ruling}, $ruling);
    }

    is(metric('jupref_verify_seconds_count'), $counted{verified});
    is(metric('jupref_verify_seconds_bucket{le="+Inf"}'), $counted{verified});
    is(metric('jupref_verify_seconds_bucket{le="1"}'), 0);
    cmp_ok(metric('jupref_verify_seconds_sum'), '>', $counted{verified});
    is(metric('jupref_verify_awaiting'), 1, "one that nobody has heard of");
    is(metric('jupref_verify_on'), 1);
    is(metric('jupref_verify_calls_total{method="getTransaction",'
              . 'result="failed"}'), 0);
};


subtest 'the log tells what was ruled out, not what is in order' => sub {
    my $log = $nginx->log;

    like($log, qr/trade $signature{'a plain deposit'} is rejected, plain_deposit: a transfer to the fee account, and no swap/);
    unlike($log, qr/$signature{'the fee arrives'}/);
};

$nginx->stop;
ChainNodes::stop();
done_testing();
