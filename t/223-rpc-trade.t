# Front ends that land their swaps themselves: what they send through the
# gateway is tied to the order it came from.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;
use ScriptedNodes;

no_shuffle();
no_long_string();
run_tests();

__DATA__
