# A Solana RPC node that behaves, or misbehaves, as a test wants.
#
#     my $node = StubNode->start('a');            an address on loopback, or
#     my $node = StubNode->start('a', unix => 1);         a unix socket
#     my $node = StubNode->start('b', host => '127.0.0.2', port => 8899);
#     $node->set(offset => -40, latency => 0.2);
#     $node->asked                                calls by method, all of them
#     $node->clients                              those that weren't the agent's
#     $node->stop; $node->go;                     gone, and back at its address
#
# All nodes of a test follow one chain, whose slots pass by the clock.  What a
# node can be set to (undef: as it should be):
#
#     offset        slots ahead (or behind) of the chain
#     frozen        1: stands still from now on
#     pace          its slots pass so many times as fast, from now on
#     latency       seconds before each answer; slow_clients: not to the agent
#     status        of every answer, with the body "body" (text, any)
#     retry_after   that header
#     health        what getHealth answers: "ok", or an error's code
#     height        "slot": tells its slot for the block height
#     genesis       another hash
#     shreds        slots that it has received and not replayed; undef: the
#                   method isn't there
#     cut           1: closes in the middle of each answer
#     error         the code of an error that every call of a client gets
#
# One process serves all connections of a node, so that it has one state; it is
# told of changes at the address itself, by POST /set.

package StubNode;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Socket qw(SOL_SOCKET SO_REUSEADDR);
use Time::HiRes qw(time);

our $SLOT_MS = 100;                     # a quick chain: tests needn't wait
our $BASE = 447_000_000;                # of slots, and
our $SKIPPED = 22_000_000;              # of them without a block
our $GENESIS = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';

our $began = time;

my $json = JSON::PP->new->canonical->allow_nonref;
my @all;


