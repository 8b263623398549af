# A Jupiter that says what a test wants it to say, byte for byte.
#
# It listens on a unix socket and gives each connection a process of its own,
# so slow answers hold up nobody.  Without orders it answers as Jupiter does:
# an order for what the arguments ask, an execute that landed.  A test gives
# functions by last path segment instead:
#
#     { execute => sub { my ($request) = @_; return http(500, '{}') } }
#
# A request may also bring its answer along, "X-Answer: 400 {}".
#
# What a function returns is written as it is; a reference to a number is a
# pause of so many seconds, 'stay' keeps the connection for another request.
# GET /seen answers all requests there were: what Jupiter got to see.

package StubJupiter;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use SampleTrades;
use Time::HiRes ();

our @EXPORT = qw(http chunked);

my ($socket, $seen, $listener, $child);


# Returns the path of its socket, which is in the folder.

sub open_in {
    my ($folder) = @_;

    $socket = "$folder/jupiter.$$.sock";
    $seen = "$folder/jupiter.$$.seen";

    unlink $socket;
    $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 64)
        or die "cannot listen on $socket: $!";

    return $socket;
}


sub start {
    my ($answers) = @_;

    stop();
    unlink $seen;
    $child = fork // die "fork: $!";

    if ($child == 0) {
        local $SIG{CHLD} = 'IGNORE';
        eval { serve($answers // {}) };
        print STDERR "# stub: $@" if $@;
        POSIX::_exit(0);
    }
}


sub stop {
    return if !$child;

    kill 'KILL', $child;
    waitpid $child, 0;
    undef $child;
}


sub close_down {
    stop();
    return if !$listener;

    close $listener;
    unlink $socket, $seen;
    undef $listener;
}


sub serve {
    my ($answers) = @_;
    my $number = 0;

    while (1) {
        my $connection = $listener->accept or next;

        $number++;
        next if fork;

        # a process that outlives its test ends with its time

        $SIG{PIPE} = 'IGNORE';
        $SIG{ALRM} = sub { POSIX::_exit(0) };
        alarm 60;
        eval { talk($connection, $answers, $number) };
        print STDERR "# stub: $@" if $@;
        POSIX::_exit(0);
    }
}


sub talk {
    my ($connection, $answers, $number) = @_;
    my $unread = '';

    while (my $request = read_request($connection, \$unread)) {
        my ($last) = $request->{path} =~ m{([^/]*)$};

        if ($last eq 'seen') {
            write_all($connection, http(200, seen(), 'Connection: close'));
            return;
        }

        note_down($request->{raw});
        $request->{number} = $number;

        my $answer = $answers->{$last} // __PACKAGE__->can("answer_$last")
                     // sub { http(404, '{"error":"Not found"}') };
        my @pieces = $answer->($request);
        my $stays = grep { !ref && $_ eq 'stay' } @pieces;

        for my $piece (grep { ref || $_ ne 'stay' } @pieces) {
            if (ref $piece) {
                Time::HiRes::sleep($$piece);
                next;
            }

            # without a word an nginx of today keeps the connection

            $piece =~ s{^(HTTP/1\.1 [^\n]*\n)}{$1Connection: close\r\n} if !$stays;
            write_all($connection, $piece);
        }

        return if !$stays;
    }
}


sub read_request {
    my ($connection, $unread) = @_;

    while ($$unread !~ /\r\n\r\n/) {
        sysread $connection, $$unread, 65536, length $$unread or return;
    }

    my ($head) = $$unread =~ /^(.*?\r\n)\r\n/s;
    my ($method, $uri) = $head =~ /^(\S+) (\S+)/;
    my %header = map { /^([^:]+): *(.*?)\r$/ ? (lc $1 => $2) : () }
                     split /\n/, $head;
    my $size = length($head) + 2 + ($header{'content-length'} // 0);

    while (length $$unread < $size) {
        sysread $connection, $$unread, 65536, length $$unread or return;
    }

    my $raw = substr $$unread, 0, $size, '';
    my ($path, $args) = split /\?/, $uri, 2;

    return { raw => $raw, method => $method, uri => $uri, path => $path,
             header => \%header, body => substr($raw, length($head) + 2),
             args => { map { split /=/, $_, 2 } grep { /=/ }
                           split /&/, $args // '' } };
}


sub answer_order {
    my ($request) = @_;
    my $args = $request->{args};
    my $fee = ($args->{referralFee} // 0) + 0;

    # "id" is a test's own word for the requestId

    return http(200, order_answer(
        inputMint => $args->{inputMint}, outputMint => $args->{outputMint},
        inAmount => $args->{amount}, taker => $args->{taker},
        referralAccount => $args->{referralAccount},
        feeBps => $fee,
        platformFee => { feeBps => $fee, feeMint => $args->{inputMint} },
        $args->{id} ? (requestId => $args->{id}) : ()));
}


sub answer_execute {
    my ($request) = @_;

    if (my $answer = $request->{header}{'x-answer'}) {
        my ($status, $body) = split / /, $answer, 2;

        return http($status, $body // '');
    }

    my $body = JSON::PP->new->decode($request->{body});

    return http(200, execute_answer(
        signature => first_signature($body->{signedTransaction})));
}


# An answer with its length.  Headers as "Name: value".

sub http {
    my ($status, $body, @headers) = @_;
    my $length = grep({ /^Content-Length:/i } @headers)
                 ? '' : 'Content-Length: ' . length($body) . "\r\n";
    my $type = grep({ /^Content-Type:/i } @headers)
               ? '' : "Content-Type: application/json\r\n";

    return "HTTP/1.1 $status Stub\r\n$type$length"
           . join('', map { "$_\r\n" } @headers) . "\r\n$body";
}


# The same in chunks, the last one included; references are pauses.

sub chunked {
    my ($status, @pieces) = @_;

    return ("HTTP/1.1 $status Stub\r\nContent-Type: application/json\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n",
            (map { ref $_ ? $_ : sprintf "%x\r\n%s\r\n", length $_, $_ }
                 @pieces),
            "0\r\n\r\n");
}


sub write_all {
    my ($connection, $bytes) = @_;

    while (length $bytes) {
        my $written = syswrite $connection, $bytes or return;
        substr $bytes, 0, $written, '';
    }
}


sub note_down {
    my ($raw) = @_;

    open my $out, '>>', $seen or die "$seen: $!";
    syswrite $out, $raw =~ s/\r//gr . "\n\n";
    close $out;
}


# All requests there were, without carriage returns.

sub seen {
    open my $in, '<', $seen or return '';
    local $/;
    return <$in>;
}


1;
