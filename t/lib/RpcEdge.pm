# An edge with jupref_rpc before stub nodes, for Test::Nginx blocks.
#
# Every block has this configuration and may add to it or replace parts:
#
#     --- rpc            parameters of jupref_rpc
#     --- in_rpc, http, server           lines more in that place
#     --- upstream       lines more in `upstream nodes`, before its servers
#     --- pool           its parameters of jupref_freshest
#     --- nodes          a hash of nodes, see ScriptedNodes; without it one node, a
#     --- story          Perl that runs before the requests
#     --- metrics        samples that /metrics must hold afterwards
#
# The gateway is at /rpc.  In those lines $RPC_a is the socket of node a.

package RpcEdge;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use ScriptedNodes;
use Talk;
use Test::More ();
use Test::Nginx::Socket ();
use Time::HiRes qw(sleep time);

our @EXPORT = (@ScriptedNodes::EXPORT, @Talk::EXPORT,
               qw(rpc call answer batch json logged metric until pooled));

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $story;


sub http_config {
    my (%parts) = @_;
    my $servers = join "\n    ", map { 'server unix:' . ScriptedNodes::socket_of($_)
                                       . ' max_fails=0;' }
                                     ScriptedNodes::names();

    return <<"EOT";
upstream nodes {
    $parts{upstream}
    $servers
}
$parts{http}
EOT
}


sub server_config {
    my (%parts) = @_;

    return <<"EOT";
location = /rpc {
    jupref_rpc $parts{rpc};
    proxy_pass http://nodes;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Cache \$jupref_rpc_cache;
    $parts{in_rpc}
}

location = /live { jupref_health; }
$parts{server}
EOT
}


Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;
    my $nodes = $block->nodes;

    ScriptedNodes::start(defined $nodes ? in_main($block, "+{ $nodes }")
                                    : { a => {} });

    $block->set_value('upstream', 'jupref_freshest '
                                  . ($block->pool =~ s/\n//gr) . ';')
        if defined $block->pool;

    my %parts = map { my $lines = $block->$_ // '';
                      $_ => $lines =~ s/\$RPC_(\w)/ScriptedNodes::socket_of($1)/ger }
                    qw(rpc in_rpc http server upstream);

    $block->set_value('http_config', http_config(%parts));
    $block->set_value('config', server_config(%parts));
    $block->set_value('request', 'GET /live')
        if !defined $block->request && !defined $block->raw_request;
    $block->set_value('no_error_log', "[error]\n[crit]\n[alert]\n[emerg]")
        if !defined $block->no_error_log && !defined $block->error_log;

    if (defined $block->story) {
        my $code = in_main($block, 'sub { ' . $block->story . "\n}");
        my $name = $block->name;

        $story = sub { Test::More::subtest("$0 $name", $code) };
        $block->set_value('init', '$RpcEdge::tell->();');
    }
});

our $tell = sub { $story->() };


sub in_main {
    my ($block, $perl) = @_;
    my $value = eval "package main; use strict; use warnings; $perl";

    die $block->name . ": $@" if $@;
    return $value;
}


Test::Nginx::Util::add_cleanup_handler(sub { ScriptedNodes::close_down() });


# Posts bytes to the gateway.

sub rpc {
    my ($body, @headers) = @_;

    push @headers, 'Content-Type: application/json'
        if !grep { /^Content-Type:/i } @headers;

    return post('/rpc', $body, @headers);
}


# A call's text, with the id 1: call('getSlot'), call('getBalance', 'x', {...})

sub call {
    my ($method, @params) = @_;

    return $json->encode({ jsonrpc => '2.0', id => 1, method => $method,
                           @params ? (params => \@params) : () });
}


# What the gateway answers to such a call, decoded.

sub answer {
    return $json->decode(rpc(call(@_))->{body});
}


sub batch {
    return '[' . join(',', @_) . ']';
}


sub json {
    return $json->decode(@_);
}


sub metric {
    my ($sample) = @_;
    my ($value) = get('/metrics')->{body} =~ /^\Q$sample\E (\S+)$/m;

    return $value;
}


# Waits until the code says so.

sub until {
    my ($what, $code) = @_;
    my $end = time + 15;

    while (!$code->()) {
        die "no $what in time" if time > $end;
        sleep 0.05;
    }
}


# Waits until the agent knows its nodes: then heads are told from memory.  The
# block has --- pool, which makes the upstream a pool.

sub pooled {
    RpcEdge::until('head', sub {
        (rpc(call('getSlot'))->{header}{'x-cache'} // '') eq 'head' });
}


# What the lines of the error log hold of a pattern.

sub logged {
    my ($pattern) = @_;

    open my $log, '<', $Test::Nginx::Util::ErrLogFile or die "error.log: $!";
    return map { /$pattern/ } <$log>;
}


1;
