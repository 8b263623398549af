# The books: what an administrator decides about a trade, what each step books,
# and that every mint balances whatever was decided.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

my $SOL = $MINT{SOL};

# An executed trade under this name, sent by amy; its signature.

sub traded {
    my ($id, %args) = @_;
    my ($order, $execute) = swap($id, ref => 'amy', %args);

    die "$id: $execute->{headers}"
        if ($execute->{header}{'jupref-trade'} // '') ne 'executed';

    return first_signature(signed_transaction('v0', $id));
}


# What is done with a trade; the answer's JSON, its status and its header.

sub act {
    my ($step, $signature, %members) = @_;
    my $answer = admin('POST', "/v1/admin/trades/$signature/$step", \%members);

    return { %{ JSON::PP->new->decode($answer->{body}) },
             _status => $answer->{status}, _header => $answer->{header} };
}


sub verify {
    my ($signature, %members) = @_;

    return act('verify', $signature, slot => 447200005, fee => '900000',
               %members);
}


sub admin_get {
    my ($path, $key) = @_;

    return get($path, 'Authorization: Bearer ' . ($key // $TradingEdge::ADMIN));
}


# A mint's accounts by name, after looking that they balance.

sub books {
    my ($mint) = @_;
    my $answer = admin_get('/v1/admin/trial-balance?mint=' . ($mint // $SOL));
    my ($of) = @{ JSON::PP->new->decode($answer->{body})->{data} };
    my ($debit, $credit) = (0, 0);

    for my $account (@{ $of->{accounts} }) {
        $debit += $account->{debit};
        $credit += $account->{credit};
        Test::More::is($account->{balance},
                       ($account->{side} eq 'debit' ? 1 : -1)
                       * ($account->{debit} - $account->{credit}),
                       "$account->{account}: balance");
    }

    Test::More::is("$of->{debit} $of->{credit}", "$debit $credit", 'sums');
    Test::More::is($debit, $credit, 'debits are credits');
    Test::More::ok($of->{balanced}, 'balanced');

    return { map { $_->{account} => $_->{balance} } @{ $of->{accounts} } };
}


# Of accounts that aren't zero.

sub held {
    my $books = books(@_);

    return { map { $books->{$_} ? ($_ => $books->{$_}) : () } keys %$books };
}


sub balance {
    my ($name) = @_;
    my ($balance) = grep { $_->{mint} eq $SOL }
                         @{ api('/v1/referrers/' . wallet($name))->{balances} };

    return join ' ', map { $balance->{$_} } qw(estimated pending available);
}


sub listed {
    my ($signature) = @_;
    my ($trade) = grep { $_->{signature} eq $signature }
                       @{ api('/v1/trades?limit=100')->{data} };

    return $trade;
}


# Until the trade is in that state.

sub await_state {
    my ($signature, $state) = @_;

    for (1 .. 100) {
        return if listed($signature)->{state} eq $state;
        select undef, undef, undef, 0.1;
    }

    die "it doesn't become $state: " . listed($signature)->{state};
}


# Takes a new trade into a state, as far as acts can.

my %ways = (
    executed => [],
    verified => [ 'verify' ],
    rejected => [ 'reject' ],
    expired => [ 'expire' ],
    disputed => [ 'verify', 'dispute' ],
    reversed => [ 'verify', 'reverse' ],
);

my %bodies = (
    verify => { slot => 1, fee => '900000' },
    reject => { reason => 'no_fee' },
    expire => {},
    dispute => { reason => 'the trader asked for it' },
    resolve => {},
    reverse => { reason => 'a fork' },
);

my %becomes = (verify => 'verified', reject => 'rejected', expire => 'expired',
               dispute => 'disputed', resolve => 'verified',
               reverse => 'reversed');

my %open = (
    executed => [ qw(verify reject expire) ],
    verified => [ qw(dispute reverse) ],
    rejected => [],
    expired => [],
    disputed => [ qw(resolve reverse) ],
    reversed => [],
);

my $number = 0;

sub in_state {
    my ($state) = @_;
    my $signature = traded('state-' . ++$number,
                           taker => wallet("taker-$number"));

    for my $step (@{ $ways{$state} }) {
        my $trade = act($step, $signature, %{ $bodies{$step} });
        die "$state: $step: $trade->{detail}" if $trade->{_status} != 200;
    }

    return $signature;
}


# Every step from every state.

sub try_all {
    for my $state (sort keys %ways) {
        for my $step (sort keys %bodies) {
            my $signature = in_state($state);
            my $before = held();
            my $answer = act($step, $signature, %{ $bodies{$step} });

            if (grep { $_ eq $step } @{ $open{$state} }) {
                Test::More::is($answer->{_status}, 200, "$state: $step");
                Test::More::is($answer->{state}, $becomes{$step}, "$state: $step: state");
            } else {
                Test::More::is($answer->{_status}, 409, "$state: $step");
                Test::More::is($answer->{code}, 'wrong_state', "$state: $step: code");
                Test::More::like($answer->{detail}, qr/^the trade is $state; open from there: /,
                     "$state: $step: detail");
                Test::More::is(listed($signature)->{state}, $state, "$state: $step: unmoved");
                Test::More::is_deeply(held(), $before, "$state: $step: nothing booked");
            }
        }
    }
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: a verified fee is booked, to the last base unit
--- story
my $signature = traded('one');
is(balance('amy'), '144000 0 0', 'an estimate before');
is_deeply(held(), {}, 'which is in no account');

my $trade = verify($signature, fee => '900001');

is($trade->{_status}, 200);
is($trade->{signature}, $signature);
is($trade->{state}, 'verified');
is($trade->{verifiedFee}, '900001');
is($trade->{estimatedFee}, undef);
is($trade->{slot}, 447200005);
is($trade->{feeMint}, $MINT{SOL});
like($trade->{verifiedAt}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
cmp_ok($trade->{verifiedSeq}, '>', $trade->{seq});
is($trade->{archivedSeq}, undef);
is_deeply($trade->{commissions},
          [{ level => 1, wallet => wallet('amy'), amount => '144000' }]);

# 900001: Jupiter keeps what isn't 80 %, a fifth of the rest is amy's

is_deeply(held(), { jupiter_unclaimed => 900001, jupiter_cut => 180001,
                    platform => 576000, pending => 144000 });
is(balance('amy'), '0 144000 0', 'the estimate has become what is pending');

delete @$trade{qw(_status _header)};
is_deeply(listed($signature), $trade, 'lists show the same');



=== TEST 2: the same verification again is refused and books nothing
--- story
my $signature = traded('one');
is(verify($signature)->{_status}, 200);

my $before = books();
my $events = api('/v1/platform')->{totals}{events};
my $again = verify($signature);

is($again->{_status}, 409);
is($again->{code}, 'wrong_state');
like($again->{detail}, qr/^the trade is verified; open from there: dispute or reverse/);
is_deeply(books(), $before);
is(api('/v1/platform')->{totals}{events}, $events, 'no event');



=== TEST 3: each step is open from the states that permit it, and from no other
--- story
try_all();



=== TEST 4: what is rejected or has expired counts for nothing any more
--- story
for my $step (qw(reject expire)) {
    my $signature = traded($step, taker => wallet($step));

    my $reason = $step eq 'reject' ? 'fee_missing' : 'the trader said so';
    my $ruled = act($step, $signature, reason => $reason);

    is($ruled->{_status}, 200, $step);
    is($ruled->{reason}, 'manual',
       "$step: why");
    like($ruled->{ruledAt}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "$step: since when");
    is(listed($signature)->{reason}, $ruled->{reason}, "$step: in lists");
    is(balance('amy'), '0 0 0', "$step: no estimate");
    is_deeply(held(), {}, "$step: no account");
    is(api('/v1/referrers/' . wallet('amy'))->{volumeUsd}, '0.000000',
       "$step: no volume");
    is(api('/v1/leaderboard')->{data}[0]{trades} // 0, 0, "$step: no trade");
}



=== TEST 5: a dispute freezes, its end frees, a reversal takes it all back
--- story
my $signature = traded('one');
verify($signature);

act('dispute', $signature, reason => 'odd');
is_deeply(held(), { jupiter_unclaimed => 900000, jupiter_cut => 180000,
                    platform => 576000, disputed => 144000 }, 'frozen');
is(balance('amy'), '0 0 0', 'frozen for amy');

act('resolve', $signature);
is_deeply(held(), { jupiter_unclaimed => 900000, jupiter_cut => 180000,
                    platform => 576000, pending => 144000 }, 'freed');

act('reverse', $signature, reason => 'a fork');
is_deeply(held(), {}, 'taken back');
is(balance('amy'), '0 0 0', 'from amy too');
cmp_ok(JSON::PP->new->decode(
           admin_get("/v1/admin/trial-balance?mint=$MINT{SOL}")->{body})
       ->{data}[0]{debit}, '>', 0, 'by bookings, not by forgetting');



=== TEST 6: when the hold is over a commission becomes available
--- http
jupref_hold 1s;
--- story
my $signature = traded('one');

verify($signature);
await_state($signature, 'available');

is_deeply(held(), { jupiter_unclaimed => 900000, jupiter_cut => 180000,
                    platform => 576000, available => 144000 });
is(balance('amy'), '0 0 144000');

is(verify($signature)->{code}, 'wrong_state');
is(act('dispute', $signature, reason => 'late')->{state}, 'disputed');
is(act('resolve', $signature)->{state}, 'available', 'back to where it was');
is(act('reverse', $signature, reason => 'later')->{state}, 'reversed');
is_deeply(held(), {});



=== TEST 7: the whole chain of levels is booked
--- story
swap('one', ref => 'bob');
my $signature = first_signature(signed_transaction('v0', 'one'));
my $trade = verify($signature, fee => '1000000');

# 800000 of it are the partner's: bob gets 40 %, amy, who brought him, 5 %

is_deeply($trade->{commissions},
          [{ level => 1, wallet => wallet('bob'), amount => '320000' },
           { level => 2, wallet => wallet('amy'), amount => '40000' }]);
is_deeply(held(), { jupiter_unclaimed => 1000000, jupiter_cut => 200000,
                    platform => 440000, pending => 360000 });



=== TEST 8: a fee that arrived in another mint is booked in that one
--- story
my $signature = traded('one');
my $trade = verify($signature, fee => '5000', feeMint => $MINT{USDC});

is($trade->{feeMint}, $MINT{USDC});
is_deeply(held($MINT{USDC}), { jupiter_unclaimed => 5000, jupiter_cut => 1000,
                               platform => 3200, pending => 800 });
is_deeply(held(), {}, 'nothing in the mint that was estimated');
is(balance('amy'), '0 0 0', 'and no estimate');



=== TEST 9: an unknown trade is verified, where its mint is known or given
--- jupiter
execute => sub { http(500, '{}') }
--- story
swap('one', ref => 'amy');
my $signature = first_signature(signed_transaction('v0', 'one'));
is(listed($signature)->{state}, 'unknown');

my $trade = verify($signature);
is($trade->{state}, 'verified');
is($trade->{verifiedFee}, '900000');
is_deeply($trade->{commissions},
          [{ level => 1, wallet => wallet('amy'), amount => '144000' }]);



=== TEST 10: whose mint nobody knows needs it
--- jupiter
order => sub { my ($request) = @_; http(200, order_answer(requestId => 'one',
    feeMint => \'none', platformFee => \'none', feeBps => 0)) },
execute => sub { http(500, '{}') }
--- story
swap('one', ref => 'amy');
my $signature = first_signature(signed_transaction('v0', 'one'));

my $answer = verify($signature);
is($answer->{_status}, 422);
is($answer->{code}, 'fee_mint_needed');
is(verify($signature, feeMint => $MINT{SOL})->{state}, 'verified');



=== TEST 11: what is no trade, and what a body must be
--- story
my $signature = traded('one');

for my $case (
    [ 404, 'trade_not_found', verify(signature('nobody')) ],
    [ 404, 'trade_not_found', verify('nonsense') ],
    [ 404, 'trade_not_found', act('expire', wallet('amy')) ],
    [ 400, 'invalid_field', act('verify', $signature, fee => '1') ],
    [ 400, 'invalid_field', act('verify', $signature, slot => 1) ],
    [ 400, 'invalid_field', verify($signature, fee => '0') ],
    [ 400, 'invalid_field', verify($signature, fee => 900000) ],
    [ 400, 'invalid_field', verify($signature, fee => '-1') ],
    [ 400, 'invalid_field', verify($signature, fee => '1.5') ],
    [ 400, 'invalid_field', verify($signature, fee => '18446744073709551616') ],
    [ 400, 'invalid_field', verify($signature, slot => 0) ],
    [ 400, 'invalid_field', verify($signature, slot => '1') ],
    [ 400, 'invalid_field', verify($signature, feeMint => 'SOL') ],
    [ 400, 'invalid_field', verify($signature, feeMint => '1' x 32) ],
    [ 400, 'unknown_field', verify($signature, reason => 'why') ],
    [ 400, 'invalid_field', act('reject', $signature) ],
    [ 400, 'invalid_field', act('dispute', $signature) ],
    [ 400, 'invalid_field', act('reverse', $signature) ],
    [ 400, 'invalid_field', act('reject', $signature, reason => '') ],
    [ 400, 'invalid_field', act('reject', $signature, reason => 'x' x 65) ],
    [ 400, 'invalid_field', act('reject', $signature, reason => "a\nb") ],
    [ 400, 'unknown_field', act('expire', $signature, slot => 1) ])
{
    my ($status, $code, $answer) = @$case;

    is("$answer->{_status} $answer->{code}", "$status $code", $answer->{detail});
}

is(listed($signature)->{state}, 'executed', 'nothing was done');
is(act('reject', $signature, reason => 'x' x 64)->{state}, 'rejected');



=== TEST 12: only administrators decide, who may read sees the books
--- http eval
use Digest::SHA 'sha256_hex';
'jupref_api_key eyes role=read sha256=' . sha256_hex('a reader') . ';'
--- story
my $signature = traded('one');
my $path = "/v1/admin/trades/$signature/expire";

is(post($path, '{}', 'Content-Type: application/json')->{status}, 401);
is(post($path, '{}', 'Content-Type: application/json',
        'Authorization: Bearer a reader')->{status}, 403);
is(listed($signature)->{state}, 'executed');

is(get('/v1/admin/trial-balance')->{status}, 401);
is(admin_get('/v1/admin/trial-balance', 'a reader')->{status}, 200);
is(admin_get('/v1/admin/trial-balance', 'somebody')->{status}, 401);



=== TEST 13: the trial balance by mints, page by page
--- story
verify(traded('one'), fee => '1000');
verify(traded('two', taker => wallet('ann')), fee => '2000',
       feeMint => $MINT{USDC});
verify(traded('three', taker => wallet('bea')), fee => '3000',
       feeMint => $MINT{BONK});

my $all = JSON::PP->new->decode(admin_get('/v1/admin/trial-balance')->{body});

is_deeply([ map { $_->{mint} } @{ $all->{data} } ],
          [ @MINT{qw(SOL USDC BONK)} ]);
is($all->{nextCursor}, undef);
ok(!$all->{hasMore});

for my $name (qw(SOL USDC BONK)) {
    is(held($MINT{$name})->{jupiter_unclaimed},
       { SOL => 1000, USDC => 2000, BONK => 3000 }->{$name}, $name);
}

my ($uri, @mints) = ('/v1/admin/trial-balance?limit=2');

while ($uri) {
    my $answer = admin_get($uri);
    my $page = JSON::PP->new->decode($answer->{body});

    push @mints, @{ $page->{data} };
    ($uri) = ($answer->{header}{link} // '') =~ /^<(.*)>; rel="next"$/;
    is(defined $uri, !!$page->{hasMore}, 'Link as hasMore');
    is($uri, $uri && "/v1/admin/trial-balance?limit=2&cursor=$page->{nextCursor}");
}

is_deeply(\@mints, $all->{data}, 'the same');

for my $case ([ 404, 'mint_not_found', 'mint=' . wallet('nobody') ],
              [ 404, 'mint_not_found', 'mint=SOL' ],
              [ 400, 'invalid_cursor', 'cursor=m0' ],
              [ 400, 'invalid_cursor', 'cursor=t00000001' ],
              [ 400, 'invalid_argument', 'limit=0' ],
              [ 400, 'invalid_argument', 'accounts=referrers' ],
              [ 400, 'invalid_argument', "accounts=all&mint=$MINT{SOL}" ])
{
    my ($status, $code, $args) = @$case;
    my $answer = admin_get("/v1/admin/trial-balance?$args");

    is("$answer->{status} " . JSON::PP->new->decode($answer->{body})->{code},
       "$status $code", $args);
}



=== TEST 14: referrers' own accounts add up to the mint's
--- terms eval
CORE::join "\n", TradingEdge::standard_terms(),
     map { TradingEdge::code_line("ref-$_", 'referred') } 1 .. 7
--- story
for my $n (1 .. 7) {
    swap("t$n", ref => "ref-$n", taker => wallet("t$n"));
    verify(first_signature(signed_transaction('v0', "t$n")),
           fee => 100000 * $n . '');
}

act('dispute', first_signature(signed_transaction('v0', 't3')), reason => 'x');
verify(traded('other'), feeMint => $MINT{USDC});

my ($uri, %sums, @wallets)
    = ("/v1/admin/trial-balance?accounts=referrers&mint=$MINT{SOL}&limit=3");

while ($uri) {
    my $answer = admin_get($uri);
    my $page = JSON::PP->new->decode($answer->{body});

    for my $one (@{ $page->{data} }) {
        push @wallets, $one->{wallet};

        for my $account (@{ $one->{accounts} }) {
            my ($kind) = $account->{account} =~ /^referrer:$one->{wallet}:(\w+)$/;
            $sums{$kind} += $account->{balance};
        }
    }

    ($uri) = ($answer->{header}{link} // '') =~ /^<(.*)>; rel="next"$/;
}

my $books = books();

is_deeply([ sort @wallets ],
          [ sort map { wallet($_) } 'amy', map { "ref-$_" } 1 .. 7 ],
          'each once; amy once had an estimate in this mint');
is_deeply([ sort keys %sums ], [ sort qw(pending available disputed in_payout
                                         paid receivable) ]);
is($sums{$_}, $books->{$_}, $_) for keys %sums;
is($sums{disputed}, 48000, 'a fifth of 80 % of 300000');



=== TEST 15: what was booked is told with the log's head
--- story
my $signature = traded('one');
my $trade = verify($signature);

if ($ENV{JOURNAL}) {
    like($trade->{_header}{'jupref-ledger'}, qr/^\d+:[0-9a-f]{64}$/);
    like($trade->{_header}{'jupref-ledger'}, qr/^$trade->{verifiedSeq}:/);
} else {
    is($trade->{_header}{'jupref-ledger'}, undef, 'in memory there is no log');
}
