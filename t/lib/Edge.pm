# An edge to test: wallets, keys and a keyring to configure it with, and
# exchanges, a short way to say what is asked of it and what must come back.
#
# In any section $ALICE, $BOB, $CAROL, $DAVE and $TRADER are wallets, $REFERRAL
# is the operator's account; $ADMIN, $OPERATOR and $READER are API keys, whose
# hashes are $ADMIN_SHA256 and so on; $KEYRING is a keyring file.
#
#     --- exchange
#     > POST /v1/admin/codes
#     > as admin
#     >> {"code":"ALICE","wallet":"$ALICE"}
#     < 201
#     < Content-Type: application/json
#     << {"code":"ALICE","createdAt":"<time>","...":1}
#
# Exchanges in one section follow each other, parted by a blank line.
#
#     > METHOD uri            the request line, then headers
#     > as admin|operator|reader              that key's Authorization header
#     >> text                 the body; JSON unless Content-Type says other
#     < status                then headers of the answer
#     < Name: value           exactly
#     < Name ~ regex          of the whole value
#     < Name -                absent
#     << json                 the whole body as JSON; numbers aren't strings
#     <<~ regex               the body holds it
#     <<-                     there is no body
#     <+ seconds              then that long nothing is asked
#     <! text                 then lines that hold this text leave the
#                             configuration, and nginx reloads it
#
# In that JSON "<time>" is any RFC 3339 time in UTC, "<any>" anything, and a
# member "..." allows others beside the named ones.
#
# --- more_http are lines behind the http_config that blocks share.
#
# An exchange must leave no [error], [alert] or [emerg] in the log, unless the
# block says what it expects there.

package Edge;

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use File::Temp ();
use JSON::PP ();
use Scalar::Util 'refaddr';
use Test::Nginx::Socket ();
use Test::More ();


my %names = (
    ALICE    => '7kJFkoMkpvaNLodMEz59uskWYxw4TPELtpUmfSR3vRRk',
    BOB      => '27GdNcgCrXdXwVy4q6ydUJbMqHaBT8hrT4sau3onUKfQ',
    CAROL    => 'Bi3gBVFDP1KCJJABXdn9CthAHRz5GEfdkQ2JmfovVvYB',
    DAVE     => '97XJK1movbDiVsMCUDK4xk35BgNCqy6HdebQ4YRtyHif',
    TRADER   => '7ygGQvTrUp49p78iTTy7o3pCpEPuV2WZZYTPPQGncfRB',
    REFERRAL => 'FHXa7GY81MmT9XbdUFtT7abMiqu469gdeb5wST1WcNLS',
    ADMIN    => 'the-key-of-an-administrator',
    OPERATOR => 'the-key-of-an-operator',
    READER   => 'the-key-of-a-reader',
);

for my $role (qw(ADMIN OPERATOR READER)) {
    $names{"${role}_SHA256"} = sha256_hex($names{$role});
}

our $cookie_key = sha256_hex('a key that signs cookies');

# a keyring must not be open to others, which Test::Nginx's files are

my $folder = File::Temp->newdir();

$names{KEYRING} = file('keyring', "cookie k1 $cookie_key\n");

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

my %expected;                           # bodies, by block
my $master = $Test::Nginx::Util::MasterProcessEnabled;
my ($http_config, $config) = ('', '');  # of blocks that have none

my @sections = qw(http_config config exchange request more_headers error_log
                  response_body refused);


# Writes a file that only its owner may read; its path.

sub file {
    my ($name, $text, $mode) = @_;
    my $path = "$folder/$name";

    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out or die "$path: $!";
    chmod $mode // 0600, $path or die "$path: $!";

    $names{$name} = $path if $name =~ /^[A-Z]/;

    return $path;
}


# What blocks are configured with that don't say it themselves.

sub configure {
    ($http_config, $config) = @_;
}


sub name {
    return $names{$_[0]} // die "there is no \$$_[0]";
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $http_config)
        if !defined $block->http_config;
    $block->set_value(http_config => $block->http_config . $block->more_http)
        if defined $block->more_http;
    $block->set_value(config => $config) if !defined $block->config;

    for my $section (@sections) {
        my $text = $block->$section;

        $block->set_value($section => name_all($text))
            if defined $text && !ref $text;
    }

    refuse($block) if defined $block->refused;
    $Test::Nginx::Util::MasterProcessEnabled = $master;
    exchange($block) if defined $block->exchange;

    if (!defined $block->error_log && !defined $block->no_error_log) {
        $block->set_value(no_error_log => "[error]\n[alert]\n[emerg]");
    }
});

Test::Nginx::Socket::add_response_body_check(\&check_body);


sub name_all {
    my ($text) = @_;

    $text =~ s/\$(?!TEST_NGINX_)([A-Z][A-Z0-9_]+)\b/name($1)/ge;

    return $text;
}


# --- refused: the emergency names each of these, in this order, in one line

sub refuse {
    my ($block) = @_;
    my $parts = join '[^\n]*', map { quotemeta } split /\n/, $block->refused;

    $block->set_value(error_log => qr/\[emerg\][^\n]*$parts/);
    $block->set_value(suppress_stderr => '');
}


