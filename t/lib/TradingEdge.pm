# An edge with people, terms and a Jupiter behind it, for Test::Nginx blocks.
#
# Every block has this configuration and may add to it or replace parts:
#
#     --- http, server, in_order, in_execute     lines more in that place
#     --- terms                                  instead of the tiers and codes
#     --- jupiter        a hash of functions, see StubJupiter
#     --- story          Perl that runs before the requests, see ask() below
#     --- metrics        samples that /metrics must hold afterwards
#     --- platform       "path value" lines of /v1/platform afterwards
#
# amy, bob, … are referrers, known as wallet("amy"); tom is a trader.

package TradingEdge;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex sha256_hex);
use Exporter 'import';
use JSON::PP ();
use SampleTrades;
use StubJupiter;
use Talk;
use Test::More ();
use Test::Nginx::Socket ();
use Time::HiRes ();

our @EXPORT = (@SampleTrades::EXPORT, @StubJupiter::EXPORT, @Talk::EXPORT,
               qw(cookie order execute swap admin api metric seen logged));

our %KEY = (
    k1 => 'a1' x 32,
    k2 => 'b2' x 32,
);

our $ADMIN = 'let me in';

my ($keyring, $socket);


{
    my $folder = $ENV{JUPREF_SUITE};

    $socket = StubJupiter::open_in($folder);
    $keyring = "$folder/keys.$$";

    open my $out, '>', $keyring or die "$keyring: $!";
    chmod 0600, $keyring;
    print $out "cookie k2 $KEY{k2}\ncookie k1 $KEY{k1}\nseal s1 ",
               'c3' x 32, "\n";
    close $out or die "$keyring: $!";

    $ENV{TEST_NGINX_JUPITER} = $socket;
    $ENV{TEST_NGINX_FOLDER} = $folder;
}


# "amy", "amy premium", "amy premium ben": code, tier, the parent's name

sub code_line {
    my ($code, $tier, $parent) = @_;

    return "jupref_code $code referrer=" . wallet($code) . " tier=$tier"
           . ($parent ? ' parent=' . wallet($parent) : '') . ';';
}


sub standard_terms {
    return join "\n", (
        'jupref_tier default fee=100;',
        'jupref_tier referred fee=100 discount=10 share=20%;',
        'jupref_tier premium fee=120 discount=40 share=40%,5%,1%;',
        code_line('amy', 'referred'), code_line('bob', 'premium', 'amy'));
}


# With JOURNAL=1 everything that holds in memory must hold on disk as well: each
# configuration has a state directory of its own.

my $states = 0;

sub zone_line {
    return 'jupref_zone main 8m;' unless $ENV{JOURNAL};

    my $state = "$ENV{JUPREF_SUITE}/state.$$." . $states++;

    return "jupref_zone main 8m state=$state; jupref_commit_timeout 5s;";
}


