# jupref_zone with state=, jupref_snapshot, jupref_retention, jupref_hold,
# jupref_commit_timeout: what is taken, and what is refused by name.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';
use Edge;

no_shuffle();
run_tests();


__DATA__

=== TEST 1: a journal without a keyring is refused
--- http_config
    jupref_zone main 8m state=/var/lib/jupref;
    jupref_tier default fee=100;
--- must_die
--- refused
"jupref_zone" with "state=/var/lib/jupref" keeps a sealed journal and needs "jupref_keyring" with a key of purpose "seal"



=== TEST 2: an unknown parameter
--- http_config
    jupref_zone main 8m size=12;
    jupref_tier default fee=100;
--- must_die
--- refused
invalid parameter "size=12" in "jupref_zone", it takes "state=<directory>" and "edge=<name>" once each



=== TEST 3: state twice
--- http_config
    jupref_zone main 8m state=/var/lib/jupref state=/srv/jupref;
    jupref_tier default fee=100;
--- must_die
--- refused
invalid parameter "state=/srv/jupref" in "jupref_zone"



=== TEST 4: an empty state
--- http_config
    jupref_zone main 8m state=;
    jupref_tier default fee=100;
--- must_die
--- refused
invalid parameter "state=" in "jupref_zone"



=== TEST 5: an edge without a journal
--- http_config
    jupref_zone main 8m edge=paris;
    jupref_tier default fee=100;
--- must_die
--- refused
"edge=paris" in "jupref_zone" names a journal and needs "state=<directory>"



=== TEST 6: a bad edge name
--- http_config
    jupref_zone main 8m state=/var/lib/jupref "edge=no spaces";
    jupref_tier default fee=100;
--- must_die
--- refused
invalid edge name "no spaces" in "jupref_zone", it must be 1 to 32 letters, digits, "_" or "-"



=== TEST 7: a snapshot's interval
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_snapshot interval=soon;
--- must_die
--- refused
invalid parameter "interval=soon" in "jupref_snapshot", it takes "interval=<time>" and "keep=<1 to 1000>", or "off"



=== TEST 8: no snapshot to keep
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_snapshot keep=0;
--- must_die
--- refused
invalid parameter "keep=0" in "jupref_snapshot"



=== TEST 9: snapshots twice
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_snapshot keep=2;
    jupref_snapshot off;
--- must_die
--- refused
"jupref_snapshot" directive is duplicate



=== TEST 10: a retention that is no time
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_retention forever;
--- must_die
--- refused
invalid time "forever" in "jupref_retention", it must be a time such as "3y", or "off"



=== TEST 11: a hold that is no time
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_hold long;
--- must_die
--- refused
"jupref_hold" directive invalid value



=== TEST 12: all of them together are taken
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_snapshot interval=10m keep=5;
    jupref_retention 3y;
    jupref_hold 2d;
    jupref_commit_timeout 50ms;
--- config
    jupref_commit_timeout 60ms;
    location /v1/ { jupref_api; jupref_commit_timeout 70ms; }
--- exchange
> GET /v1/platform
< 200



=== TEST 13: without state= nothing is kept, which metrics and health say
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location = /metrics { jupref_metrics; }
    location = /ready { jupref_health ready; }
    location /v1/ { jupref_api; }
--- exchange
> GET /metrics
< 200
<<~ jupref_ledger_home\{home="memory"\} 1\n
<<~ jupref_ledger_home\{home="journal"\} 0\n
<<~ jupref_journal_stopped 0\n

> GET /ready
< 200
<< {"ledger":"memory","...":1}
