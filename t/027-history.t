# Histories without an end: lists go on from the table into the log, each trade
# once, while new ones come and old ones are archived.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Uncompress::Gunzip qw(gunzip);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;
use LongHistory;

my $nginx = OwnNginx->start(zone => 'jupref_zone main 8m state=empty;');
my $history = LongHistory->new(archived => 260);
my %parts = ($history->zone,
             terms => join("\n", 'jupref_tier default fee=100;',
                 'jupref_tier referred fee=100 discount=10 share=20%;',
                 map { TradingEdge::code_line($_, 'referred') }
                     qw(amy bob -dash)),
             server => 'location /zipped/ { gzip on; gzip_types text/csv;'
                       . ' gzip_min_length 1; jupref_api; }');

$nginx->restart('QUIT', %parts);


# [seq, archivedSeq] of what a page shows; decoding it all would take long.

sub seqs {
    my ($body) = @_;
    my @found;

    push @found, [ $1, $2 eq 'null' ? 0 : $2 ]
        while $body =~ /"seq":(\d+),"verifiedSeq":\w+,"archivedSeq":(\w+)/g;

    return @found;
}


# Every page from this one on; `between` is done before each but the first.

sub walk {
    my ($uri, $between) = @_;
    my (@shown, $answer);

    while (defined $uri) {
        $answer = get($uri);
        die "$uri: $answer->{body}" if $answer->{status} != 200;

        push @shown, seqs($answer->{body});
        ($uri) = ($answer->{header}{link} // '') =~ /^<(.*)>; rel="next"$/;

        my ($more) = $answer->{body} =~ /"hasMore":(\w+)\}$/;
        die 'Link and hasMore differ' if ($more eq 'true') != defined $uri;

        $between->() if defined $uri && $between;
    }

    return (\@shown, $answer->{body});
}


sub of_amy {
    return '/v1/referrers/' . wallet('amy') . '/trades';
}


sub csv {
    my ($uri, @headers) = @_;

    return get($uri, 'Accept: text/csv', @headers);
}


# Rows of a CSV, after its names: by column.

sub rows {
    my ($text) = @_;
    my ($names, @lines) = split /\r\n/, $text;
    my @names = split /,/, $names;

    return map {
        my %row;
        @row{@names} = map { s/^"(.*)"$/$1/sr =~ s/""/"/gr }
                           /(?:^|,)("(?:[^"]|"")*"|[^,"]*)/g;
        \%row;
    } @lines;
}


my $number = 0;

# A new trade: the table is full, so an old one is archived.

