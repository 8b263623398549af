# Nodes that take transactions and say nothing: what clients send must not keep
# the agent from its probes.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use SampleTrades;
use Time::HiRes qw(sleep time);

# Each copy that is out has a connection of its own.
worker_connections(2048);


# So many sends at once, each in a connection that stays.

sub flood {
    my ($count) = @_;
    my $body = call('sendTransaction', signed_transaction('v0', 'tom'),
                    { encoding => 'base64', skipPreflight => \1 });

    return map {
        my $client = connected();

        print {$client} "POST /rpc HTTP/1.1\r\nHost: edge\r\n"
                        . "Content-Type: application/json\r\n"
                        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
        $client->flush;
        sleep 0.02;
        $client;
    } 1 .. $count;
}


# How often the agent has asked nodes for something.

sub probes {
    my $sum = 0;

    $sum += $_ for get('/metrics')->{body}
                   =~ /^jupref_node_probes_total\{[^}]*asked="yes"\} (\d+)/mg;

    return $sum;
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: sends that hang leave the agent its probes
--- pool
--- in_rpc
jupref_rpc_send fanout=4;
--- server
location = /metrics { jupref_metrics; }
--- nodes
map { $_ => { chain => {}, sendTransaction => sub { (\20) } } } qw(a b c d)
--- story
pooled();
sleep 1;

my @clients = flood(110);

# they hang for five seconds

sleep 0.2;
my $asked = probes();
sleep 1.5;
cmp_ok(probes(), '>=', $asked + 4);
--- no_error_log
[alert]
[emerg]
