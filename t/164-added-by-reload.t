# A journal that a reload brings in is recovered as by a start; a reload that
# fails over it leaves nothing behind, neither its lock nor an empty ledger.

use strict;
use warnings;

use Test::More;
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my %zone = (zone => 'jupref_zone main 8m state=state;');
my $nginx = OwnNginx->start(%zone);


sub shown {
    return { amy => api('/v1/referrers/' . wallet('amy')),
             trades => api('/v1/trades?limit=100') };
}


swap("kept-$_", ref => 'amy') for 1 .. 3;

my $before = shown();

$nginx->restart('TERM', nothing => 1);


subtest 'a reload without the key is refused' => sub {
    my $keys = "$nginx->{folder}/other-keys";

    open my $out, '>', $keys or die "$keys: $!";
    chmod 0600, $keys;
    print $out 'cookie k1 ', 'a1' x 32, "\nseal other ", 'd4' x 32, "\n";
    close $out;

    $nginx->expect(qr/jupref: the state in/);
    like($nginx->refuses(%zone, keyring => $keys), qr/key/);
};


subtest 'so is one whose directory is open to others' => sub {
    chmod 0755, "$nginx->{folder}/state";
    like($nginx->refuses(%zone), qr/has mode 0755, it must be 0700/);
    chmod 0700, "$nginx->{folder}/state";
};


subtest 'the next one that can recovers all of it' => sub {
    $nginx->reload(%zone);
    is_deeply(shown(), $before);

    swap('after', ref => 'amy');
    $before = shown();
    $nginx->restart('KILL', %zone);
    is_deeply(shown(), $before, 'and it is the same journal that goes on');
};


subtest 'without its identity it isn\'t signed anew' => sub {
    rename "$nginx->{folder}/state/identity", "$nginx->{folder}/identity";

    my $pid = $nginx->pid;

    kill QUIT => $pid;
    $nginx->wait_for('its end', sub { !kill 0 => $pid });
    $nginx->expect(qr/jupref: the state in .* can't be used/);
    isnt($nginx->run, 0, 'no start');
    like($nginx->log, qr/can't be used, .*identity/);

    rename "$nginx->{folder}/identity", "$nginx->{folder}/state/identity";
    is($nginx->run, 0);
    is_deeply(shown(), $before);
};

$nginx->stop;

done_testing();
