# Snapshots are made beside the running edge, and a start begins with them.

use strict;
use warnings;

use Test::More;
use Time::HiRes 'sleep';
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my %zone = (zone => 'jupref_zone main 8m state=state;',
            http => 'jupref_snapshot interval=1s keep=2;');
my $nginx = OwnNginx->start(%zone);
my $state = "$nginx->{folder}/state";


sub files {
    my ($folder) = @_;

    opendir my $in, "$state/$folder" or die "$state/$folder: $!";
    return sort grep { !/^\./ } readdir $in;
}


sub snapshots {
    return grep { /^\d{20}\.snapshot$/ } files('snapshots');
}


sub await_snapshot {
    my %before = map { $_ => 1 } snapshots();

    $nginx->wait_for('a snapshot', sub { grep { !$before{$_} } snapshots() });
}


subtest 'one is made when something happened' => sub {
    swap("first-$_", ref => 'amy') for 1 .. 5;
    await_snapshot();
    is(metric('jupref_snapshots_total{result="failed"}'), 0);
    is(metric('jupref_state_differs_total'), 0,
       'what the journal makes is what runs');
};


subtest 'none when nothing did' => sub {
    sleep 1.5;

    my @before = snapshots();

    sleep 2.5;
    is_deeply([snapshots()], \@before);
};


subtest 'the newest two are kept, and the journal' => sub {
    for my $turn (1 .. 3) {
        swap("turn-$turn", ref => 'bob');
        await_snapshot();
    }

    sleep 0.5;
    cmp_ok(scalar(snapshots()), '<=', 2);
    like((files('journal'))[0], qr/^0{19}1\.segment$/, 'from the first event on');
};


subtest 'a start begins with the newest' => sub {
    swap('behind', ref => 'amy');

    my $before = api('/v1/trades?limit=100');

    $nginx->restart('KILL', %zone);
    is_deeply(api('/v1/trades?limit=100'), $before);
    like($nginx->log, qr/ledger recovered to event \d+, snapshot [1-9]\d* and \d+ events behind it/);
};


subtest 'a broken one is passed over, and named' => sub {
    my $newest = (snapshots())[-1];
    my $before = api('/v1/trades?limit=100');

    open my $file, '+<', "$state/snapshots/$newest" or die "$newest: $!";
    seek $file, -20, 2;
    print $file "broken";
    close $file;

    $nginx->restart('KILL', %zone);
    is_deeply(api('/v1/trades?limit=100'), $before);
    like($nginx->log, qr/jupref: snapshot, .*\Q$newest\E/);
};


subtest 'without any the whole journal is read' => sub {
    my $before = api('/v1/trades?limit=100');

    unlink map { "$state/snapshots/$_" } snapshots();
    $zone{http} = 'jupref_snapshot off;';
    $nginx->restart('KILL', %zone);
    is_deeply(api('/v1/trades?limit=100'), $before);
    like($nginx->log, qr/snapshot 0 and \d+ events behind it/);
};


subtest 'what whole tiles don\'t hold yet outlives the retention' => sub {
    $zone{http} = 'jupref_snapshot interval=1s keep=1; jupref_retention 1s;';
    $nginx->reload(%zone);

    for my $turn (1 .. 2) {
        sleep 1.2;
        swap("kept-$turn", ref => 'amy');
        await_snapshot();
    }

    is((files('journal'))[0], sprintf '%020d.segment', 1);
};


subtest 'tiles are published as files' => sub {
    $nginx->wait_for('a checkpoint', sub { -s "$state/tiles/checkpoint" });

    open my $in, '<', "$state/tiles/checkpoint" or die "checkpoint: $!";
    like(join('', <$in>), qr/\Amain\n\d+\n[\w+\/=]{44}\n\n\x{e2}\x{80}\x{94} main /);
};

# A folder's place is taken by a file, so nothing can be written there.

sub while_taken {
    my ($folder, $act) = @_;

    rename "$state/$folder", "$state/$folder.aside" or die "$folder: $!";
    open my $out, '>', "$state/$folder" or die "$folder: $!";
    $act->();
    unlink "$state/$folder";
    rename "$state/$folder.aside", "$state/$folder" or die "$folder: $!";
}


subtest 'one that fails is counted, and tried again an interval later' => sub {
    my $failed = 'jupref_snapshots_total{result="failed"}';
    my %before;

    $nginx->expect(qr/jupref: no snapshot could be made at event \d+/);
    $zone{http} = 'jupref_snapshot interval=2s keep=2;';
    $nginx->reload(%zone);
    sleep 2.5;
    %before = map { $_ => 1 } snapshots();

    while_taken(snapshots => sub {
        swap('untaken', ref => 'amy');
        $nginx->wait_for('a failure', sub { metric($failed) });
        sleep 5;
        cmp_ok(metric($failed), '<', 5, 'not at every tick');
        $nginx->wait_for('another', sub { metric($failed) > 1 });
    });

    $nginx->wait_for('a snapshot', sub { grep { !$before{$_} } snapshots() });
    is(metric('jupref_state_differs_total'), 0);
};


subtest 'tiles that can\'t be kept are counted, and kept later' => sub {
    my $published = metric('jupref_tiles_total{result="published"}');

    cmp_ok($published, '>=', 1);
    is(metric('jupref_tiles_total{result="failed"}'), 0);

    while_taken(tiles => sub {
        swap('unpublished', ref => 'amy');
        $nginx->wait_for('a failure', sub {
            metric('jupref_tiles_total{result="failed"}') });
    });

    like($nginx->log, qr/jupref: the log's tiles can't be kept, /);
    $published = metric('jupref_tiles_total{result="published"}');
    $nginx->wait_for('its tiles', sub {
        metric('jupref_tiles_total{result="published"}') > $published });
};

$nginx->stop;

done_testing();