sub start {
    my ($class, $name, %at) = @_;
    my $self = bless { name => $name, parent => $$, port => $at{port},
                       host => $at{host} // '127.0.0.1' }, $class;

    if ($at{unix}) {
        $self->{path} = ($ENV{TEST_NGINX_FOLDER} // $ENV{JUPREF_SUITE})
                        . "/node-$name.$$.sock";
    }

    push @all, $self;
    $self->go;

    return $self;
}


# As nginx's `server` writes it.

sub address {
    my ($self) = @_;

    return $self->{path} ? "unix:$self->{path}" : "$self->{host}:$self->{port}";
}


sub go {
    my ($self) = @_;
    my $listener;

    if ($self->{path}) {
        unlink $self->{path};
        $listener = IO::Socket::UNIX->new(Local => $self->{path}, Listen => 64);
    }
    else {
        $listener = IO::Socket::INET->new(
            LocalAddr => $self->{host}, LocalPort => $self->{port} // 0,
            Listen => 64, ReuseAddr => 1);
    }

    die "node $self->{name} can't listen: $!" if !$listener;
    $self->{port} = $listener->sockport if !$self->{path};

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        $SIG{PIPE} = 'IGNORE';
        $SIG{TERM} = 'DEFAULT';
        $SIG{ALRM} = sub { POSIX::_exit(0) };
        alarm 300;                      # a process that outlives its test
        $self->{set} //= {};
        eval { serve($self, $listener) };
        print STDERR "# node $self->{name}: $@" if $@;
        POSIX::_exit(0);
    }

    close $listener;
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;

    kill KILL => $pid;
    waitpid $pid, 0;
}


sub stop_all {
    $_->stop for @all;
    unlink map { $_->{path} // () } @all;
    @all = ();
}


END {
    local $?;
    for my $node (@all) {
        $node->stop if $node->{parent} == $$;
        unlink $node->{path} if $node->{path} && $node->{parent} == $$;
    }
}


sub set {
    my ($self, %what) = @_;

    $self->{set} = { %{ $self->{set} // {} }, %what };
    $self->control('set', \%what);
}


sub asked { return $_[0]->control('seen', {})->{asked} }
sub clients { return $_[0]->control('seen', {})->{clients} }


# Forgets what it was asked so far.

sub forget { $_[0]->control('forget', {}) }


sub control {
    my ($self, $path, $what) = @_;
    my $socket = $self->{path}
        ? IO::Socket::UNIX->new(Peer => $self->{path})
        : IO::Socket::INET->new(PeerAddr => $self->{host},
                                PeerPort => $self->{port});
    die "node $self->{name} isn't there: $!" if !$socket;

    my $body = $json->encode($what);
    print $socket "POST /$path HTTP/1.1\r\nConnection: close\r\n"
                  . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    local $/;
    my ($answer) = (<$socket> // '') =~ /\r\n\r\n(.*)/s;

    return $json->decode($answer // 'null');
}


# Whether a server would take the Host of that head: nginx takes none with a
# slash in it, a socket's path for one.

sub has_good_host {
    my ($head) = @_;

    return $head =~ /^Host: *[\w.-]+(?::\d+)?\r$/im ? 1 : 0;
}


# The chain's slot now.

sub chain_slot {
    return $BASE + int((time - $began) * 1000 / $SLOT_MS);
}


# --- in the node's process

sub serve {
    my ($self, $listener) = @_;
    my $select = IO::Select->new($listener);
    my (%unread, @later);

    $self->{asked} = {};
    $self->{clients} = {};

    while (1) {
        my $wait = @later ? $later[0]{at} - time : 1;

        for my $socket ($select->can_read($wait > 0 ? $wait : 0)) {
            if ($socket == $listener) {
                my $new = $listener->accept or next;
                $select->add($new);
                $unread{$new} = '';
                next;
            }

            if (!sysread $socket, $unread{$socket}, 65536,
                         length $unread{$socket})
            {
                $select->remove($socket);
                delete $unread{$socket};
                @later = grep { $_->{socket} != $socket } @later;
                close $socket;
                next;
            }

            while (my $request = take(\$unread{$socket})) {
                my ($delay, $answer, $close) = answer($self, $request);

                push @later, { at => time + $delay, socket => $socket,
                               answer => $answer, close => $close };
            }
        }

        @later = sort { $a->{at} <=> $b->{at} } @later;

        while (@later && $later[0]{at} <= time) {
            my $one = shift @later;

            syswrite $one->{socket}, $one->{answer};

            if ($one->{close}) {
                $select->remove($one->{socket});
                delete $unread{ $one->{socket} };
                close $one->{socket};
                @later = grep { $_->{socket} != $one->{socket} } @later;
            }
        }
    }
}


sub take {
    my ($unread) = @_;
    my ($head) = $$unread =~ /^(.*?\r\n)\r\n/s or return;
    my ($length) = $head =~ /^Content-Length: *(\d+)/im;
    my $size = length($head) + 2 + ($length // 0);

    return if length $$unread < $size;

    my $raw = substr $$unread, 0, $size, '';

    return { head => $head, good => has_good_host($head), body => substr($raw, length($head) + 2),
             path => $head =~ m{^\S+ /(\S*)} ? "$1" : '',
             agent => $head =~ /^User-Agent: jupref\r$/m ? 1 : 0,
             close => $head =~ /^Connection: close\r$/im ? 1 : 0 };
}


# Seconds to wait, what to write, whether to close then.

sub answer {
    my ($self, $request) = @_;
    my $set = $self->{set};

    if ($request->{path} eq 'set') {
        my $what = $json->decode($request->{body});
        my $now = slot($self);

        @$set{keys %$what} = values %$what;
        $set->{frozen} = $now if $what->{frozen};
        @$set{qw(from since)} = ($now, time) if $what->{pace};
        return (0, http(200, 'null'), 1);
    }

    if ($request->{path} eq 'seen') {
        return (0, http(200, $json->encode({ asked => $self->{asked},
                                            clients => $self->{clients} })), 1);
    }

    if ($request->{path} eq 'forget') {
        $self->{asked} = {};
        $self->{clients} = {};
        return (0, http(200, 'null'), 1);
    }

    return (0, http(400, 'invalid host'), 1) if !$request->{good};

    my $call = eval { $json->decode($request->{body}) } // {};
    my $method = $call->{method} // 'nothing';
    my $delay = $set->{latency} // 0;

    $self->{asked}{$method}++;
    $self->{clients}{$method}++ if !$request->{agent};
    $delay += $set->{slow_clients} // 0 if !$request->{agent};

    my @headers = ("X-Node: $self->{name}",
                   $set->{retry_after} ? "Retry-After: $set->{retry_after}"
                                       : ());
    push @headers, 'Connection: close' if $request->{close};

    my $text = defined $set->{status}
        ? http($set->{status}, $set->{body} // '<html>no</html>', @headers)
        : http(200, $json->encode(result($self, $call, $request)), @headers);

    return ($delay, substr($text, 0, length($text) - 5), 1) if $set->{cut};
    return ($delay, $text, $request->{close});
}


sub slot {
    my ($self) = @_;
    my $set = $self->{set};

    return $set->{frozen} if $set->{frozen};
    return $set->{from} + int((time - $set->{since}) * 1000 * $set->{pace}
                              / $SLOT_MS) if $set->{pace};
    return chain_slot() + ($set->{offset} // 0);
}


sub result {
    my ($self, $call, $request) = @_;
    my $set = $self->{set};
    my $id = $call->{id};
    my $method = $call->{method} // '';
    my $config = ref $call->{params} eq 'ARRAY'
        ? (grep { ref eq 'HASH' } @{ $call->{params} })[0] : undef;
    my $commitment = ($config // {})->{commitment} // 'finalized';
    my $behind = { processed => 0, confirmed => 2, finalized => 32 }->{$commitment}
                 // 32;
    my $slot = slot($self) - $behind;
    my $give = sub { { jsonrpc => '2.0', id => $id, result => $_[0] } };
    my $fail = sub { { jsonrpc => '2.0', id => $id,
                       error => { code => $_[0] + 0, message => $_[1] } } };

    return $fail->($set->{error}, 'as the test wants')
        if defined $set->{error} && !$request->{agent};

    return $give->($slot) if $method eq 'getSlot';
    return $give->($set->{genesis} // $GENESIS) if $method eq 'getGenesisHash';
    return $give->(($set->{height} // '') eq 'slot' ? $slot : $slot - $SKIPPED)
        if $method eq 'getBlockHeight';

    if ($method eq 'getHealth') {
        my $health = $set->{health} // 'ok';

        return $health =~ /^-/ ? $fail->($health, 'Node is behind')
                               : $give->($health);
    }

    if ($method eq 'getMaxShredInsertSlot') {
        return $fail->(-32601, 'Method not found') if !defined $set->{shreds};
        return $give->($slot + 32 + $set->{shreds});
    }

    return $give->({ context => { slot => $slot, apiVersion => '3.0.0' },
                     value => { blockhash => $GENESIS,
                                lastValidBlockHeight => $slot - $SKIPPED + 150 } })
        if $method eq 'getLatestBlockhash';

    return $give->({ absoluteSlot => $slot, blockHeight => $slot - $SKIPPED,
                     epoch => 1034, slotIndex => 0, slotsInEpoch => 432000,
                     transactionCount => 1 })
        if $method eq 'getEpochInfo';

    return $give->({ context => { slot => $slot, apiVersion => '3.0.0' },
                     value => 1 });
}


sub http {
    my ($status, $body, @headers) = @_;

    return "HTTP/1.1 $status Stub\r\nContent-Type: application/json\r\n"
           . 'Content-Length: ' . length($body) . "\r\n"
           . join('', map { "$_\r\n" } @headers) . "\r\n$body";
}


1;
