# What is told waits for the disk; a disk that fails is never told of as if it
# hadn't.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;
use FaultyDisk;

plan skip_all => 'a sanitizer must be loaded first'
    if -s $ENV{TEST_NGINX_BINARY} && `nm -D $ENV{TEST_NGINX_BINARY} 2>&1` =~ /__asan/;
plan skip_all => 'valgrind has its own threads' if $ENV{TEST_NGINX_USE_VALGRIND};

my $disk = FaultyDisk->new;
my %zone = (zone => 'jupref_zone main 8m state=state;',
            http => 'jupref_commit_timeout 5s;');
my $nginx = OwnNginx->start(%zone);


sub timed {
    my ($act) = @_;
    my $began = time;
    my @answer = $act->();

    return (time - $began, @answer);
}


sub admin_post {
    my ($path, $body) = @_;

    return post($path, $body, "Authorization: Bearer $TradingEdge::ADMIN",
                'Content-Type: application/json');
}


sub until_synced {
    $nginx->wait_for('the sync', sub {
        metric('jupref_journal_events{at="appended"}')
            == metric('jupref_journal_events{at="synced"}') });
}


# What was booked is there after the power went; what the journal had stopped
# for is kept as unknown, because its intent was written.

sub all_trades {
    my ($cursor, %trades) = ('');

    do {
        my $page = api("/v1/trades?limit=100$cursor");

        $trades{$_->{signature}} = $_ for @{ $page->{data} };
        $cursor = $page->{nextCursor} && "&cursor=$page->{nextCursor}";
    } while ($cursor);

    return %trades;
}


sub all_on_disk {
    my %before = all_trades();

    $nginx->restart('KILL', %zone);

    my %after = all_trades();

    is_deeply({ map { $_ => $after{$_} } keys %before }, \%before,
              'all that was booked is on disk');
    is_deeply([grep { $after{$_}{state} ne 'unknown' }
               grep { !$before{$_} } keys %after], [],
              'and what was open is unknown');
}


subtest 'an execute waits for the sync of its trade' => sub {
    get(order(id => 'slow', ref => 'amy'));
    sleep 1.2;
    $disk->set(sync_ms => 700);

    my ($took, $answer) = timed(sub {
        execute(requestId => 'slow',
                signedTransaction => signed_transaction('v0', 'slow')) });

    is($answer->{header}{'jupref-trade'}, 'executed');
    cmp_ok($took, '>=', 0.7, 'the answer waited');
    is(metric('jupref_commits_total{outcome="in_time"}'), 1);
    is(metric('jupref_commits_total{outcome="late"}'), 0);
    $disk->set;
};


subtest 'reads go on meanwhile' => sub {
    get(order(id => 'meanwhile', ref => 'amy'));
    sleep 1.2;
    $disk->set(sync_ms => 1500);

    my $child = fork // die "fork: $!";

    if ($child == 0) {
        execute(requestId => 'meanwhile',
                signedTransaction => signed_transaction('v0', 'meanwhile'));
        POSIX::_exit(0);
    }

    sleep 0.3;

    my ($took) = timed(sub { get('/v1/platform') for 1 .. 20 });

    cmp_ok($took, '<', 0.7, 'no worker waits for the disk');
    waitpid $child, 0;
    $disk->set;
};


subtest 'a slower disk lets the answer through, late' => sub {
    $zone{http} = 'jupref_commit_timeout 100ms;';
    $nginx->reload(%zone);
    get(order(id => 'late', ref => 'amy'));
    sleep 1.2;
    $disk->set(sync_ms => 1000);

    my ($took, $answer) = timed(sub {
        execute(requestId => 'late',
                signedTransaction => signed_transaction('v0', 'late')) });

    is($answer->{header}{'jupref-trade'}, 'executed');
    cmp_ok($took, '<', 0.9, 'it didn\'t wait for the disk');
    is(metric('jupref_commits_total{outcome="late"}'), 1);
    like($nginx->log, qr/jupref: late, an answer went out before event \d+/);

    $disk->set;
    until_synced();
};


subtest 'a write of the administrator waits, however long' => sub {
    $disk->set(sync_ms => 1200);

    my $body = '{"wallet":"' . wallet('new') . '","tier":"referred"}';
    my ($took, $answer) = timed(sub {
        admin_post('/v1/admin/referrers', $body) });

    is($answer->{status}, 201);
    cmp_ok($took, '>=', 1.2);
    $disk->set;
};


