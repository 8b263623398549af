# jupref_freshest and jupref_rpc_zone: what is taken, and what is refused by
# name; a process that serves alone probes too.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';
use Edge;
use StubNode;

my $node = StubNode->start('a');

$ENV{TEST_NGINX_NODE} = $node->address;

Edge::configure('
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_api_key reader role=read sha256=$READER_SHA256;
', '
    location = /rpc { proxy_pass http://solana/; }
    location /v1/ { jupref_api; }
');

no_shuffle();
run_tests();


__DATA__

=== TEST 1: a pool needs no more than a node
--- http_config
    upstream solana { jupref_freshest; server $TEST_NGINX_NODE; }
--- config
    location = /rpc { proxy_pass http://solana/; }
--- exchange
> POST /rpc
>> {"jsonrpc":"2.0","id":7,"method":"getBalance","params":[]}
< 200
< X-Node: a
<< {"jsonrpc":"2.0","id":7,"result":{"context":"<any>","value":1}}



=== TEST 2: a process without a master probes as well
--- more_http
    upstream solana {
        server $TEST_NGINX_NODE weight=2;
        jupref_freshest max_lag=3s;
    }
--- exchange
> GET /v1/admin/pools
> as reader
< 200
<+ 3

> GET /v1/admin/pools
> as reader
< 200
<< {"data":[{"upstream":"solana","healthyNodes":1,"slotTimeUs":"<any>","referenceSlot":"<any>","blockHeight":"<any>","genesisHash":"5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d","maxLagMs":3000,"recoverLagMs":1500,"by":"latency","nodes":[{"state":"healthy","reasons":[],"weight":2,"backup":false,"lagMs":0,"inFlight":0,"...":1}]}]}



=== TEST 3: only a key may see the nodes
--- more_http
    upstream solana { jupref_freshest; server $TEST_NGINX_NODE; }
--- exchange
> GET /v1/admin/pools
< 401
< Content-Type: application/problem+json



=== TEST 4: an edge without nodes has no pools
--- config
    location /v1/ { jupref_api; }
--- exchange
> GET /v1/admin/pools
> as reader
< 200
<< {"data":[]}



=== TEST 5: every parameter, with a zone and keepalive
--- more_http
    jupref_rpc_zone 2m;
    upstream solana {
        jupref_freshest max_lag=4s recover_lag=4s by=round_robin
                        genesis=5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d;
        zone solana 64k;
        server $TEST_NGINX_NODE weight=2 max_conns=10 max_fails=2
                                fail_timeout=3s;
        server 127.0.0.1:1 backup;
        server 127.0.0.1:2 down;
        keepalive 4;
    }
--- exchange
> POST /rpc
>> {"jsonrpc":"2.0","id":7,"method":"getBalance","params":[]}
< 200



=== TEST 6: an unknown parameter
--- http_config
    upstream solana { jupref_freshest lag=3s; server 127.0.0.1:1; }
--- must_die
--- refused
invalid parameter "lag=3s" in "jupref_freshest", it takes "max_lag=<time>", "recover_lag=<time>", "by=<latency or round_robin>" and "genesis=<hash>", once each



=== TEST 7: a parameter twice
--- http_config
    upstream solana { jupref_freshest max_lag=3s max_lag=3s; server 127.0.0.1:1; }
--- must_die
--- refused
invalid parameter "max_lag=3s" in "jupref_freshest"



=== TEST 8: the directive twice
--- http_config
    upstream solana { jupref_freshest; jupref_freshest; server 127.0.0.1:1; }
--- must_die
--- refused
"jupref_freshest" directive is duplicate



=== TEST 9: a lag that is no time
--- http_config
    upstream solana { jupref_freshest max_lag=fast; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "fast" of "max_lag" in "jupref_freshest", it must be a time from 500ms to 1h such as "5s"



=== TEST 10: a lag of less than two slots
--- http_config
    upstream solana { jupref_freshest max_lag=499ms; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "499ms" of "max_lag" in "jupref_freshest"



=== TEST 11: a lag of more than an hour
--- http_config
    upstream solana { jupref_freshest max_lag=61m; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "61m" of "max_lag" in "jupref_freshest"



=== TEST 12: an empty lag
--- http_config
    upstream solana { jupref_freshest recover_lag=; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "" of "recover_lag" in "jupref_freshest"



=== TEST 13: to come back further behind than to go
--- http_config
    upstream solana { jupref_freshest max_lag=1s recover_lag=1500ms; server 127.0.0.1:1; }
--- must_die
--- refused
"recover_lag" of 1500ms in "jupref_freshest" is longer than "max_lag" of 1000ms, it must be shorter or the same



=== TEST 14: another way to choose
--- http_config
    upstream solana { jupref_freshest by=random; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "random" of "by" in "jupref_freshest", it must be "latency" or "round_robin"



=== TEST 15: a genesis hash that is none
--- http_config
    upstream solana { jupref_freshest genesis=mainnet; server 127.0.0.1:1; }
--- must_die
--- refused
invalid value "mainnet" of "genesis" in "jupref_freshest", it must be the base58 of the cluster's 32 byte genesis hash



=== TEST 16: a zone that is too small
--- http_config
    jupref_rpc_zone 1000k;
--- must_die
--- refused
invalid size "1000k" in "jupref_rpc_zone", it must be a size of at least 1m such as "16m"



=== TEST 17: a zone whose size is no size
--- http_config
    jupref_rpc_zone big;
--- must_die
--- refused
invalid size "big" in "jupref_rpc_zone"



=== TEST 18: two zones
--- http_config
    jupref_rpc_zone 1m;
    jupref_rpc_zone 2m;
--- must_die
--- refused
"jupref_rpc_zone" directive is duplicate



=== TEST 19: a second way of balancing is warned of
--- http_config
    upstream solana { least_conn; jupref_freshest; server $TEST_NGINX_NODE; }
--- config
    location = /rpc { proxy_pass http://solana/; }
--- exchange
> POST /rpc
>> {"jsonrpc":"2.0","id":7,"method":"getBalance","params":[]}
< 200
--- error_log
load balancing method redefined



=== TEST 20: not in a server
--- config
    jupref_freshest;
--- must_die
--- refused
"jupref_freshest" directive is not allowed here



=== TEST 21: more upstreams than the zone has room for
--- http_config
    jupref_rpc_zone 1m;
    upstream p1 { jupref_freshest; server 127.0.0.1:1; }
    upstream p2 { jupref_freshest; server 127.0.0.1:1; }
    upstream p3 { jupref_freshest; server 127.0.0.1:1; }
    upstream p4 { jupref_freshest; server 127.0.0.1:1; }
    upstream p5 { jupref_freshest; server 127.0.0.1:1; }
    upstream p6 { jupref_freshest; server 127.0.0.1:1; }
    upstream p7 { jupref_freshest; server 127.0.0.1:1; }
    upstream p8 { jupref_freshest; server 127.0.0.1:1; }
    upstream p9 { jupref_freshest; server 127.0.0.1:1; }
    upstream p10 { jupref_freshest; server 127.0.0.1:1; }
    upstream p11 { jupref_freshest; server 127.0.0.1:1; }
    upstream p12 { jupref_freshest; server 127.0.0.1:1; }
    upstream p13 { jupref_freshest; server 127.0.0.1:1; }
    upstream p14 { jupref_freshest; server 127.0.0.1:1; }
    upstream p15 { jupref_freshest; server 127.0.0.1:1; }
    upstream p16 { jupref_freshest; server 127.0.0.1:1; }
    upstream p17 { jupref_freshest; server 127.0.0.1:1; }
    upstream p18 { jupref_freshest; server 127.0.0.1:1; }
    upstream p19 { jupref_freshest; server 127.0.0.1:1; }
    upstream p20 { jupref_freshest; server 127.0.0.1:1; }
--- config
    location = /t { return 204; }
--- must_die
--- refused
no room for upstream "p19" in the zone of "jupref_rpc_zone", which has 1024k: it must be larger
