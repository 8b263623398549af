# jupref_api: lists and sums, after trades: newest first, page by page; who
# leads by what; what a referrer has earned.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

my $cursor = qr/^t[0-9a-f]+$/;
my $link = qr{^</v1/trades\?limit=(\d+)&cursor=(t[0-9a-f]+)>; rel="next"$};

# Trades under these names, the first one first.

sub trade {
    my (@names) = @_;

    for my $name (@names) {
        my ($order, $execute) = swap($name, ref => 'amy',
                                     taker => wallet($name));
        die "$name: $execute->{headers}"
            if ($execute->{header}{'jupref-trade'} // '') ne 'executed';
    }
}


# Every page from the first on, by cursors: the takers, a list each.

sub pages {
    my ($limit) = @_;
    my ($uri, @pages) = ("/v1/trades?limit=$limit");

    while (defined $uri && @pages < 100) {
        my $answer = get($uri);
        my $page = JSON::PP->new->decode($answer->{body});

        push @pages, [ map { $_->{taker} } @{ $page->{data} } ];
        undef $uri;

        if (!$page->{hasMore}) {
            is($page->{nextCursor}, undef, 'no cursor behind the last page');
            is($answer->{header}{link}, undef, 'no Link behind the last page');
            last;
        }

        like($page->{nextCursor}, $cursor, 'a cursor');
        like($answer->{header}{link}, $link, 'a Link to the next page');

        my ($told, $next) = $answer->{header}{link} =~ $link;
        is("$told $next", "$limit $page->{nextCursor}", 'Link says the same');
        ($uri) = $answer->{header}{link} =~ /^<(.*?)>/;
    }

    return @pages;
}


# As the API shows a wallet, in bytes: with an ellipsis.

sub shown {
    my ($wallet) = @_;
    return substr($wallet, 0, 4) . "\xe2\x80\xa6" . substr $wallet, -4;
}


sub newest_first {
    return map { shown(wallet($_)) } reverse @_;
}

run_tests();

__DATA__

=== TEST 1: trades come newest first, whatever the pages' size
--- story
my @names = map { "trader-$_" } 1 .. 7;
my @all = newest_first(@names);

trade(@names);

is_deeply([ pages(100) ], [ [@all] ], 'one page of a hundred');
is_deeply([ pages(7) ], [ [@all] ], 'one page of exactly all');
is_deeply([ pages(3) ], [ [@all[0 .. 2]], [@all[3 .. 5]], [$all[6]] ],
          'three pages of three');
is_deeply([ map { @$_ } pages(1) ], \@all, 'seven pages of one');

my $default = api('/v1/trades');
is(@{ $default->{data} }, 7, '20 are shown unless said otherwise');



=== TEST 2: pages neither skip nor repeat while new trades arrive
--- story
my @names = map { "trader-$_" } 1 .. 4;

trade(@names);

my $first = api('/v1/trades?limit=2');
trade('late-1', 'late-2');
my $second = api("/v1/trades?limit=2&cursor=$first->{nextCursor}");

is_deeply([ map { $_->{taker} } @{ $first->{data} }, @{ $second->{data} } ],
          [ newest_first(@names) ], 'the second page goes on where it was');
ok(!$second->{hasMore}, 'and ends');

is_deeply([ map { $_->{taker} } @{ api('/v1/trades?limit=2')->{data} } ],
          [ newest_first('late-1', 'late-2') ], 'a new first page has the new');

is_deeply(api("/v1/trades?limit=2&cursor=$first->{nextCursor}"), $second,
          'a cursor stays good');



=== TEST 3: a trade tells what was done, and its taker only in part
--- story
trade('tom');

my $answer = get('/v1/trades');
my ($trade) = @{ JSON::PP->new->decode($answer->{body})->{data} };

is($trade->{state}, 'executed', 'state');
is($trade->{taker}, shown(wallet('tom')), 'taker');
unlike($answer->{body}, qr/@{[ wallet('tom') ]}/, 'nowhere the whole taker');
is($trade->{code}, 'amy', 'code');
is($trade->{referrer}, wallet('amy'), 'referrer');
is($trade->{inputMint}, $MINT{SOL}, 'inputMint');
is($trade->{outputMint}, $MINT{USDC}, 'outputMint');
like($answer->{body}, qr/"$_":"\d+"/, "$_ is a string of base units")
    for qw(inAmount outAmount estimatedFee);
like($answer->{body}, qr/"volumeUsd":"\d+\.\d{6}"/, 'volumeUsd');
like($trade->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time');
like($trade->{signature}, qr/^[1-9A-HJ-NP-Za-km-z]{80,90}$/, 'signature');



=== TEST 4: the Link stands where the API does
--- server
location /elsewhere { jupref_api; }
--- story
trade('one', 'two');

like(get('/elsewhere/trades?limit=1')->{header}{link},
     qr{^</elsewhere/trades\?limit=1&cursor=t[0-9a-f]+>; rel="next"$},
     'a location without its last slash');



=== TEST 5: HEAD of a page has its Link
--- story
trade('one', 'two');

my $answer = ask("HEAD /v1/trades?limit=1 HTTP/1.1\r\nHost: edge\r\n"
                 . "Connection: close\r\n\r\n");

like($answer->{header}{link}, qr/rel="next"/, 'Link');
is($answer->{body}, '', 'no body');



=== TEST 6: who leads by volume, by trades, by earnings
--- story
for my $name ('a', 'b', 'c') {
    swap($name, ref => 'amy', taker => wallet($name));
}

swap('d', ref => 'bob', taker => wallet('d'));

for my $by ('volume', 'trades', 'earned') {
    my $board = api("/v1/leaderboard?by=$by");

    is($board->{by}, $by, $by);
    is_deeply([ map { $_->{rank} } @{ $board->{data} } ], [ 1, 2 ],
              "$by: ranks");
}

my ($first, $second) = @{ api('/v1/leaderboard?by=trades')->{data} };

is("$first->{wallet} $first->{trades}", wallet('amy') . ' 3', 'amy leads');
is("$second->{wallet} $second->{trades}", wallet('bob') . ' 1', 'then bob');

is(@{ api('/v1/leaderboard?by=trades&limit=1')->{data} }, 1, 'limit');
is(api('/v1/leaderboard?by=volume')->{data}[0]{wallet}, wallet('amy'),
   'amy leads by volume');



=== TEST 7: a referrer's page adds up to its trades
--- story
for my $name ('a', 'b') {
    swap($name, ref => 'amy', taker => wallet($name));
}

my $amy = api('/v1/referrers/' . wallet('amy'));
my @trades = @{ api('/v1/trades')->{data} };
my ($volume, $fee) = (0, 0);

for my $trade (@trades) {
    $volume += $trade->{volumeUsd} =~ s/\.//r;
    $fee += $trade->{estimatedFee};
}

is($amy->{trades}{executed}, 2, 'executed trades');
is($amy->{volumeUsd} =~ s/\.//r + 0, $volume, 'their volume');
is(@{ $amy->{balances} }, 1, 'one mint');

my ($balance) = @{ $amy->{balances} };
my $owed = 0;
$owed += int(int($_->{estimatedFee} * 8000 / 10000) * 2000 / 10000)
    for @trades;

ok($fee > 0, 'a fee was taken');
is($balance->{estimated}, $owed, 'a fifth of the partner part of each');
is("$balance->{pending} $balance->{available} $balance->{inPayout}"
   . " $balance->{paid}", '0 0 0 0', 'nothing that is not proven');

my ($sum) = @{ api('/v1/platform')->{fees} };

is($sum->{received}, $fee, 'the platform received the fees');
is($sum->{jupiterCut} + $sum->{platform} + $sum->{referrers}, $fee,
   'and its parts add up to them');
is($sum->{referrers}, $owed, 'the referrers\' part is what they are owed');



=== TEST 8: a bound wallet counts for its code and referrer
--- story
trade('tom');
swap('again', taker => wallet('tom'));

is(api('/v1/codes/amy')->{boundWallets}, 1, 'code');
is(api('/v1/referrers/' . wallet('amy'))->{boundWallets}, 1, 'referrer');
is(api('/v1/platform')->{boundWallets}, 1, 'platform');
