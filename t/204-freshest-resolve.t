# Nodes behind a name whose addresses change while nginx runs (1.27.3 and
# later): each address is a node that comes and goes.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep);

BEGIN {
    my ($major, $minor, $patch) = `$ENV{TEST_NGINX_BINARY} -v 2>&1`
                                  =~ m{nginx/(\d+)\.(\d+)\.(\d+)};

    plan skip_all => 'this nginx resolves names at start only'
        if $major * 1e6 + $minor * 1e3 + $patch < 1_027_003;
}

use Test::Nginx::Util ();
use TradingEdge;
use NodePool;

my $a = StubNode->start('a');
my $b = StubNode->start('b', host => '127.0.0.2', port => $a->{port});
my $zone = "$ENV{TEST_NGINX_FOLDER}/zone.$$";

names('127.0.0.1');


# A name server: every name has the addresses that are in the file.

sub names {
    my (@addresses) = @_;

    open my $out, '>', "$zone.new" or die "$zone: $!";
    print $out map { "$_\n" } @addresses;
    close $out;
    rename "$zone.new", $zone or die "$zone: $!";
}

my $dns = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
    or die "dns: $!";
my $server = fork // die "fork: $!";

if ($server == 0) {
    $SIG{ALRM} = sub { POSIX::_exit(0) };
    alarm 120;

    while (my $peer = $dns->recv(my $query, 512)) {
        my ($question) = substr($query, 12) =~ /^((?:[^\0]+)\0....)/s or next;
        my $asks_for_a = substr($question, -4, 2) eq "\0\1";

        open my $in, '<', $zone or die "$zone: $!";
        my @addresses = $asks_for_a ? map { chomp; $_ } <$in> : ();
        close $in;

        $dns->send(substr($query, 0, 2) . pack('n5', 0x8180, 1,
                                               scalar @addresses, 0, 0)
                   . $question
                   . join('', map {
                         pack('nnnNn', 0xc00c, 1, 1, 1, 4)
                         . pack('C4', split /\./) } @addresses), 0, $peer);
    }

    POSIX::_exit(0);
}

END {
    local $?;
    if ($server) {
        kill KILL => $server;
        waitpid $server, 0;
        unlink $zone;
    }
}

my $nginx = OwnNginx->start(http => <<"EOT", server => <<"EOT2");
resolver 127.0.0.1:@{[ $dns->sockport ]} valid=1s ipv6=off;
upstream solana {
    zone solana 256k;
    server nodes.test:$a->{port} resolve;
    jupref_freshest max_lag=2s;
}
EOT
location = /rpc { proxy_pass http://solana/; }
EOT2


# Their addresses' last numbers, as the API shows them.

sub nodes {
    return join ' ', sort map { $_->{node} =~ /^127\.0\.0\.(\d):/ }
                         grep { $_->{state} eq 'healthy'
                                && $_->{slots}{processed} }
                         @{ NodePool::pool()->{nodes} };
}


sub becomes {
    my ($expected) = @_;

    $nginx->wait_for("nodes $expected", sub { nodes() eq $expected });
    is(nodes(), $expected);
}


subtest 'a name that has resolved is a node' => sub {
    becomes('1');
    is(call()->{node}, 'a');
};

subtest 'another address is another node, probed and asked' => sub {
    names('127.0.0.1', '127.0.0.2');
    becomes('1 2');

    my %seen;

    $nginx->wait_for('a call at each', sub {
        my $node = call()->{node};
        $seen{$node}++ if $node;
        keys %seen == 2 });
    pass();
};

subtest 'an address that is gone is asked no more' => sub {
    names('127.0.0.2');
    becomes('2');
    is(call()->{node}, 'b') for 1 .. 4;

    $a->forget;
    sleep 1.2;
    is_deeply($a->asked, {});
};

subtest 'it comes back, over and over' => sub {
    for (1 .. 3) {
        names('127.0.0.1');
        becomes('1');
        names('127.0.0.1', '127.0.0.2');
        becomes('1 2');
    }
};

$nginx->stop;
done_testing();
