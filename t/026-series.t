# Numbers by hour and by day: of the platform, of referrers, of codes.

use Test::Nginx::Socket 'no_plan';
use POSIX ();
use TradingEdge;


# The series of a path, after looking that its buckets follow each other.

sub series {
    my ($path, $args) = @_;
    my $series = api("/v1/$path/series" . ($args ? "?$args" : ''));
    my $step = $series->{bucket} eq 'hour' ? 3600 : 86400;
    my $at = moment($series->{from});
    my $in_order = 1;

    for my $bucket (@{ $series->{data} }) {
        $in_order = 0 if moment($bucket->{at}) != $at;
        $at += $step;
    }

    Test::More::ok($in_order, "$path: bucket by bucket");
    Test::More::is(moment($series->{to}), $at, "$path: up to the end");

    return $series;
}


sub moment {
    my ($year, $month, $day, $hour, $minute, $second)
        = $_[0] =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.000Z$/
        or die "no whole second: $_[0]";

    local $ENV{TZ} = 'UTC';
    POSIX::tzset();
    return POSIX::mktime($second, $minute, $hour, $day, $month - 1,
                         $year - 1900);
}


sub text_of {
    return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]);
}


# "clicks orders trades volumeUsd feesUsd" added up over all buckets.

sub total {
    my ($series) = @_;
    my @sums = (0) x 5;

    for my $bucket (@{ $series->{data} }) {
        my $i = 0;
        $sums[$i++] += $bucket->{$_} for qw(clicks orders trades volumeUsd
                                            feesUsd);
    }

    return join ' ', @sums;
}


sub refused {
    my ($path) = @_;
    my $answer = get($path);
    my $problem = JSON::PP->new->decode($answer->{body});

    return "$answer->{status} $problem->{code} $problem->{detail}";
}


# Clicks and orders are booked in batches of a second at most.

sub booked {
    my ($done) = @_;

    for (1 .. 50) {
        return if $done->();
        select undef, undef, undef, 0.1;
    }
}

run_tests();

__DATA__

=== TEST 1: what happens is told of the platform, the referrer and the code
--- story
get('/r/amy') for 1 .. 3;
swap('one', ref => 'amy');
swap('two', ref => 'amy', taker => wallet('ann'));
get(order(id => 'three', ref => 'bob', taker => wallet('bea')));
swap('four', taker => wallet('cat'));

my $platform = '';

booked(sub { total(series('platform')) =~ /^3 4 / });

# 15 dollars a trade; amy's pay 90 basis points of them, others 100

is(total(series('platform')), '3 4 3 45 0.42', 'platform');
is(total(series('codes/amy')), '3 2 2 30 0.27', 'code');
is(total(series('codes/AMY')), '3 2 2 30 0.27', 'in any case');
is(total(series('referrers/' . wallet('amy'))), '3 2 2 30 0.27', 'referrer');
is(total(series('codes/bob')), '0 1 0 0 0', 'another code');
is(total(series('referrers/' . wallet('bob'))), '0 1 0 0 0',
   'another referrer: earnings from above are not its trades');

for my $path ('platform', 'codes/amy') {
    is(total(series($path, 'bucket=day')), total(series($path)),
       "$path: by day the same");
}



=== TEST 2: the last 24 hours, or 30 days, unless said otherwise
--- story
swap('one');