sub another {
    my (%args) = @_;
    my $id = 'new-' . ++$number;
    my (undef, $execute) = swap($id, taker => wallet($id), %args);

    die "$id: $execute->{body}"
        if ($execute->{header}{'jupref-trade'} // '') ne 'executed';
}


sub code {
    my ($answer) = @_;

    return "$answer->{status} "
           . (JSON::PP->new->decode($answer->{body})->{code} // '');
}


subtest 'a list goes on in the log, to the first trade' => sub {
    my ($shown, $last) = walk('/v1/trades?limit=100');

    is(scalar @$shown, scalar @{ $history->{trades} }, 'every trade');
    is_deeply($shown, $history->listed, 'in its place');
    unlike($last, qr/endsAt/, 'there is nothing older');
};


subtest 'a referrer\'s, whatever the pages\' size' => sub {
    my $all = $history->listed('amy');

    is_deeply((walk(of_amy() . "?limit=$_"))[0], $all, "by $_") for 23, 100;
};


subtest 'a trade of the log is told as it was in the table' => sub {
    my $body = get(of_amy() . '?limit=1&cursor=s' . sprintf '%016x',
                   (grep { $_->[1] } @{ $history->listed('amy') })[0][1]);
    my ($trade) = @{ JSON::PP->new->decode($body->{body})->{data} };

    is($trade->{code}, 'amy');
    is($trade->{referrer}, wallet('amy'));
    like($trade->{state}, qr/^(?:available|rejected)$/);
    is($trade->{feeBps}, 90);
    is($trade->{router}, 'metis');
    is($trade->{volumeUsd}, '5.000000');
    is($trade->{commissions}[0]{wallet}, wallet('amy'));

    my $fee = $trade->{verifiedFee} // $trade->{estimatedFee};
    is($trade->{commissions}[0]{amount},
       int(int($fee * 8000 / 10000) * 2000 / 10000));
    is(defined $trade->{verifiedAt}, defined $trade->{verifiedSeq},
       'when it was verified, if it was');
};


subtest 'each is shown once while old trades leave the table' => sub {
    my $expected = $history->listed;
    my %was_in_table = map { $_->[0] => 1 } grep { !$_->[1] } @$expected;
    my ($shown) = walk('/v1/trades?limit=100', sub { another() for 1 .. 2 });
    my @seqs = map { $_->[0] } @$shown;

    is_deeply(\@seqs, [ map { $_->[0] } @$expected ],
              'those of the walk\'s beginning, in their places');

    my @left = grep { $was_in_table{$_->[0]} && $_->[1] } @$shown;
    cmp_ok(scalar @left, '>', 100, 'many of them from the log');
};


subtest 'and of a referrer, in small pages' => sub {
    my ($expected) = walk(of_amy() . '?limit=100');
    my $page = 0;
    my ($shown) = walk(of_amy() . '?limit=9', sub {
        another(ref => 'amy') if ++$page % 4 == 0;
    });

    is_deeply([ map { $_->[0] } @$shown ], [ map { $_->[0] } @$expected ]);
};


subtest 'a cursor stays good' => sub {
    my $first = get('/v1/trades?limit=3');
    my ($uri) = $first->{header}{link} =~ /^<(.*)>/;
    my $second = get($uri);

    another() for 1 .. 5;
    is_deeply([ seqs(get($uri)->{body}) ], [ seqs($second->{body}) ]);

    $nginx->restart('QUIT', %parts);
    is_deeply([ seqs(get($uri)->{body}) ], [ seqs($second->{body}) ],
              'in another nginx too');
};


subtest 'what is no cursor of this list is refused' => sub {
    my ($everybodys) = get('/v1/trades?limit=1')->{body}
                       =~ /"nextCursor":"(\w+)"/;
    my ($amys) = get(of_amy() . '?limit=1')->{body} =~ /"nextCursor":"(\w+)"/;
    my $bobs_trade = (grep { $_->[1] } @{ $history->listed('bob') })[0][1];
    my $bobs = 's' . sprintf '%016x', $bobs_trade;

    for my $case ([ '/v1/trades', $amys ], [ of_amy(), $everybodys ],
                  [ of_amy(), $bobs ], [ '/v1/trades', $bobs ],
                  [ '/v1/trades', 'u' . sprintf '%016x', 1 ],
                  [ '/v1/trades', 'u' . 'f' x 16 ],
                  [ '/v1/trades', 'u' . '0' x 16 ],
                  [ '/v1/trades', 't' . '0' x 40 ],
                  [ '/v1/trades', 't' . 'f' x 40 ],
                  [ '/v1/trades', substr $everybodys, 0, 20 ],
                  [ '/v1/trades', 'x' ], [ of_amy(), 'r' ])
    {
        my ($uri, $cursor) = @$case;
        is(code(get("$uri?cursor=$cursor")), '400 invalid_cursor',
           "$uri $cursor");
    }

    is(code(get('/v1/referrers/' . wallet('nobody') . '/trades')),
       '404 referrer_not_found');
    is(code(get('/v1/referrers/nonsense/trades')), '404 referrer_not_found');
    is(code(get('/v1/trades?limit=101')), '400 invalid_argument');
};


subtest 'the whole list as CSV' => sub {
    my ($shown) = walk('/v1/trades?limit=100');
    my $answer = csv('/v1/trades');
    my @rows = rows($answer->{body});

    is($answer->{header}{'content-type'}, 'text/csv; charset=utf-8');
    like($answer->{header}{'jupref-ledger'}, qr/^\d+:[0-9a-f]{64}$/);
    is($answer->{cut}, 0, 'to its end');
    like($answer->{body}, qr/^signature,state,time,taker,code,[\w,]+\r\n/);
    is_deeply([ map { [ $_->{seq}, $_->{archivedSeq} || 0 ] } @rows ], $shown,
              'the same trades in the same order');
    is_deeply([ grep { keys %$_ != 29 } @rows ], [], 'all with all columns');

    my ($one) = @{ api('/v1/trades?limit=1')->{data} };
    is($rows[0]{$_}, $one->{$_} // '', $_)
        for grep { !ref $one->{$_} } keys %$one;
};


subtest 'so many rows of it' => sub {
    my ($shown) = walk('/v1/trades?limit=100');

    for my $limit (1, 100, 250) {
        is_deeply([ map { $_->{seq} }
                        rows(csv("/v1/trades?limit=$limit")->{body}) ],
                  [ map { $_->[0] } @$shown[0 .. $limit - 1] ], "$limit rows");
    }

    is(code(csv('/v1/trades?limit=0')), '400 invalid_argument');
    is(code(csv('/v1/trades?cursor=x')), '400 invalid_cursor');
    is(code(csv('/v1/referrers/' . wallet('nobody') . '/trades')),
       '404 referrer_not_found');
};


subtest 'CSV of a referrer, from a cursor on' => sub {
    my ($shown) = walk(of_amy() . '?limit=100');
    my ($cursor) = get(of_amy() . '?limit=10')->{body}
                   =~ /"nextCursor":"(\w+)"/;

    is_deeply([ map { $_->{seq} }
                    rows(csv(of_amy() . "?cursor=$cursor")->{body}) ],
              [ map { $_->[0] } @$shown[10 .. $#$shown] ]);
};


subtest 'it comes compressed, and to HEAD without a body' => sub {
    my $plain = csv('/v1/trades?limit=500')->{body};
    my $zipped = csv('/zipped/trades?limit=500', 'Accept-Encoding: gzip');

    is($zipped->{header}{'content-encoding'}, 'gzip');
    gunzip(\$zipped->{body}, \my $text);
    ok($text eq $plain, 'the same');

    my $head = ask("HEAD /v1/trades HTTP/1.1\r\nHost: edge\r\n"
                   . "Accept: text/csv\r\nConnection: close\r\n\r\n");
    is("$head->{status} $head->{body}", '200 ');
};


subtest 'a reader as slow as it likes gets it all, one that leaves stops it' => sub {
    my $whole = csv('/v1/trades')->{body};

    for my $leaves (0, 1) {
        my $socket = IO::Socket::INET->new(Proto => 'tcp');

        setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4096;
        connect $socket, Socket::sockaddr_in(TradingEdge::port(),
                                             Socket::inet_aton('127.0.0.1'))
            or die "connect: $!";
        syswrite $socket, "GET /v1/trades HTTP/1.0\r\nAccept: text/csv\r\n\r\n";

        my ($text, $reads) = ('', 0);

        while (sysread $socket, $text, 65536, length $text) {
            last if $leaves && length $text > 100000;
            sleep 0.01 if $reads++ < 100;
        }

        close $socket;

        if (!$leaves) {
            $text =~ s/^.*?\r\n\r\n//s;
            is(length $text, length $whole, 'every byte');
        }
    }

    is(get('/live')->{status}, 200, 'and nginx goes on');
};


subtest 'readers that leave while the log is read for them stop nobody' => sub {
    my $uri = of_amy() . '?limit=100&cursor=s'
              . sprintf '%016x', (grep { $_->[1] }
                                       @{ $history->listed('amy') })[0][1];
    my $page = get($uri)->{body};
    my @sockets;

    for (1 .. 60) {
        my $socket = TradingEdge::connected();

        syswrite $socket, "GET $uri HTTP/1.1\r\nHost: edge\r\n\r\n";
        push @sockets, $socket;
        shift(@sockets)->close if $_ % 2;
    }

    for my $socket (@sockets) {
        my $text = '';

        sysread $socket, $text, 65536, length $text or last
            while $text !~ /"hasMore":\w+\}$/;
        $text =~ s/^.*?\r\n\r\n//s;
        fail('another answer') if $text ne $page;
    }

    ok(get($uri)->{body} eq $page, 'all who stayed were answered');
};


subtest 'a cell is no formula, and quoted where it must be' => sub {
    another(ref => '-dash');
    StubJupiter::start({ order => sub {
        my ($request) = @_;
        http(200, order_answer(requestId => $request->{args}{id},
                               router => '=a,"b')) } });
    another();
    StubJupiter::start();

    my $text = csv('/v1/trades?limit=2')->{body};
    my @rows = rows($text);

    is($rows[1]{code}, '\'-dash');
    like($text, qr/,"'=a,""b",/);
    is(api('/v1/trades?limit=2')->{data}[1]{code}, '-dash', 'JSON as it is');
    is(api('/v1/trades?limit=1')->{data}[0]{router}, '=a,"b');
};


subtest 'who wants CSV gets it, others JSON' => sub {
    for my $case ([ 'text/csv', 1 ], [ 'TEXT/CSV; charset=utf-8', 1 ],
                  [ 'text/html, text/csv;q=0.5', 1 ], [ '*/*', 0 ],
                  [ 'application/json', 0 ], [ 'text/csv;q=0', 0 ],
                  [ 'text/csv;q=0.5, application/json', 0 ],
                  [ 'text/csv, application/json;q=0.9', 1 ],
                  [ 'text/csvx', 0 ], [ 'text/*', 0 ])
    {
        my ($accept, $wants) = @$case;
        my $type = get('/v1/trades?limit=1', "Accept: $accept")
                   ->{header}{'content-type'};

        is($type, $wants ? 'text/csv; charset=utf-8' : 'application/json',
           $accept);
    }
};


subtest 'wallets of a referrer, newest bound first' => sub {
    my $uri = '/v1/referrers/' . wallet('bob') . '/wallets';
    my $key = "Authorization: Bearer $TradingEdge::ADMIN";

    is(code(get($uri)), '401 unauthorized', 'not for everybody');
    is(code(csv($uri)), '401 unauthorized');
    like(get($uri, $key)->{body}, qr/"data":\[\],/, 'none yet');

    for my $name (map { "w-$_" } 1 .. 7) {
        swap($name, ref => 'bob', taker => wallet($name));
    }

    my @expected = map { substr(wallet("w-$_"), 0, 4) . "\xe2\x80\xa6"
                         . substr wallet("w-$_"), -4 } reverse 1 .. 7;
    my ($next, @shown) = "$uri?limit=3";

    while ($next) {
        my $answer = get($next, $key);
        my $page = JSON::PP->new->decode($answer->{body});

        push @shown, @{ $page->{data} };
        ($next) = ($answer->{header}{link} // '') =~ /^<(.*)>; rel="next"$/;
    }

    is_deeply([ map { $_->{wallet} } @shown ], \@expected);
    is_deeply([ grep { $_->{code} ne 'bob' } @shown ], []);
    like($shown[0]{boundAt}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

    my $text = csv($uri, $key)->{body};
    is_deeply([ map { $_->{wallet} } rows($text) ], \@expected, 'as CSV');
    like($text, qr/^wallet,code,boundAt\r\n/);
    is(scalar(rows(csv("$uri?limit=2", $key)->{body})), 2);
    is(code(get("$uri?cursor=w0", $key)), '400 invalid_cursor');
    is(code(get("$uri?cursor=t" . '0' x 24, $key)), '400 invalid_cursor');
    is(code(get('/v1/referrers/' . wallet('nobody') . '/wallets', $key)),
       '404 referrer_not_found');
};


subtest 'where older segments are gone the list says that it ends' => sub {
    my ($all) = walk('/v1/trades?limit=100');

    # by the time nginx has read nothing of them

    my @archived = grep { $_->[1] } @{ $history->listed };
    my $gone = $archived[100][1];

    $nginx->restart('QUIT', %parts);
    $history->hide_segments($gone);

    my ($shown, $last) = walk('/v1/trades?limit=100');
    my $page = JSON::PP->new->decode($last);

    is($page->{endsAt}, 'archived_journal');
    is($page->{nextCursor}, undef);
    ok(!$page->{hasMore});
    cmp_ok(scalar @$shown, '<', scalar @$all, 'some are missing');
    is_deeply($shown, [ @$all[0 .. $#$shown] ], 'the others are there');
    is(csv('/v1/trades')->{cut}, 0, 'CSV ends there');

    $history->show_segments;
};

$nginx->stop;

done_testing();