subtest 'who waits shortly isn\'t kept by who waits longer' => sub {
    get(order(id => "short-$_", ref => 'amy')) for 1 .. 3;
    sleep 1.2;
    $disk->set(sync_ms => 2000);

    my @children = map {
        my $child = fork // die "fork: $!";

        if ($child == 0) {
            my $wallet = wallet("long-$_");
            my $answer = eval { admin_post('/v1/admin/referrers',
                           qq({"wallet":"$wallet","tier":"referred"})) };
            POSIX::_exit(($answer->{status} // 0) != 201);
        }
        $child;
    } 1 .. 6;

    sleep 0.3;

    for my $id (map { "short-$_" } 1 .. 3) {
        my ($took, $answer) = timed(sub {
            execute(requestId => $id,
                    signedTransaction => signed_transaction('v0', $id)) });

        is($answer->{header}{'jupref-trade'}, 'executed');
        cmp_ok($took, '<', 0.8);
    }

    for my $child (@children) {
        waitpid $child, 0;
        is($?, 0, 'a write of the administrator was waited for');
    }

    $disk->set;
    until_synced();
};


subtest 'a failed sync: nothing is acknowledged any more' => sub {
    $nginx->expect(qr/jupref: the journal has stopped/);
    $nginx->expect(qr/jupref: the journal (?:stays stopped|could not be written)/);
    $disk->set(sync_errno => 5);

    my ($order, $answer) = swap('fails', ref => 'amy');

    is($answer->{status}, 200, 'the trade goes on');
    like($nginx->log, qr/the journal has stopped, nothing is booked until nginx is reloaded, io: /);
    is(metric('jupref_journal_stopped'), 1);

    my $written = admin_post('/v1/admin/referrers',
        '{"wallet":"' . wallet('late') . '","tier":"referred"}');

    is($written->{status}, 503);
    ok($written->{header}{'retry-after'});
    is(JSON::PP::decode_json($written->{body})->{code}, 'journal_stopped');

    ($order, $answer) = swap('unbooked', ref => 'amy');
    is($answer->{status}, 200);
    cmp_ok(metric('jupref_unattributed_total{reason="journal_stopped"}'), '>=', 1);
};


subtest 'a reload while it still fails changes nothing' => sub {
    $nginx->reload(%zone);
    is(metric('jupref_journal_stopped'), 1);
};


subtest 'a reload after the cause is gone goes on' => sub {
    my $before = api('/v1/platform')->{totals}{trades};

    $disk->set;
    $nginx->reload(%zone);
    is(metric('jupref_journal_stopped'), 0);
    is_deeply(api('/v1/platform')->{totals}{trades}, $before);

    my ($order, $answer) = swap('again', ref => 'amy');
    is($answer->{header}{'jupref-trade'}, 'executed');

    all_on_disk();
};


subtest 'no room for a write' => sub {
    $disk->set(write_errno => 28);

    my ($order, $answer) = swap('no-room', ref => 'amy');

    is($answer->{status}, 200);
    $nginx->wait_for('it to stop', sub { metric('jupref_journal_stopped') });

    $disk->set;
    $nginx->reload(%zone);
    is(metric('jupref_journal_stopped'), 0);
    swap('room', ref => 'amy');

    all_on_disk();
};


subtest 'a disk far behind: what doesn\'t fit is named, nothing is half done' => sub {
    my $behind = 'jupref_unattributed_total{reason="journal_behind"}';
    my $swaps = 0;
    my $patch = sub {
        return admin('PATCH', '/v1/admin/referrers/' . wallet('amy'),
                     { tier => $_[0], status => $_[1] });
    };

    $zone{http} = 'jupref_commit_timeout 1ms;';
    $zone{server} = 'location = /ready { jupref_health ready; }';
    $nginx->reload(%zone);
    sleep 1.2;
    $disk->set(sync_ms => 8000);
    swap('behind-' . ++$swaps, ref => 'amy') while !metric($behind) && $swaps < 5000;

    my $refused = $patch->('premium', 'suspended');
    my $ready = get('/ready');

    is($refused->{status}, 503);
    is($refused->{header}{'retry-after'}, 5);
    is(JSON::PP::decode_json($refused->{body})->{code}, 'journal_behind');
    is($ready->{status}, 200, 'degraded, not down');
    is_deeply(JSON::PP::decode_json($ready->{body})->{reasons},
              ['the journal is behind: more events wait for the disk than may']);
    is(metric('jupref_unattributed_total{reason="journal_stopped"}'), 0);

    my $amy = api('/v1/referrers/' . wallet('amy'));
    is("$amy->{tier} $amy->{status}", 'referred active', 'neither was changed');

    $disk->set;
    $nginx->wait_for('the disk', sub {
        metric('jupref_journal_waiting_bytes') == 0 });
    is(JSON::PP::decode_json(get('/ready')->{body})->{status}, 'ok');
    is($patch->('premium', 'suspended')->{status}, 200);
    is($patch->('referred', 'active')->{status}, 200);
};

$nginx->stop;

done_testing();
