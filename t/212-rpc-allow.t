# What a location allows: by method, by class, and what nobody gets unasked.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;

# Says which of the methods are served.

sub served {
    return join ' ', grep { (answer($_)->{error}{code} // 0) != -32601 } @_;
}


sub some {
    return qw(getSlot getBalance getProgramAccounts requestAirdrop
              getConfirmedBlock getAsset sendBundle);
}

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: without a word all but what nodes gave up and airdrops
--- story
is(served(some()), 'getSlot getBalance getProgramAccounts getAsset sendBundle');

my $answer = answer('getConfirmedBlock');
is($answer->{error}{code}, -32601);
is($answer->{id}, 1);
is(grep({ /Airdrop|Confirmed/ } seen('a')), 0);



=== TEST 2: allow serves what it names and nothing else
--- rpc: allow=getSlot,money
--- story
is(served(some()), 'getSlot getBalance');



=== TEST 3: deny takes away
--- rpc: deny=getSlot,heavy,unknown
--- story
is(served(some()), 'getBalance');



=== TEST 4: a name outranks its class, on either side
--- rpc: allow=head,heavy,getBalance deny=money,getProgramAccounts
--- story
is(served(some(), 'getBlockHeight', 'getTokenAccountBalance', 'getVoteAccounts'),
   'getSlot getBalance getBlockHeight getVoteAccounts');



=== TEST 5: airdrops are for who names them
--- rpc: allow=all,requestAirdrop
--- story
is(served(some()),
   'getSlot getBalance getProgramAccounts requestAirdrop getAsset sendBundle');



=== TEST 6: naming their class isn't naming them
--- rpc: allow=write
--- story
is(served('requestAirdrop', 'getSlot'), '');



=== TEST 7: all can be denied but what is named
--- rpc: deny=all allow=getSlot
--- story
is(served(some()), 'getSlot');



=== TEST 8: in a batch only the member that isn't served is refused
--- rpc: deny=getSlot
--- story
my $answer = json(rpc(batch(call('getSlot'), call('getHealth')))->{body});

is($answer->[0]{error}{code}, -32601);
is($answer->[1]{result}, 'a getHealth');



=== TEST 9: methods are told by case
--- rpc: allow=getSlot
--- story
is(served('getslot', 'GETSLOT', 'getSlot'), 'getSlot');



=== TEST 10: an escaped name is the name that it stands for
--- rpc: deny=getSlot
--- story
is(json(rpc('{"jsonrpc":"2.0","id":1,"method":"get\u0053lot"}')->{body})
       ->{error}{code}, -32601);
is(seen('a'), 0);



=== TEST 11: an unknown name is refused
--- rpc: deny=getSlot,getSlots
--- must_die
--- error_log
invalid value "getSlots" of "deny" in "jupref_rpc"



=== TEST 12: an empty list is refused
--- rpc: allow=
--- must_die
--- error_log
invalid value "" of "allow" in "jupref_rpc"



=== TEST 13: a parameter twice is refused
--- rpc: batch=1 batch=2
--- must_die
--- error_log
duplicate parameter "batch=2" in "jupref_rpc"



=== TEST 14: an unknown parameter is refused, and the right ones are named
--- rpc: size=1
--- must_die
--- error_log
invalid parameter "size=1" in "jupref_rpc", it takes "allow="



=== TEST 15: a batch of too many is refused
--- rpc: batch=1001
--- must_die
--- error_log
invalid value "1001" of "batch" in "jupref_rpc", it must be a number of calls from 0 to 1000



=== TEST 16: a body smaller than a call could be is refused
--- rpc: body=10
--- must_die
--- error_log
invalid value "10" of "body" in "jupref_rpc", it must be a size from 1k to 4m



=== TEST 17: a body larger than nginx lets through is refused
--- rpc: body=2m
--- in_rpc
client_max_body_size 1m;
--- must_die
--- error_log
"body=2097152" of "jupref_rpc" in location "/rpc" is more than "client_max_body_size" lets through



=== TEST 18: a time that is none is refused
--- rpc: hedge=fast
--- must_die
--- error_log
invalid value "fast" of "hedge" in "jupref_rpc", it must be a time



=== TEST 19: cache is on or off
--- rpc: cache=maybe
--- must_die
--- error_log
invalid value "maybe" of "cache" in "jupref_rpc", it must be "on" or "off"



=== TEST 20: twice in a location is refused
--- in_rpc
jupref_rpc;
--- must_die
--- error_log
"jupref_rpc" directive is duplicate



=== TEST 21: what an "if" decides goes on through the gateway
--- in_rpc
if ($http_x_strict) { set $dummy 1; }
--- rpc: deny=getSlot
--- story
my @strict = ('X-Strict: 1');

is(json(rpc(call('getSlot'), @strict)->{body})->{error}{code}, -32601);
is(rpc(call('getHealth'), @strict)->{status}, 200);



=== TEST 22: an "if" with nodes of its own asks those, through the gateway
--- nodes
a => {}, b => {}
--- http
upstream others { server unix:$RPC_b; }
--- in_rpc
if ($http_x_other) { proxy_pass http://others; }
--- rpc: deny=getSlot
--- story
is(rpc(call('getHealth'), 'X-Other: 1')->{body},
   '{"jsonrpc":"2.0","result":"b getHealth","id":1}');
is(json(rpc(call('getSlot'), 'X-Other: 1')->{body})->{error}{code}, -32601);



=== TEST 23: limit_except is for other methods
--- in_rpc
limit_except POST { deny all; }
--- story
is(rpc(call('getHealth'))->{status}, 200);
is(get('/rpc')->{status}, 403);
--- no_error_log
[alert]
