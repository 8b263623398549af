# What the gateway tells of itself: variables for the log, families of metrics.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: method, class, node and cache of a call
--- in_rpc
add_header X-Told "$jupref_rpc_method $jupref_rpc_class $jupref_rpc_cache";
add_header X-Node $jupref_rpc_node;
--- story
sub told { return rpc(@_)->{header}{'x-told'} }

is(told(call('getGenesisHash')), 'getGenesisHash constant miss');
is(told(call('getGenesisHash')), 'getGenesisHash constant hit');
is(told(call('getBalance', 'x')), 'getBalance money none');
is(told(call('sendBundle')), 'sendBundle unknown none');
is(told(call('a b{}')), 'a?b?? unknown none');
is(told(batch(call('getHealth'))), 'batch batch ');
is(told('{'), '  ');
like(rpc(call('getHealth'))->{header}{'x-node'}, qr{^unix:.*/node-a\.});
ok(!defined rpc(call('getGenesisHash'))->{header}{'x-node'});



=== TEST 2: calls are counted by class and outcome
--- rpc: deny=getVoteAccounts
--- in_rpc
jupref_rpc_limit rate=1/m burst=1000;
jupref_rpc_cost simulateTransaction 900;
--- server
location = /metrics { jupref_metrics; }
--- nodes
a => { getBalance => sub { failure($_[0], -32602, 'no') },
       getBlockTime => sub { http(500, '') } }
--- story
rpc(call('getGenesisHash')) for 1 .. 3;
rpc(call('getBalance', 'x'));
rpc(call('getVoteAccounts'));
rpc(call('simulateTransaction')) for 1, 2;
rpc('{"id":1}');
rpc('{"jsonrpc":"2.0","method":"getSlot"}');
rpc(call('getBlockTime', 1));

my %expected = (
    'class="constant",outcome="answered"' => 1,
    'class="constant",outcome="cached"' => 2,
    'class="money",outcome="error"' => 1,
    'class="heavy",outcome="denied"' => 1,
    'class="compute",outcome="answered"' => 1,
    'class="compute",outcome="limited"' => 1,
    'class="unknown",outcome="invalid"' => 1,
    'class="head",outcome="unasked"' => 1,
    'class="immutable",outcome="failed"' => 1,
    'class="head",outcome="answered"' => 0,
);

is(metric("jupref_rpc_requests_total{$_}"), $expected{$_}, $_)
    for sort keys %expected;

is(metric('jupref_rpc_exchanges_total{result="answered"}'), 4);
is(metric('jupref_rpc_rows{table="answers"}'), 1);
is(metric('jupref_rpc_rows{table="buckets"}'), 1);

# as much as the zone's memory takes for it

cmp_ok(metric('jupref_rpc_cache_bytes'), '>=', length '"a getGenesisHash"');
cmp_ok(metric('jupref_rpc_cache_bytes'), '<=', 4096);
--- no_error_log
[alert]
[crit]



=== TEST 3: sends by what became of them
--- server
location = /metrics { jupref_metrics; }
--- story
rpc(call('sendTransaction', 'x'));
rpc(call('sendTransaction', 'x', { encoding => 'base64' }));
rpc(call('sendTransaction'));

is(metric('jupref_rpc_sends_malformed_total{reason="no_transaction"}'), 1);
is(metric('jupref_rpc_sends_total{outcome="accepted"}'), 0);



=== TEST 4: without a gateway there is nothing to tell
--- http
jupref_zone main 8m;
jupref_tier default fee=100;
--- rpc: allow=all
--- server
location = /metrics { jupref_metrics; }
--- story
like(get('/metrics')->{body}, qr/jupref_ledger_events_total/);
like(get('/metrics')->{body}, qr/jupref_rpc_requests_total/);



=== TEST 5: metrics are promtool's kind of text
--- server
location = /metrics { jupref_metrics; }
--- story
rpc(call('getHealth'));

my $text = get('/metrics')->{body};
my %type = $text =~ /^# TYPE (\S+) (\S+)$/mg;

for my $line (grep { !/^#/ } split /\n/, $text) {
    like($line, qr/^[a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? \d+(?:\.\d+)?$/, $line)
        if $line !~ /^[a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? \d+(?:\.\d+)?$/;
    my ($name) = $line =~ /^([a-z_]+)/;
    $name = $1 if $name =~ /^(.*)_(?:bucket|sum|count)$/ && ($type{$1} // '') eq 'histogram';
    ok($type{$name}, $name) if !$type{$name};
}

ok($type{jupref_rpc_requests_total});
