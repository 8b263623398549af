# Solana nodes that say what a test wants them to say, byte for byte.
#
# Each listens on a unix socket of its own.  Without orders a node answers any
# call with its own name and the method, "a getSlot".  A test gives functions
# by node and method, "*" for all others:
#
#     { a => { getSlot => sub { result($_[0], 7) } }, b => {} }
#
# A node with `chain` is one of a pool's: what the agent asks it answers as a
# StubNode does that is set so, { chain => { offset => -40 }, … }.
#
# A function is given the call (decoded, its `number` at that node and the
# `request` beside) and returns pieces as StubJupiter's do: text, references to
# pauses, 'stay' to keep the connection.  seen('a') are the bodies that a node
# got, in the order of arrival.

package ScriptedNodes;

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use StubJupiter ();
use StubNode ();
use Time::HiRes ();

our @EXPORT = qw(http chunked result failure seen asked heads_seen);

my $json = JSON::PP->new->utf8->canonical->allow_nonref->allow_bignum;
my %is_probe = map { $_ => 1 } qw(getHealth getSlot getBlockHeight
    getGenesisHash getMaxShredInsertSlot getLatestBlockhash getEpochInfo);

my $suite = $$;                         # its process, also in children
my (%listener, @children, @names);

BEGIN { *http = \&StubJupiter::http; *chunked = \&StubJupiter::chunked }


sub names {
    return @names;
}


sub socket_of {
    my ($name) = @_;

    return "$ENV{JUPREF_SUITE}/node-$name.$suite.sock";
}


sub seen_file {
    my ($name) = @_;

    return socket_of($name) . '.seen';
}


sub start {
    my ($nodes) = @_;

    stop();
    @names = sort keys %$nodes;

    for my $name (@names) {
        my $path = socket_of($name);

        unlink $path, seen_file($name);
        close $listener{$name} if $listener{$name};
        $listener{$name} = IO::Socket::UNIX->new(Local => $path, Listen => 64)
            or die "cannot listen on $path: $!";

        my $child = fork // die "fork: $!";

        if ($child == 0) {
            local $SIG{CHLD} = 'IGNORE';
            eval { serve($name, $nodes->{$name}) };
            print STDERR "# stub: $@" if $@;
            POSIX::_exit(0);
        }

        push @children, $child;
        close delete $listener{$name};
    }
}


sub stop {
    for my $child (@children) {
        kill 'KILL', $child;
        waitpid $child, 0;
    }

    @children = ();
}


sub close_down {
    stop();
    unlink map { (socket_of($_), seen_file($_)) } @names;
}


sub serve {
    my ($name, $answers) = @_;
    my $listener = $listener{$name};

    while (1) {
        my $connection = $listener->accept or next;

        next if fork;

        $SIG{PIPE} = 'IGNORE';
        $SIG{ALRM} = sub { POSIX::_exit(0) };
        alarm 60;
        eval { talk($connection, $name, $answers) };
        print STDERR "# stub: $@" if $@;
        POSIX::_exit(0);
    }
}


sub talk {
    my ($connection, $name, $answers) = @_;
    my $unread = '';

    while (my $request = StubJupiter::read_request($connection, \$unread)) {
        if (!StubNode::has_good_host($request->{raw} =~ s/\r\n\r\n.*/\r\n/sr)) {
            StubJupiter::write_all($connection, http(400, 'invalid host',
                                                     'Connection: close'));
            return;
        }

        my $call = eval { $json->decode($request->{body}) } // {};

        $call->{number} = note_down($name, $request)
            unless $answers->{chain} && $is_probe{$call->{method} // ''}
                   && $request->{raw} =~ /^User-Agent: jupref\r$/m;
        $call->{request} = $request;

        my $answer = $answers->{$call->{method} // ''} // $answers->{'*'}
                     // default_answer($name);

        $answer = chain_answer($name, $answers->{chain})
            if $answers->{chain} && $is_probe{$call->{method} // ''}
               && $request->{raw} =~ /^User-Agent: jupref\r$/m;

        my @pieces = $answer->($call);
        my $stays = grep { !ref && $_ eq 'stay' } @pieces;

        for my $piece (grep { ref || $_ ne 'stay' } @pieces) {
            if (ref $piece) {
                Time::HiRes::sleep($$piece);
                next;
            }

            $piece =~ s{^(HTTP/1\.1 [^\n]*\n)}{$1Connection: close\r\n}
                if !$stays;
            StubJupiter::write_all($connection, $piece);
        }

        return if !$stays;
    }
}


sub default_answer {
    my ($name) = @_;

    return sub { (result($_[0], qq("$name $_[0]{method}")), 'stay') };
}


sub chain_answer {
    my ($name, $set) = @_;
    my $node = { name => $name, set => $set };

    return sub {
        my ($call) = @_;

        return (http(200, $json->encode(
                        StubNode::result($node, $call, { agent => 1 }))),
                'stay');
    };
}


# An answer with this JSON text as its result, or as its error.

sub result {
    my ($call, $text) = @_;

    return http(200, qq({"jsonrpc":"2.0","result":$text,"id":$call->{id}}));
}


sub failure {
    my ($call, $code, $message, $data) = @_;
    my $more = defined $data ? qq(,"data":$data) : '';

    return http(200, qq({"jsonrpc":"2.0","error":{"code":$code,)
                     . qq("message":"$message"$more},"id":$call->{id}}));
}


# One line a request: its head and its body, in hex; the line's number.

sub note_down {
    my ($name, $request) = @_;
    my ($head) = $request->{raw} =~ /^(.*?\r\n)\r\n/s;

    open my $file, '+>>', seen_file($name) or die "seen: $!";
    flock $file, 2;
    syswrite $file, unpack('H*', $head) . ' ' . unpack('H*', $request->{body})
                    . "\n";
    seek $file, 0, 0;

    my @lines = <$file>;

    return scalar @lines;
}


sub lines_of {
    my ($name) = @_;

    open my $file, '<', seen_file($name) or return;
    return map { [map { pack 'H*', $_ } split / /] } map { /^(.*)$/ } <$file>;
}


sub seen {
    return map { $_->[1] // '' } lines_of(@_);
}


# How often it was asked for that method.

sub asked {
    my ($name, $method) = @_;

    return scalar grep { ($json->decode($_)->{method} // '') eq $method }
                       seen($name);
}


sub heads_seen {
    return map { $_->[0] } lines_of(@_);
}


1;
