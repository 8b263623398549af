# Clients that leave, connections that carry several calls, HTTP/2.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use Time::HiRes qw(sleep time);

sub head_of {
    my ($body, @more) = @_;

    return join "\r\n", 'POST /rpc HTTP/1.1', 'Host: edge', @more,
                        'Content-Type: application/json',
                        'Content-Length: ' . length $body, '', $body;
}


# Begins a call, waits until a node has it, and leaves.

sub leaves_after {
    my ($body, $seen) = @_;
    my $client = connected();

    print {$client} head_of($body);
    $client->flush;
    RpcEdge::until('call at the node', sub { seen('a') >= $seen });
    close $client;
    sleep 0.1;
}


# curl over HTTP/2 without TLS, to the block's own unix socket.

sub h2 {
    my (@args) = @_;

    open my $curl, '-|', 'curl', '-sS', '--http2-prior-knowledge',
        '--unix-socket', "$ENV{JUPREF_SUITE}/h2.sock",
        '-H', 'Content-Type: application/json', @args
        or die "curl: $!";
    local $/;
    return <$curl> // '';
}


# So many requests with one body, up to 20 of them at a time on each of two
# connections; what h2load says of it.

sub h2load {
    my ($count, $body) = @_;
    my $file = "$ENV{JUPREF_SUITE}/load.$$";

    open my $out, '>', $file or die "$file: $!";
    print $out $body;
    close $out;

    my $command = join ' ', 'h2load', "-n $count -m 20 -d $file",
        '-c', $count > 1 ? 2 : 1, "-B unix:$ENV{JUPREF_SUITE}/h2.sock",
        "-H 'content-type: application/json'", 'http://edge/rpc', '2>&1';

    return scalar `$command`;
}


BEGIN {
    $main::h2_server = "server {\n    listen unix:$ENV{JUPREF_SUITE}/h2.sock http2;\n"
        . "    location = /rpc {\n        jupref_rpc hedge=100ms body=64k;\n"
        . "        proxy_pass http://nodes;\n    }\n}";
    $ENV{TEST_NGINX_H2_SERVER} = $main::h2_server;
}

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a client that leaves ends its call, and nothing else
--- nodes
a => { getBalance => sub { (\1, result($_[0], 1)) } }
--- story
leaves_after(call('getBalance', 'x'), 1);
is(rpc(call('getHealth'))->{status}, 200);
is(scalar logged('client prematurely closed connection'), 1);



=== TEST 2: and gives its place at the node back at once
--- pool
--- nodes
a => { chain => {}, getBlock => sub { (\20, result($_[0], 1)) } }
--- server
location = /metrics { jupref_metrics; }
--- story
RpcEdge::pooled();

my ($sample) = get('/metrics')->{body}
    =~ /^(jupref_node_in_flight\{[^}]+\}) /m;
my @clients = map { my $client = connected();
    print {$client} head_of(call('getBlock', $_)); $client->flush; $client }
    1 .. 5;

RpcEdge::until('calls in flight', sub { metric($sample) == 5 });
close $_ for @clients;

my $began = time;
RpcEdge::until('none', sub { metric($sample) == 0 });
cmp_ok(time - $began, '<', 10);



=== TEST 3: also with a whole batch under way
--- nodes
a => { getBlock => sub { (\1, result($_[0], 1)) } }
--- story
leaves_after(batch(map { call('getBlock', $_) } 1 .. 40), 16);
is(rpc(call('getHealth'))->{status}, 200);
sleep 1.2;
is(asked('a', 'getBlock'), 16);



