# What a client may spend: costs, buckets, and what is told of them.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: within the limit calls pass, and headers tell what is left
--- in_rpc
jupref_rpc_limit rate=1/m burst=5;
--- rpc: allow=getSlot
--- story
my $answer = rpc(call('getSlot'));

is($answer->{status}, 200);
is($answer->{header}{'ratelimit-policy'}, '"rpc";q=5;w=300');
like($answer->{header}{ratelimit}, qr/^"rpc";r=4;t=(?:59|60)$/);
ok(!exists $answer->{header}{'retry-after'});



=== TEST 2: beyond it a call is 429, in the protocol's form, and isn't asked
--- in_rpc
jupref_rpc_limit rate=1/m burst=2;
--- rpc: allow=getSlot
--- story
is(rpc(call('getSlot'))->{status}, 200);
is(rpc(call('getSlot', 1))->{status}, 200);

my $answer = rpc(call('getSlot', 2));

is($answer->{status}, 429);
is($answer->{header}{'content-type'}, 'application/json');
is(json($answer->{body})->{error}{code}, 429);
is(json($answer->{body})->{id}, 1);
like($answer->{header}{'retry-after'}, qr/^(?:59|60)$/);
like($answer->{header}{ratelimit}, qr/^"rpc";r=0;t=\d+$/);
is(seen('a'), 2);



=== TEST 3: in a batch only the members beyond it are refused
--- in_rpc
jupref_rpc_limit rate=1/m burst=3;
jupref_rpc_cost heavy 1;
--- rpc: allow=getBlock
--- story
my $answer = rpc(batch(map { call('getBlock', $_) } 1 .. 5));
my $members = json($answer->{body});

is($answer->{status}, 200);
is(join(' ', map { $_->{error} ? $_->{error}{code} : 'ok' } @$members),
   'ok ok ok 429 429');
ok($answer->{header}{'retry-after'});
is(rpc(batch(call('getBlock', 6), call('getBlock', 7)))->{status}, 429);



=== TEST 4: a method costs what is said of it, else of its class
--- in_rpc
jupref_rpc_limit rate=1/m burst=100;
jupref_rpc_cost money 10;
jupref_rpc_cost getBalance 40;
jupref_rpc_cost getSlot 0;
--- story
sub left {
    my ($left) = rpc(@_)->{header}{ratelimit} =~ /r=(\d+)/;
    return $left;
}

is(left(call('getSlot')), 100);
is(left(call('getBalance', 'x')), 60);
is(left(call('getTokenAccountBalance', 'x')), 50);
is(left(batch(call('getBalance', 'y'), call('getSlot'))), 10);



=== TEST 5: what is refused anyway costs nothing
--- rpc: deny=getBalance,heavy,write,compute,epoch
--- in_rpc
jupref_rpc_limit rate=1/m burst=10;
--- story
is(rpc($_)->{header}{ratelimit} =~ /r=(\d+)/ && $1, 10, $_)
    for call('getBalance', 'x'), '{"id":1}', '[1,2]';



=== TEST 6: the bucket fills again
--- in_rpc
jupref_rpc_limit rate=2/s burst=1;
jupref_rpc_cost getHealth 1;
--- story
is(rpc(call('getHealth'))->{status}, 200);
is(rpc(call('getHealth'))->{status}, 429);
sleep 1;
is(rpc(call('getHealth'))->{status}, 200);
--- rpc: allow=getHealth



=== TEST 7: clients with keys have buckets of their own
--- http
jupref_api_key one role=read sha256=7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed;
jupref_api_key two role=read sha256=3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3;
--- in_rpc
jupref_rpc_limit rate=1/m burst=1;
--- rpc: allow=getHealth
--- server
location = /who { return 200 $jupref_client; }
--- story
sub as { return rpc(call('getHealth'), map { "Authorization: Bearer $_" } @_)->{status} }

is(as('one'), 200);
is(as('two'), 200);
is(as(), 200);
is(as('three'), 429);
is(as('one'), 429);
is(as('two'), 429);
is(get('/who')->{body}, '127.0.0.1');
is(get('/who', 'Authorization: Bearer two')->{body}, 'key:two');



=== TEST 8: where there is no limit nothing is told of one
--- story
my $answer = rpc(call('getHealth'));

ok(!exists $answer->{header}{ratelimit});
ok(!exists $answer->{header}{'ratelimit-policy'});



=== TEST 9: off ends what is inherited
--- http
jupref_rpc_limit rate=1/m burst=1000;
--- in_rpc
jupref_rpc_limit off;
--- story
ok(!exists rpc(call('getHealth'))->{header}{ratelimit});



=== TEST 10: a burst that a call can't fit into is refused
--- in_rpc
jupref_rpc_limit rate=10/s burst=5;
jupref_rpc_cost getSlot 6;
--- rpc: allow=getSlot
--- must_die
--- error_log
"burst=5" of "jupref_rpc_limit" in location "/rpc" is less than "getSlot" costs, which is 6



=== TEST 11: a rate that is none is refused
--- in_rpc
jupref_rpc_limit rate=10;
--- must_die
--- error_log
invalid parameter "rate=10" in "jupref_rpc_limit"



=== TEST 12: a burst alone is refused
--- in_rpc
jupref_rpc_limit burst=10;
--- must_die
--- error_log
"jupref_rpc_limit" needs a rate such as "rate=100/s"



=== TEST 13: a limit twice is refused
--- in_rpc
jupref_rpc_limit rate=10/s;
jupref_rpc_limit rate=20/s;
--- must_die
--- error_log
"jupref_rpc_limit" directive is duplicate



=== TEST 14: a cost of nothing that is known is refused
--- in_rpc
jupref_rpc_cost getSlots 5;
--- must_die
--- error_log
"getSlots" in "jupref_rpc_cost" is neither a method such as "getSlot" nor a class



=== TEST 15: a cost that is no number is refused
--- in_rpc
jupref_rpc_cost getSlot -1;
--- must_die
--- error_log
invalid cost "-1" in "jupref_rpc_cost"



=== TEST 16: addresses of one IPv6 network are one client
--- server
set_real_ip_from 127.0.0.1;
real_ip_header   X-Real-IP;
location = /who { return 200 "$jupref_client"; }
--- story
sub who { get('/who', "X-Real-IP: $_[0]")->{body} }

is(who('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
is(who('2001:db8:1:2::1'), '2001:db8:1:2::/64');
is(who('2001:db8:1:3::1'), '2001:db8:1:3::/64');
is(who('192.0.2.7'), '192.0.2.7');