sub exchange {
    my ($block) = @_;
    my (@requests, @headers, @codes, @answers, @bodies);

    for my $text (split /\n\s*\n/, $block->exchange) {
        my ($request, $header, $code, $answer, $body) = read_exchange($text);

        push @requests, $request;
        push @headers, $header;
        push @codes, $code;
        push @answers, $answer;
        push @bodies, $body;
    }

    $block->set_value(request => \@requests);
    $block->set_value(more_headers => \@headers);
    $block->set_value(error_code => \@codes);
    $block->set_value(raw_response_headers_like => \@answers);

    $expected{refaddr $block} = \@bodies;

    Test::Nginx::Util::master_on() if grep { $_ && $_->{reload} } @bodies;
}


sub read_exchange {
    my ($text) = @_;
    my ($request, $code);
    my ($header, $answer, $sent, $want) = ('', '', '', undef);

    for my $line (split /\n/, $text) {

        if ($line =~ /^<\+ (.*)/) {
            $want->{pause} = $1;

        } elsif ($line =~ /^<! (.*)/) {
            $want->{reload} = $1;

        } elsif ($line =~ /^>> ?(.*)/) {
            $sent .= "\n$1";

        } elsif ($line =~ /^> as (\w+)$/) {
            $header .= 'Authorization: Bearer ' . name(uc $1) . "\n";

        } elsif ($line =~ /^> (.*)/) {
            defined $request ? ($header .= "$1\n") : ($request = $1);

        } elsif ($line =~ /^<<-$/) {
            $want->{empty} = 1;

        } elsif ($line =~ /^<<~ (.*)/) {
            push @{ $want->{like} }, qr/$1/s;

        } elsif ($line =~ /^<< ?(.*)/) {
            $want->{json} .= "$1\n";

        } elsif ($line =~ /^< (\d+)$/) {
            $code = $1;

        } elsif ($line =~ /^< ([\w-]+): (.*)/) {
            $answer .= "(?=.*^$1: \Q$2\E\\r\$)";

        } elsif ($line =~ /^< ([\w-]+) ~ (.*)/) {
            $answer .= "(?=.*^$1: (?:$2)\\r\$)";

        } elsif ($line =~ /^< ([\w-]+) -$/) {
            $answer .= "(?!.*^$1:)";

        } else {
            die "not a line of an exchange: $line";
        }
    }

    die "no status in: $text" if !defined $code;

    $header .= "Content-Type: application/json\n"
        if length $sent && $header !~ /^Content-Type:/m;

    return ($request . ($sent =~ s/\n/\n/r), $header, $code,
            "\\A(?m)$answer", $want);
}


sub check_body {
    my ($block, $content, $index) = @_;
    my $want = ($expected{refaddr $block} // [])->[$index] or return;
    my $name = $block->name . " - body of exchange " . ($index + 1);

    $content //= '';

    Test::More::is($content, '', $name) if $want->{empty};

    for my $regex (@{ $want->{like} // [] }) {
        Test::More::ok($content =~ $regex, $name)
            or Test::More::diag("doesn't hold $regex:\n"
                                . substr $content, 0, 1000);
    }

    check_json($name, $content, $want->{json}) if defined $want->{json};
    select undef, undef, undef, $want->{pause} if defined $want->{pause};
    reload($want->{reload}) if defined $want->{reload};
}


sub check_json {
    my ($name, $content, $want) = @_;
    my $template = eval { $json->decode($want) };
    die "$name: bad template: $@" if $@;

    my $got = eval { $json->decode($content) };
    my $difference = $@ ? "not JSON: $@" : differs('', $got, $template);

    Test::More::ok(!defined $difference, $name)
        or Test::More::diag("$difference\n$content");
}


# Once it returns, workers of the new configuration alone answer.

sub reload {
    my ($text) = @_;
    my $file = $Test::Nginx::Util::ConfFile;
    my $master = Test::Nginx::Util::get_pid_from_pidfile('reload');
    my %before = map { $_ => 1 } workers($master);

    open my $in, '<', $file or die "$file: $!";
    my @lines = grep { !/\Q$text\E/ } <$in>;
    close $in;

    open my $out, '>', $file or die "$file: $!";
    print $out @lines;
    close $out or die "$file: $!";

    kill HUP => $master or die "reload: $!";

    for (1 .. 300) {
        my @now = workers($master);

        return if @now && !grep { $before{$_} } @now;
        select undef, undef, undef, 0.1;
    }

    die 'nginx does not reload';
}


sub workers {
    my ($master) = @_;

    return split ' ', `ps -o pid= --ppid $master`;
}


# Where the two part, or undef.

sub differs {
    my ($at, $got, $want) = @_;
    my %rest;

    if (ref $want eq 'HASH') {
        return "$at is no object" if ref $got ne 'HASH';
        %rest = %$got;

        for my $member (sort keys %$want) {
            next if $member eq '...';
            return "$at/$member is missing" if !exists $got->{$member};

            my $difference = differs("$at/$member", $got->{$member},
                                     $want->{$member});
            return $difference if defined $difference;
            delete $rest{$member};
        }

        return if !%rest || $want->{'...'};
        return "$at has also " . join ', ', sort keys %rest;
    }

    if (ref $want eq 'ARRAY') {
        return "$at is no array" if ref $got ne 'ARRAY';
        return "$at has " . @$got . ' elements, not ' . @$want
            if @$got != @$want;

        for my $i (0 .. $#$want) {
            my $difference = differs("$at/$i", $got->[$i], $want->[$i]);
            return $difference if defined $difference;
        }

        return;
    }

    my ($is, $must) = map { $json->encode($_) } $got, $want;

    return if $must eq '"<any>"' || $is eq $must;
    return if $must eq '"<time>"'
        && $is =~ /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"$/;

    return "$at is $is, not $must";
}


1;