for my $case ([ 'hour', 24, 3600 ], [ 'day', 30, 86400 ]) {
    my ($bucket, $count, $step) = @$case;
    my $series = series('platform', "bucket=$bucket");

    is($series->{bucket}, $bucket);
    is(@{ $series->{data} }, $count, "$count of them");
    is($series->{since}, undef, 'nothing was forgotten');
    cmp_ok(abs(moment($series->{to}) - time), '<=', $step, 'up to now');
    is($series->{data}[-1]{trades}
       + ($series->{data}[-2]{trades} // 0), 1, 'what was done is at the end');
}

is(series('platform')->{bucket}, 'hour', 'hours unless said otherwise');



=== TEST 3: of the range that is asked for
--- story
swap('one');

my $hour = int(time / 3600) * 3600;
my $now = text_of(time);
my $from = text_of($hour - 3 * 3600 + 600);
my $series = series('platform', "from=$from&to=" . text_of($hour + 7200));

is(moment($series->{from}), $hour - 3 * 3600, 'from the bucket it is in');
is(moment($series->{to}), $hour + 7200, 'up to where it ends');
is(@{ $series->{data} }, 5);
is_deeply([ map { $_->{trades} } @{ $series->{data} }[0 .. 2] ], [ 0, 0, 0 ]);
is($series->{data}[3]{trades} + $series->{data}[4]{trades}, 1);

is(@{ series('platform', 'from=' . text_of($hour) . '&to='
             . text_of($hour + 1))->{data} }, 1, 'a second is in one hour');
is(@{ series('platform', 'from=' . text_of($hour - 1) . '&to='
             . text_of($hour))->{data} }, 1, 'whose end is not in it');

my $days = series('platform', 'bucket=day&from=2024-02-28&to=2024-03-02');
is_deeply([ map { substr $_->{at}, 0, 10 } @{ $days->{data} } ],
          [ qw(2024-02-28 2024-02-29 2024-03-01) ], 'dates are days in UTC');

is(series('platform', 'from=2024-02-28T01:00:00%2B02:00'
          . '&to=2024-02-28T00:30:00Z')->{from}, '2024-02-27T23:00:00.000Z',
   'with any offset');
is(@{ series('platform', 'bucket=day&from=2024-01-01&to=2027-01-03')->{data} },
   1098, 'as many days as are kept');



=== TEST 4: what is no range is refused, with what would be right
--- story
my $path = '/v1/platform/series';

for my $case (
    [ 'bucket=week', qr/^400 invalid_argument bucket must be "hour" or "day"/ ],
    [ 'from=yesterday', qr/^400 invalid_argument from must be a date/ ],
    [ 'to=1795373701', qr/^400 invalid_argument to must be a date/ ],
    [ 'to=2026-02-30', qr/^400 invalid_argument to must be a date/ ],
    [ 'from=2026-01-02&to=2026-01-02', qr/^400 invalid_argument from must be before to/ ],
    [ 'from=2026-01-03&to=2026-01-02', qr/^400 invalid_argument from must be before to/ ],
    [ 'from=2999-01-01', qr/^400 invalid_argument from must be before to/ ],
    [ 'to=1970-01-01', qr/^400 invalid_argument from must be before to/ ],
    [ 'from=2026-01-01&to=2026-01-15T00:00:01Z', qr/^400 invalid_argument .* 336 hours/ ],
    [ 'from=1970-01-01', qr/^400 invalid_argument .* 336 hours/ ],
    [ 'from=2026-01-01', qr/^400 invalid_argument .* 336 hours/ ],
    [ 'bucket=day&from=2020-01-01&to=2023-01-05', qr/^400 invalid_argument .* 1098 days/ ])
{
    my ($args, $problem) = @$case;
    like(refused("$path?$args"), $problem, $args);
}

like(refused('/v1/codes/nobody/series'), qr/^404 code_not_found /);
like(refused('/v1/codes/!/series'), qr/^404 code_not_found /);
like(refused('/v1/referrers/' . wallet('nobody') . '/series'),
     qr/^404 referrer_not_found /);
like(refused('/v1/referrers/x/series'), qr/^404 referrer_not_found /);
is(@{ series('platform', 'to=1970-01-01T01:00:00Z')->{data} }, 1,
   'there is nothing before 1970');



=== TEST 5: as CSV
--- story
swap('one', ref => 'amy');

my $path = '/v1/codes/amy/series?bucket=day&from=2026-01-01&to=2026-01-03';
my $answer = get($path, 'Accept: text/csv');

is($answer->{header}{'content-type'}, 'text/csv; charset=utf-8');
is($answer->{body}, join '', map { "$_\r\n" }
   'at,clicks,orders,trades,volumeUsd,feesUsd',
   '2026-01-01T00:00:00.000Z,0,0,0,0.000000,0.000000',
   '2026-01-02T00:00:00.000Z,0,0,0,0.000000,0.000000');

like(get('/v1/codes/amy/series', 'Accept: text/csv')->{body},
     qr/,1,15\.000000,0\.135000\r\n/);
