# What Jupiter gets to see of an order's query string.
#
# A line of an "args" section is what the client sends and, behind "=>", what
# Jupiter sees of it; our own arguments come behind that where the order is
# priced ("ours") and nothing does where it isn't ("plain").  {order} stands for
# the arguments of a good order.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

add_block_preprocessor(sub {
    my ($block) = @_;
    my $table = $block->args // return;
    my $path = $block->path // '/swap/v2/order';
    my $fee = $block->fee // 100;
    my $ours = $block->ours
               ? "&referralAccount=$REFERRAL_ACCOUNT&referralFee=$fee" : '';
    my @lines = map { [ /^(\S*) +=> ?(.*)$/ ] } grep { /=>/ } split /\n/,
                    $table =~ s/\{order\}/order_args()/ger;

    $block->set_value('request', [ map { "GET $path?$_->[0]" } @lines ]);
    $block->set_value('response_body', [ map {
        my $seen = "$_->[1]$ours" =~ s/^&//r;
        ($block->seen_path // $path) . (length $seen ? "?$seen" : '') . "\n"
    } @lines ]);
    $block->set_value('jupiter',
                      'order => sub { http(200, "$_[0]{uri}\n") }');
});


# Lines of arguments that go on as they came.

sub stays {
    return join "\n", map { "$_ => $_" } @_;
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: a good order goes on as it is, with our account and rate behind it
--- ours: 1
--- args
{order} => {order}
{order}&slippageBps=50&swapMode=ExactIn => {order}&slippageBps=50&swapMode=ExactIn
excludeDexes=A+B%20C&{order}&x => excludeDexes=A+B%20C&{order}&x
--- metrics
jupref_orders_total{referred="no"} 3
jupref_orders_total{referred="yes"} 0



=== TEST 2: what only the edge may set is dropped
--- ours: 1
--- args
{order}&referralAccount=me => {order}
{order}&referralFee=255 => {order}
{order}&platformFeeBps=255 => {order}
{order}&feeAccount=me => {order}
{order}&integratorFeeBps=255 => {order}
referralFee=255&{order} => {order}
a=1&referralFee=255&{order} => a=1&{order}
{order}&referralAccount=me&a=1&referralFee=50 => {order}&a=1



=== TEST 3: in any case
--- ours: 1
--- args
{order}&referralfee=1 => {order}
{order}&REFERRALFEE=1 => {order}
{order}&ReferralAccount=1 => {order}
{order}&PLATFORMfeebps=1 => {order}
{order}&feeACCOUNT=1 => {order}
{order}&IntegratorFeeBPS=1 => {order}



=== TEST 4: in any encoding
--- ours: 1
--- args
{order}&%72eferralFee=1 => {order}
{order}&referral%46ee=1 => {order}
{order}&referralFe%65=1 => {order}
{order}&%72%65%66%65%72%72%61%6C%46%65%65=1 => {order}
{order}&%72%65%66%65%72%72%61%6c%41%63%63%6f%75%6e%74=1 => {order}
{order}&f%45e%41ccount=1 => {order}
{order}&+referralFee=1 => {order}
{order}&referralFee+=1 => {order}
{order}&%20referralFee%09=1 => {order}
{order}&referralFee%00=1 => {order}



=== TEST 5: however often
--- ours: 1
--- args
{order}&referralFee=1&referralFee=2&referralFee=3 => {order}
referralFee=1&{order}&referralFee=2 => {order}
{order}&referralFee=1&REFERRALFEE=1&referral%46ee=1&feeAccount=1 => {order}



=== TEST 6: as an array or a member, without a value, behind a semicolon
--- ours: 1
--- args
{order}&referralFee[]=1 => {order}
{order}&referralFee[0]=1 => {order}
{order}&referralFee%5B%5D=1 => {order}
{order}&referralFee[a][b]=1 => {order}
{order}&referralFee => {order}
{order}&referralFee= => {order}
{order}&referralFee=1=2 => {order}
{order}&a=1;referralFee=1 => {order}&a=1
{order}&a=1;referralFee=1;b=2 => {order}&a=1;b=2



=== TEST 7: what only looks like it stays
--- ours: 1
--- args
{order}&referralFees=1 => {order}&referralFees=1
{order}&xreferralFee=1 => {order}&xreferralFee=1
{order}&referral_fee=1 => {order}&referral_fee=1
{order}&fee=1 => {order}&fee=1
{order}&a=referralFee => {order}&a=referralFee
{order}&a=referralFee=1 => {order}&a=referralFee=1
{order}&referralAccountx=1 => {order}&referralAccountx=1
{order}&refer=amy => {order}&refer=amy



=== TEST 8: payer and receiver are the client's own
--- ours: 1
--- args
{order}&payer=abc&receiver=def => {order}&payer=abc&receiver=def
receiver=def&referralFee=1&{order}&payer=abc => receiver=def&{order}&payer=abc



=== TEST 9: all else keeps its order and its bytes
--- ours: 1
--- args
z=1&{order}&a=2&z=3&a=1 => z=1&{order}&a=2&z=3&a=1
{order}&a=%zz&b=%&c=%2 => {order}&a=%zz&b=%&c=%2
{order}&a==&=b&= => {order}&a==&=b&=
{order}&&a=1&&&b=2 => {order}&&a=1&&&b=2
{order}&a=<>"'{}|\^`~!@$*() => {order}&a=<>"'{}|\^`~!@$*()
{order}&a=%E2%82%AC&b=€ => {order}&a=%E2%82%AC&b=€



=== TEST 10: ref is ours and isn't passed on
--- ours: 1
--- fee: 90
--- args
{order}&ref=amy => {order}
ref=amy&{order} => {order}
{order}&ref=amy&a=1 => {order}&a=1
{order}&ref=amy&ref=bob&referralFee=1 => {order}
{order}&ref=AMY => {order}
{order}&r%65f=am%79 => {order}
--- metrics
jupref_orders_total{referred="yes"} 6



=== TEST 11: also where it is no code
--- ours: 1
--- args
{order}&ref=nobody => {order}
{order}&ref= => {order}
{order}&ref => {order}
{order}&ref=a => {order}
{order}&ref=no%20code => {order}
{order}&ref=amyamyamyamyamyamyamyamyamyamyamyamyamyamyamy => {order}



=== TEST 12: a request that Jupiter would refuse goes on untouched
--- args eval
my $mints = "inputMint=$::MINT{SOL}&outputMint=$::MINT{USDC}";
my $good = ::order_args(taker => undef);
::stays(
    'a=1',
    $mints, "$mints&amount=", "$mints&amount=1.5", "$mints&amount=-1",
    "$mints&amount=1e9", "$mints&amount=18446744073709551616",
    "$mints&amount=0x10", "$mints&amount=+1", "$mints&amount=1;2",
    "$good&amount=1", "$good&amount=100000000", "$good&inputMint=$::MINT{SOL}",
    "$good&outputMint=$::MINT{SOL}",
    "inputMint=$::MINT{SOL}&amount=1", "outputMint=$::MINT{SOL}&amount=1",
    "inputMint=$::MINT{SOL}&outputMint=$::MINT{SOL}&amount=1",
    "inputMint=SOL&outputMint=$::MINT{SOL}&amount=1",
    "inputMint=$::MINT{SOL}&outputMint=$::MINT{SOL}1&amount=1",
    "inputMint=$::MINT{SOL}&outputMint=" . '0' x 44 . '&amount=1',
    "inputMint=$::MINT{SOL}&outputMint=&amount=1",
    "$good&taker=", "$good&taker=tom", "$good&taker=" . '1' x 31,
    "$good&taker=" . ::wallet('tom') . '&taker=' . ::wallet('ann'),
    "$good&taker=" . ::wallet('tom') . ';x',
)
--- metrics
jupref_unattributed_total{reason="bad_arguments"} 26
jupref_orders_total{referred="no"} 0
jupref_orders_total{referred="yes"} 0



=== TEST 13: but never with what only the edge may set
--- args eval
my $bad = "inputMint=$::MINT{SOL}&outputMint=$::MINT{USDC}&amount=x";
"$bad&referralFee=255 => $bad
referralAccount=me&$bad&referral%46ee=1&a=%zz => $bad&a=%zz
referralFee=1 =>
integratorFeeBps=1&feeAccount=2 =>
a=1&platformFeeBps=1&&b => a=1&&b"



=== TEST 14: an order without a taker is priced too
--- ours: 1
--- args eval
my $quote = ::order_args(taker => undef);
"$quote => $quote"



=== TEST 15: u64 amounts, encoded values and any order of the arguments are good
--- ours: 1
--- args eval
my ($in, $out) = @::MINT{qw(SOL USDC)};
::stays(
    "amount=18446744073709551615&outputMint=$out&inputMint=$in",
    "amount=0&outputMint=$out&inputMint=$in",
    "amount=%31%30&inputMint=%53" . substr($in, 1) . "&outputMint=$out",
    "a=1&b=2&outputMint=$out&c=3&inputMint=$in&d=4&amount=007",
)



=== TEST 16: thousands of arguments are read to the last one
--- ours: 1
--- args eval
my $many = substr 'a=1&b=%20&' x 700, 0, -1;
my $order = ::order_args();
"$many&$order&$many&referralFee=255 => $many&$order&$many"
--- server
client_header_buffer_size 32k;



=== TEST 17: no question mark, nothing behind it
--- jupiter
order => sub { http(200, "$_[0]{uri}\n") }
--- request eval
["GET /swap/v2/order", "GET /swap/v2/order?", "GET /swap/v2/order?&"]
--- response_body eval
["/swap/v2/order\n", "/swap/v2/order?\n", "/swap/v2/order?&\n"]



=== TEST 18: proxy_pass with a URI part
--- ours: 1
--- path: /ultra
--- seen_path: /ultra/v1/order
--- args
{order}&referralFee=255 => {order}
a=%20&{order}&b => a=%20&{order}&b
--- server
location = /ultra {
    jupref_order;
    proxy_pass http://jupiter/ultra/v1/order;
}



=== TEST 19: proxy_pass with variables, without a URI
--- ours: 1
--- path: /ultra/v1/order
--- args
{order}&referralFee=255 => {order}
--- server
location = /ultra/v1/order {
    set $backend jupiter;
    jupref_order;
    proxy_pass http://$backend;
}



=== TEST 20: proxy_pass with variables, the arguments among them
--- ours: 1
--- path: /ultra
--- seen_path: /x/order
--- args
{order}&referralFee=255 => {order}
--- server
location = /ultra {
    set $backend jupiter;
    jupref_order;
    proxy_pass http://$backend/x/order$is_args$args;
}



=== TEST 21: proxy_pass straight to a unix socket
--- ours: 1
--- path: /sock/order
--- args
{order}&referralFee=255 => {order}
--- server
location = /sock/order {
    jupref_order;
    proxy_pass http://unix:$TEST_NGINX_JUPITER:;
}



=== TEST 22: a prefix location keeps the rest of the path
--- ours: 1
--- path: /api/v2/order
--- seen_path: /swap/v2/order
--- args
{order}&referralFee=255 => {order}
--- server
location /api/ {
    jupref_order;
    proxy_pass http://jupiter/swap/;
}



=== TEST 23: a path with escapes arrives as it was sent
--- ours: 1
--- path: /my%20swap/100%25/%C3%A9/order
--- args
{order}&referralFee=255 => {order}
{order}&a=%20 => {order}&a=%20
--- server
location "/my swap/" {
    jupref_order;
    proxy_pass http://jupiter;
}



=== TEST 24: and one with dots, slashes and needless escapes too
--- ours: 1
--- path: /swap//v%32/./x/../order
--- args
{order}&referralFee=255 => {order}



=== TEST 25: proxy_pass with $request_uri
--- ours: 1
--- path: /any%20path/order
--- args
{order}&referralFee=255&referralAccount=me => {order}
{order}&a=%20 => {order}&a=%20
--- server
location /any {
    set $backend jupiter;
    jupref_order;
    proxy_pass http://$backend$request_uri;
}



=== TEST 26: arguments that the operator adds are kept
--- ours: 1
--- args
{order} => {order}&clientPlatform=ours
--- in_order
set $args $args&clientPlatform=ours;



=== TEST 27: and so are the client's after an internal rewrite
--- ours: 1
--- path: /quote
--- seen_path: /swap/v2/order
--- args
{order}&referralFee=255 => {order}
--- server
location = /quote { rewrite ^ /swap/v2/order last; }



=== TEST 28: what the operator reads in $args is what Jupiter sees
--- story
get(order(referralFee => 255));
like(seen(), qr{^X-Args: \Q@{[order_args()]}\E&referralAccount=$REFERRAL_ACCOUNT&referralFee=100$}m);
--- in_order
proxy_set_header X-Args $args;



=== TEST 29: a POST to order passes with its body, without what it may not set
--- jupiter
order => sub { http(200, "$_[0]{method} $_[0]{uri} $_[0]{body}\n") }
--- request eval
["POST " . ::order(a => '%zz') . "\nhello",
 "POST " . ::order(referralFee => 255) . "\nhello"]
--- response_body eval
["POST " . ::order(a => '%zz') . " hello\n", "POST " . ::order() . " hello\n"]
--- metrics
jupref_orders_total{referred="no"} 0



=== TEST 30: a HEAD to order passes, without what it may not set
--- jupiter
order => sub { http(200, '', "X-Seen: $_[0]{method} $_[0]{uri}") }
--- request eval
["HEAD " . ::order(a => '%zz'), "HEAD " . ::order(referralFee => 255)]
--- response_headers eval
["X-Seen: HEAD " . ::order(a => '%zz'), "X-Seen: HEAD " . ::order()]



=== TEST 31: a location without jupref_order changes nothing
--- path: /other/order
--- args
{order}&referralFee=255&ref=amy&feeAccount=me => {order}&referralFee=255&ref=amy&feeAccount=me
--- server
location = /other/order { proxy_pass http://jupiter; }
--- metrics
jupref_orders_total{referred="no"} 0



=== TEST 32: each location has its own referral account
--- story
get(order());
get('/b/order?' . order_args());
my ($first, $second) = seen() =~ /&referralAccount=(\w+)&referralFee=100 /g;
is($first, $REFERRAL_ACCOUNT);
is($second, wallet('operator b'));
--- server eval
"location = /b/order {
    jupref_order;
    jupref_referral_account " . ::wallet('operator b') . ";
    proxy_pass http://jupiter;
}"