=== TEST 4: and in the middle of a large answer
--- nodes
a => { getBlock => sub { my $id = $_[0]{id};
    (qq(HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n{"jsonrpc":"2.0","id":$id,"result":")
     . 'x' x 900000, \1, 'x' x 900000) } }
--- story
leaves_after(call('getBlock', 1), 1);
is(rpc(call('getHealth'))->{status}, 200);



=== TEST 5: and while it doesn't read its answer
--- nodes
a => { getBlock => sub { result($_[0], '"' . 'x' x 8000000 . '"') } }
--- story
my $client = connected();
print {$client} head_of(call('getBlock', 1));
$client->flush;
sleep 0.5;
close $client;
sleep 0.2;
is(rpc(call('getHealth'))->{status}, 200);



=== TEST 6: and before its body has come whole
--- story
my $client = connected();
print {$client} "POST /rpc HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"json";
$client->flush;
sleep 0.2;
close $client;
sleep 0.1;
is(rpc(call('getHealth'))->{status}, 200);
is(seen('a'), 1);



=== TEST 7: pipelined calls are answered in their order
--- nodes
a => { getBlock => sub { (\(0.3 / $_[0]{params}[0]), result($_[0], $_[0]{params}[0])) } }
--- story
my @answers = parse_answers(talk(join '', map {
    head_of(call('getBlock', $_), $_ == 5 ? 'Connection: close' : ()) } 1 .. 5));

is(join(' ', map { json($_->{body})->{result} } @answers), '1 2 3 4 5');



=== TEST 8: a slow second node doesn't hold the connection of the first's answer
--- rpc: hedge=100ms
--- nodes
a => { getBlockTime => sub { (\0.4, result($_[0], 1)) } },
b => { getBlockTime => sub { (\4, result($_[0], 2)) } }
--- story
my $began = time;
my @answers = parse_answers(talk(join '', map {
    head_of(call('getBlockTime', $_), $_ == 4 ? 'Connection: close' : ()) } 1 .. 4));

is(join(' ', map { json($_->{body})->{result} } @answers), '1 1 1 1');
cmp_ok(time - $began, '<', 3.5);



=== TEST 9: over HTTP/2
--- http
$TEST_NGINX_H2_SERVER
--- nodes
a => { getBlock => sub { result($_[0], '"' . 'x' x 500000 . '"') } }
--- story
is(h2('http://edge/rpc', '-d', call('getHealth')),
   '{"jsonrpc":"2.0","result":"a getHealth","id":1}');
ok(h2('http://edge/rpc', '-d', call('getBlock', 1))
   eq '{"jsonrpc":"2.0","result":"' . 'x' x 500000 . '","id":1}');
is(json(h2('http://edge/rpc', '-d', batch((call('getHealth')) x 30)))->[29]{result},
   'a getHealth');
like(h2load(1, 'x' x 70000), qr/0 2xx, 0 3xx, 1 4xx/);

# no length is told: the body comes until its stream ends

my $file = "$ENV{JUPREF_SUITE}/body.$$";
open my $out, '>', $file or die $!;
print $out call('getHealth', 'x' x 40000);
close $out;
is(h2('http://edge/rpc', '-X', 'POST', '-T', $file, '-H', 'Content-Length:'),
   '{"jsonrpc":"2.0","result":"a getHealth","id":1}');
is(logged('temporary file'), 0);



=== TEST 10: many streams of one connection, some of which give up
--- http
$TEST_NGINX_H2_SERVER
--- nodes
a => { getBlockTime => sub { (\($_[0]{params}[0] % 3 ? 0.2 : 2), result($_[0], $_[0]{params}[0])) } },
b => { getBlockTime => sub { (\0.3, result($_[0], $_[0]{params}[0])) } }
--- story
my $began = time;

like(h2load(60, batch(map { call('getBlockTime', $_) } 1 .. 6)), qr/60 2xx/);
cmp_ok(time - $began, '<', 8);

# a client that gives up in the middle

h2('--no-show-error', '--max-time', '0.1', 'http://edge/rpc', '-d', batch(map { call('getBlockTime', $_) } 1 .. 20));
is(h2('http://edge/rpc', '-d', call('getHealth'))
       =~ /"result":"[ab] getHealth"/ ? 1 : 0, 1);
