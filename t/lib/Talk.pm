# Talking to the edge of a Test::Nginx block over a socket, while it runs.
#
# An answer is a hash: status, headers (their lines), header (by lower-case
# name), body, and cut, which is 1 when it ended early.

package Talk;

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use Test::Nginx::Util ();
use Time::HiRes ();

our @EXPORT = qw(get post ask talk connected port patience parse_answers);


sub get {
    my ($uri, @headers) = @_;

    return ask("GET $uri HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
               . join('', map { "$_\r\n" } @headers) . "\r\n");
}


sub post {
    my ($uri, $body, @headers) = @_;

    return ask("POST $uri HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
               . 'Content-Length: ' . length($body) . "\r\n"
               . join('', map { "$_\r\n" } @headers) . "\r\n$body");
}


# Writes the pieces (a reference to a number is a pause) and reads until the
# edge closes; one answer.

sub ask {
    my ($answer) = parse_answers(talk(@_));

    return $answer;
}


sub talk {
    my (@pieces) = @_;
    my $socket = connected();
    my $text = '';

    for my $piece (@pieces) {
        if (ref $piece) {
            Time::HiRes::sleep($$piece);
        } else {
            local $SIG{PIPE} = 'IGNORE';
            print {$socket} $piece;
            $socket->flush;
        }
    }

    my $readable = IO::Select->new($socket);

    while ($readable->can_read(patience())) {
        sysread $socket, $text, 65536, length $text or return $text;
    }

    die 'no end of the answer: ' . substr $text, 0, 300;
}


sub connected {
    my $until = Time::HiRes::time() + patience();

    while (1) {
        my $socket = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => port());

        return $socket if $socket;
        die "cannot connect to the edge: $!" if Time::HiRes::time() > $until;
        Time::HiRes::sleep(0.05);
    }
}


sub port {
    return Test::Nginx::Util::server_port_for_client();
}


sub patience {
    return $ENV{TEST_NGINX_USE_VALGRIND} ? 60 : 10;
}


# Every answer in a row of bytes; chunks are joined, "cut" says that the last
# one was not whole.

sub parse_answers {
    my ($text) = @_;
    my @answers;

    while ($text =~ s/^(HTTP\S+ (\d+)[^\n]*\n(.*?\r\n)??)\r\n//s) {
        my ($status, $lines) = ($2, $3 // '');
        my %answer = (status => $status, headers => $lines, header => {},
                      cut => 0);

        while ($lines =~ /^([^:]+): (.*?)\r$/mg) {
            $answer{header}{lc $1} = $2;
        }

        next if $status == 100;

        ($answer{body}, $answer{cut}) = take_body(\$text, $status,
                                                  $answer{header});
        push @answers, \%answer;
    }

    return @answers;
}


sub take_body {
    my ($text, $status, $header) = @_;

    return ('', 0) if $status =~ /^(?:1..|204|304)$/;

    if (($header->{'transfer-encoding'} // '') eq 'chunked') {
        my $body = '';

        while ($$text =~ s/^([0-9a-f]+)\r\n//) {
            my $size = hex $1;

            return ($body . substr($$text, 0, $size, ''), 1)
                if length $$text < $size + 2;
            $body .= substr $$text, 0, $size, '';
            substr $$text, 0, 2, '';
            return ($body, 0) if $size == 0;
        }

        return ($body, 1);
    }

    my $size = $header->{'content-length'} // length $$text;
    my $body = substr $$text, 0, $size, '';

    return ($body, length $body < $size ? 1 : 0);
}


1;