sub http_config {
    my (%parts) = @_;
    my $zone = $parts{zone} // zone_line();
    my $keys = $parts{keyring} // $keyring;
    my $terms = $parts{terms} // standard_terms();

    return <<"EOT";
$zone
jupref_keyring $keys;
jupref_referral_account $REFERRAL_ACCOUNT;
jupref_api_key root role=admin sha256=@{[ sha256_hex($ADMIN) ]};
$terms

upstream jupiter { server unix:$socket; }
@{[ $parts{http} // '' ]}
EOT
}


sub server_config {
    my (%parts) = @_;

    return <<"EOT";
location = /swap/v2/order {
    jupref_order;
    proxy_pass http://jupiter;
    @{[ $parts{in_order} // '' ]}
}

location = /swap/v2/execute {
    jupref_execute;
    proxy_pass http://jupiter;
    @{[ $parts{in_execute} // '' ]}
}

location /r/ { jupref_link; }
location /v1/ { jupref_api; }
location = /metrics { jupref_metrics; }
location = /live { jupref_health; }
location = /seen { proxy_pass http://jupiter; }
@{[ $parts{server} // '' ]}
EOT
}


Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;
    my $answers = $block->jupiter;

    StubJupiter::start(defined $answers ? in_main($block, "{ $answers }")
                                        : undef);

    my %parts = map { $_ => scalar $block->$_ }
                    qw(terms http server in_order in_execute);

    $block->set_value('http_config', http_config(%parts));
    $block->set_value('config', server_config(%parts));
    $block->set_value('request', 'GET /live')
        if !defined $block->request && !defined $block->raw_request
           && !defined $block->pipelined_requests;
    $block->set_value('no_error_log', "[error]\n[crit]\n[alert]\n[emerg]")
        if !defined $block->no_error_log;

    if (defined $block->story) {
        my $story = in_main($block, 'sub { ' . $block->story . "\n}");
        my $name = $block->name;

        $TradingEdge::story = sub { Test::More::subtest("$0 $name", $story) };
        $block->set_value('init', '$TradingEdge::story->();');
    }
});

our $story;


sub in_main {
    my ($block, $perl) = @_;
    my $value = eval "package main; use strict; use warnings; $perl";

    die $block->name . ": $@" if $@;
    return $value;
}


# Asked while nginx is still there, behind the last answer.

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $number) = @_;
    my $name = $block->name;
    my $requests = $block->request // $block->pipelined_requests;

    return if ref $requests && $number < $#$requests;

    if (defined $block->metrics) {
        my %samples = map { /^(\S+) (\S+)$/ ? ($1 => $2) : () }
                          split /\n/, get('/metrics')->{body};

        for my $line (grep { length } split /\n/, $block->metrics) {
            my ($sample, $value) = $line =~ /^(.*) (\S+)$/;
            Test::More::is($samples{$sample}, $value, "$name - $sample");
        }
    }

    if (defined $block->platform) {
        my $platform = api('/v1/platform');

        for my $line (grep { length } split /\n/, $block->platform) {
            my ($path, $value) = split / /, $line, 2;
            Test::More::is(member($platform, $path), $value, "$name - $path");
        }
    }
});


Test::Nginx::Util::add_cleanup_handler(sub {
    StubJupiter::close_down();
    unlink $keyring;
});


# "totals.trades.executed", "fees.0.received"

sub member {
    my ($value, $path) = @_;

    for my $step (split /\./, $path) {
        $value = ref $value eq 'ARRAY' ? $value->[$step] : $value->{$step};
    }

    return $value;
}


# A cookie as the edge sets it.

sub cookie {
    my ($code, %given) = @_;
    my $id = $given{key} // 'k2';
    my $ms = sprintf '%.0f', 1000 * (Time::HiRes::time() - ($given{age} // 0));
    my $value = sprintf 'v1.%s.%s.%016x', $id, $code, $ms;

    return "$value." . hmac_sha256_hex("jupref cookie\n$value",
                                       pack 'H*', $given{secret} // $KEY{$id});
}


# The path of an order, as order_args() says.

sub order {
    return '/swap/v2/order?' . order_args(@_);
}


# Executes what was ordered; members as in execute_body().

sub execute {
    return post('/swap/v2/execute', execute_body(@_),
                'Content-Type: application/json');
}


# Orders and executes under a requestId of its own, signed with it; further
# arguments are the order's.  Returns both answers.

sub swap {
    my ($id, %args) = @_;

    return (get(order(id => $id, %args)),
            execute(requestId => $id,
                    signedTransaction => signed_transaction('v0', $id)));
}


# A request of the administrator's.

sub admin {
    my ($method, $path, $members) = @_;
    my $body = JSON::PP->new->encode($members);

    return ask("$method $path HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
               . "Authorization: Bearer $ADMIN\r\n"
               . "Content-Type: application/json\r\n"
               . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
}


sub api {
    return JSON::PP->new->decode(get(@_)->{body});
}


sub metric {
    my ($sample) = @_;
    my ($value) = get('/metrics')->{body} =~ /^\Q$sample\E (\S+)$/m;

    return $value;
}


# What the lines of the error log hold of a pattern.

sub logged {
    my ($pattern) = @_;

    open my $log, '<', $Test::Nginx::Util::ErrLogFile or die "error.log: $!";
    return map { /$pattern/ } <$log>;
}


# What Jupiter got to see.

sub seen {
    return StubJupiter::seen();
}


1;
