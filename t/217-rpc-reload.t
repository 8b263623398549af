# Reloads and killed workers under load: no call is lost to them, and what was
# kept stays.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;
use ScriptedNodes;
use POSIX ();

# A fact that a node is asked for once an hour, different at each.

sub tells {
    my ($rent) = @_;

    return (chain => {}, getMinimumBalanceForRentExemption =>
                             sub { result($_[0], $rent) });
}

ScriptedNodes::start({
    c => { tells(3) }, d => { tells(4) },
    a => { tells(1), getBlockTime => sub { (\0.05, result($_[0], 1)) } },
    b => { tells(1), getBlockTime => sub { (\0.05, result($_[0], 1)) } },
});

my %parts = (http => <<"EOT", server => <<"EOT");
upstream nodes {
    jupref_freshest;
    server unix:@{[ ScriptedNodes::socket_of('a') ]};
    server unix:@{[ ScriptedNodes::socket_of('b') ]};
    keepalive 8;
}
EOT
location = /rpc {
    jupref_rpc;
    jupref_rpc_limit rate=100000/s;
    jupref_rpc_monotonic on;
    proxy_pass http://nodes;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Cache \$jupref_rpc_cache;
}
EOT

my $nginx = OwnNginx->start(%parts);


sub call {
    my ($method, @params) = @_;

    return post('/rpc', JSON::PP->new->canonical->encode({
                    jsonrpc => '2.0', id => 1, method => $method,
                    params => \@params }),
                'Content-Type: application/json');
}


sub rent {
    return call('getMinimumBalanceForRentExemption', 165);
}


# Calls until told to stop; exits with how many failed.

sub client {
    my ($number) = @_;
    my $child = fork // die "fork: $!";

    return $child if $child;

    my ($stop, $failed, $count) = (0, 0, 0);
    local $SIG{TERM} = sub { $stop = 1 };

    while (!$stop && $count < 5000) {
        my $answer = eval { call('getBlockTime', $number * 100000 + $count++) };

        # the signal to stop breaks off what is being read

        $failed++ if !$stop && (!$answer || $answer->{status} != 200
                                || $answer->{body} !~ /"result":1/);
    }

    print STDERR "# client $number: $failed of $count failed\n" if $failed;
    POSIX::_exit($failed > 255 ? 255 : $failed);
}


subtest 'no call is lost to reloads' => sub {
    my @clients = map { client($_) } 1 .. 4;

    for (1 .. 4) {
        sleep 0.3;
        $nginx->reload(%parts);
    }

    kill TERM => @clients;

    for my $child (@clients) {
        waitpid $child, 0;
        is($? >> 8, 0, 'no failure');
    }
};

subtest 'what was kept is still there after a reload' => sub {
    is(rent()->{header}{'x-cache'}, 'miss');
    $nginx->reload(%parts);
    is(rent()->{header}{'x-cache'}, 'hit');
};

subtest 'what other servers told is not told for the new ones' => sub {
    my $told = sub { JSON::PP::decode_json(rent()->{body})->{result} };
    my $of = sub {
        my $servers = join ' ', map {
            'server unix:' . ScriptedNodes::socket_of($_) . ';' } @_;

        # nothing else changes, not even a line's number

        my $http = $parts{http} =~ s/server .*server [^\n]*/$servers\n/sr;
        return (%parts, http => $http);
    };

    my $former = $told->();
    is(rent()->{header}{'x-cache'}, 'hit');

    $nginx->reload($of->('c'));
    is($told->(), 3, 'of another cluster');
    is(rent()->{header}{'x-cache'}, 'hit');

    $nginx->reload($of->('d'));
    is($told->(), 4, 'of one more');

    $nginx->reload($of->('c', 'd'));
    is(rent()->{header}{'x-cache'}, 'miss',
       'of a pool that has one server more');

    $nginx->reload(%parts);
    is($told->(), $former);
};

subtest 'a worker that is killed takes only its own calls along' => sub {
    my ($one) = $nginx->workers;

    $nginx->expect(qr/worker process \d+ exited on signal 9/);
    kill KILL => $one;
    sleep 0.5;

    is(call('getBlockTime', $_)->{status}, 200) for 1 .. 20;
    is(rent()->{header}{'x-cache'}, 'hit');
};

$nginx->stop;
ScriptedNodes::close_down();
done_testing();
