# Whose trade it is, on what terms, and how the trader is told.
#
# A line of an "orders" section is an order: more arguments, more headers, and
# what the answer's Jupref-Code, Jupref-Fee-Bps and Jupref-Discount-Bps say.
# {amy} is a good cookie for the code amy.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

add_block_preprocessor(sub {
    my ($block) = @_;
    my $table = $block->orders // return;
    my (@requests, @headers, @told);

    for my $line (grep { /=>/ } split /\n/, $table) {
        my ($args, $more, $answer) = $line =~ /^(.*?) *\| *(.*?) *=> (.*)$/;
        my ($code, $fee, $discount) = split ' ', $answer;

        $more =~ s/\{([\w-]+)\}/'__Host-jupref=' . cookie($1)/ge;

        push @requests, 'GET ' . order() . (length $args ? "&$args" : '');
        push @headers, $more =~ s/ \+ /\n/gr;
        push @told, 'Jupref-Code: ' . ($code eq '-' ? '' : $code)
                    . "\nJupref-Fee-Bps: $fee\nJupref-Discount-Bps: $discount";
    }

    $block->set_value(request => \@requests);
    $block->set_value(more_headers => \@headers);
    $block->set_value(response_headers => \@told);
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: nobody's order has the default terms and no code
--- orders
 |  => - 100 0
--- metrics
jupref_orders_total{referred="no"} 1
jupref_orders_total{referred="yes"} 0



=== TEST 2: an argument, a header or a cookie names the code
--- orders
ref=amy |  => amy 90 10
 | Jupref-Code: amy => amy 90 10
 | Cookie: {amy} => amy 90 10
ref=bob |  => bob 80 40
--- metrics
jupref_orders_total{referred="no"} 0
jupref_orders_total{referred="yes"} 4



=== TEST 3: the argument goes before the header, the header before the cookie
--- orders
ref=amy | Jupref-Code: bob => amy 90 10
ref=amy | Cookie: {bob} => amy 90 10
 | Jupref-Code: amy + Cookie: {bob} => amy 90 10
ref=bob | Jupref-Code: amy + Cookie: {amy} => bob 80 40



=== TEST 4: codes are compared without case and told as their owner writes them
--- terms eval
"jupref_tier default fee=100;
 jupref_tier referred fee=100 discount=10 share=20%;
 jupref_code Amy_2-X referrer=" . ::wallet('amy') . ' tier=referred;'
--- orders
ref=AMY_2-x |  => Amy_2-X 90 10
 | jupref-code: amy_2-X => Amy_2-X 90 10
 | Cookie: {amy_2-x} => Amy_2-X 90 10
ref=Amy-2_X |  => - 100 0



=== TEST 5: of several arguments the first code counts
--- orders
ref=amy&ref=bob |  => amy 90 10
ref=&ref=bob |  => bob 80 40
ref=no%20code&ref=bob |  => bob 80 40
r%65f=%61my |  => amy 90 10



=== TEST 6: what is no code is passed over
--- orders
ref=no%20code | Jupref-Code: bob => bob 80 40
ref=x | Cookie: {bob} => bob 80 40
 | Jupref-Code: x + Cookie: {bob} => bob 80 40
ref=nobody | Cookie: {bob} => bob 80 40



=== TEST 7: a code that nobody has is no referral, and is counted
--- orders
ref=nobody |  => - 100 0
 | Jupref-Code: nobody => - 100 0
 | Cookie: {nobody} => - 100 0
--- metrics
jupref_unattributed_total{reason="code_not_found"} 3
jupref_orders_total{referred="no"} 3



=== TEST 8: a quote without a taker is attributed as well
--- request eval
"GET " . ::order(taker => undef, ref => 'amy')
--- response_headers
Jupref-Code: amy
Jupref-Fee-Bps: 90



=== TEST 9: a cookie is good for the window
--- orders eval
my $day = 24 * 3600;
my $host = '__Host-jupref=';
CORE::join '', map { " | Cookie: $_->[0] => $_->[1]\n" }
    [$host . ::cookie('amy', age => 0), 'amy 90 10'],
    [$host . ::cookie('amy', age => 30 * $day - 60), 'amy 90 10'],
    [$host . ::cookie('amy', age => 30 * $day + 60), '- 100 0'],
    [$host . ::cookie('amy', age => 3000 * $day), '- 100 0']



=== TEST 10: a shorter window ends earlier, a click from the future is none
--- in_order
jupref_attribution first window=1h;
--- orders eval
my $host = '__Host-jupref=';
CORE::join '', map { " | Cookie: $_->[0] => $_->[1]\n" }
    [$host . ::cookie('amy', age => 3540), 'amy 90 10'],
    [$host . ::cookie('amy', age => 3660), '- 100 0'],
    [$host . ::cookie('amy', age => -3600), '- 100 0']



=== TEST 11: any key of the ring verifies, not the first only
--- orders eval
my $host = '__Host-jupref=';
" | Cookie: $host" . ::cookie('amy', key => 'k1') . " => amy 90 10
 | Cookie: $host" . ::cookie('amy', key => 'k2') . " => amy 90 10"



=== TEST 12: a cookie that another key signed is no cookie
--- orders eval
my $host = '__Host-jupref=';
CORE::join '', map { " | Cookie: $host$_ => - 100 0\n" }
    ::cookie('amy', secret => 'c3' x 32),
    ::cookie('amy', key => 'k3', secret => $TradingEdge::KEY{k2}),
    ::cookie('amy', key => 'k1', secret => $TradingEdge::KEY{k2}),
    ::cookie('amy', key => '', secret => $TradingEdge::KEY{k2})
--- metrics
jupref_orders_total{referred="yes"} 0



=== TEST 13: a cookie that was changed is no cookie
--- orders eval
my $host = '__Host-jupref=';
my $good = ::cookie('amy');
my @bad = ($good =~ s/amy/bob/r, $good =~ s/\.0/.1/r, $good . '0',
           substr($good, 0, -1), $good =~ s/.$/g/r, $good =~ s/^v1/v2/r,
           $good =~ s/\.amy//r, $good =~ s/\./../r, "$good.", ".$good",
           $good =~ s/\.[^.]*$//r, '', '.', '....', 'v1.k2.amy.0.0',
           'x' x 5000, "\"$good\"", $good =~ s/amy/AMY/r);
CORE::join '', map { " | Cookie: $host$_ => - 100 0\n" } @bad
--- metrics
jupref_orders_total{referred="yes"} 0
jupref_orders_total{referred="no"} 18



=== TEST 14: the first good one of several cookies counts
--- orders eval
my $host = '__Host-jupref=';
my ($good, $other) = map { $host . ::cookie($_) } 'amy', 'bob';
my $bad = $good =~ s/amy/bob/r;
CORE::join '', map { " | $_->[0] => $_->[1]\n" }
    ["Cookie: a=1; b=2; $good; c=3", 'amy 90 10'],
    ["Cookie: a;;=;$good", 'amy 90 10'],
    ["Cookie: $bad; $good", 'amy 90 10'],
    ["Cookie: $good; $other", 'amy 90 10'],
    ["Cookie: $bad; $host; $good; $other", 'amy 90 10'],
    ["Cookie: x$good", '- 100 0'],
    ["Cookie: \U$host\E" . ::cookie('amy'), '- 100 0'],
    ["Cookie: a=$good", '- 100 0']



=== TEST 15: cookies may come in several headers
--- orders eval
my $good = '__Host-jupref=' . ::cookie('amy');
" | Cookie: a=1 + Cookie: $good => amy 90 10
 | Cookie: $good + Cookie: a=1 => amy 90 10
 | Cookie: " . ($good =~ s/amy/bob/r) . " + Cookie: $good => amy 90 10"



=== TEST 16: the cookie may have another name
--- in_order
jupref_attribution first cookie=via;
--- orders eval
my $cookie = ::cookie('amy');
" | Cookie: via=$cookie => amy 90 10
 | Cookie: __Host-jupref=$cookie => - 100 0"



=== TEST 17: the cookie that a link sets attributes the order
--- story
my ($cookie) = get('/r/amy')->{header}{'set-cookie'} =~ /^([^;]+)/;
my $order = get(order(), "Cookie: $cookie");
is($order->{header}{'jupref-code'}, 'amy');
like(seen(), qr/&referralFee=90 /);



=== TEST 18: first: a wallet stays with the referrer it first traded with
--- story
swap('one', ref => 'amy');
is(get(order(ref => 'bob'))->{header}{'jupref-code'}, 'amy');
is(get(order(), 'Jupref-Code: bob')->{header}{'jupref-code'}, 'amy');
is(get(order(), 'Cookie: __Host-jupref=' . cookie('bob', age => -30))
   ->{header}{'jupref-code'}, 'amy');
is(get(order())->{header}{'jupref-code'}, 'amy');
is(get(order(taker => wallet('ann')))->{header}{'jupref-code'}, undef);
is(get(order(taker => wallet('ann'), ref => 'bob'))->{header}{'jupref-code'},
   'bob');
--- platform
boundWallets 1



=== TEST 19: first: an order alone binds nobody
--- story
get(order(ref => 'amy'));
is(get(order(ref => 'bob'))->{header}{'jupref-code'}, 'bob');
is(get(order())->{header}{'jupref-code'}, undef);
--- platform
boundWallets 0



=== TEST 20: last: a click after the binding wins and binds anew
--- in_order
jupref_attribution last;
--- in_execute
jupref_attribution last;
--- story
my $later = 'Cookie: __Host-jupref=' . cookie('bob', age => -30);
my $earlier = 'Cookie: __Host-jupref=' . cookie('bob', age => 60);

swap('one', ref => 'amy');
is(get(order())->{header}{'jupref-code'}, 'amy', 'the binding');
is(get(order(), $earlier)->{header}{'jupref-code'}, 'amy', 'an old click');
is(get(order(), $later)->{header}{'jupref-code'}, 'bob', 'a later click');
is(get(order(ref => 'bob'))->{header}{'jupref-code'}, 'bob', 'an argument');

get(order(id => 'two'), $later);
is(execute(requestId => 'two',
           signedTransaction => signed_transaction('v0', 'two'))
   ->{header}{'jupref-trade'}, 'executed');
is(get(order())->{header}{'jupref-code'}, 'bob', 'bound anew');
is(api('/v1/codes/amy')->{boundWallets}, 0);
is(api('/v1/codes/bob')->{boundWallets}, 1);
--- platform
boundWallets 1
totals.trades.executed 2



=== TEST 21: a suspended referrer is passed over, and may come back
--- story
my $amy = '/v1/admin/referrers/' . wallet('amy');

is(admin(PATCH => $amy, { status => 'suspended' })->{status}, 200);
my $order = get(order(ref => 'amy'));
is($order->{header}{'jupref-code'}, undef);
is($order->{header}{'jupref-fee-bps'}, 100);
is(metric('jupref_unattributed_total{reason="referrer_suspended"}'), 1);

is(admin(PATCH => $amy, { status => 'active' })->{status}, 200);
is(get(order(ref => 'amy'))->{header}{'jupref-code'}, 'amy');



=== TEST 22: a binding to a suspended referrer rests too
--- story
swap('one', ref => 'amy');
admin(PATCH => '/v1/admin/referrers/' . wallet('amy'),
      { status => 'suspended' });
my $order = get(order());
is($order->{status}, 200);
is($order->{header}{'jupref-code'}, undef);
is($order->{header}{'jupref-fee-bps'}, 100);



=== TEST 23: nobody refers themself
--- request eval
"GET " . ::order(taker => ::wallet('amy'), ref => 'amy')
--- response_headers
Jupref-Code:
Jupref-Fee-Bps: 100
Jupref-Discount-Bps: 0
--- metrics
jupref_unattributed_total{reason="self_referral"} 1
jupref_orders_total{referred="no"} 1



=== TEST 24: nor does anybody under them: a parent gets no discount of a child
--- request eval
"GET " . ::order(taker => ::wallet('amy'), ref => 'bob')
--- response_headers
Jupref-Code:
Jupref-Fee-Bps: 100
--- metrics
jupref_unattributed_total{reason="referral_cycle"} 1



=== TEST 25: a child may use its parent's code
--- request eval
"GET " . ::order(taker => ::wallet('bob'), ref => 'amy')
--- response_headers
Jupref-Code: amy
Jupref-Fee-Bps: 90



=== TEST 26: two who refer each other earn nothing
--- terms eval
CORE::join "\n", 'jupref_tier default fee=100;',
    'jupref_tier referred fee=100 discount=10 share=20%;',
    map { TradingEdge::code_line($_, 'referred') } qw(ann ben)
--- story
swap('one', taker => wallet('ben'), ref => 'ann');
my ($order, $executed) = swap('two', taker => wallet('ann'), ref => 'ben');
is($order->{header}{'jupref-code'}, undef);
is($order->{header}{'jupref-fee-bps'}, 100);
is($executed->{header}{'jupref-trade'}, 'executed');
is(api('/v1/referrers/' . wallet('ben'))->{trades}{executed}, 0);
--- metrics
jupref_unattributed_total{reason="referral_cycle"} 1



=== TEST 27: three who refer in a circle earn nothing
--- terms eval
CORE::join "\n", 'jupref_tier default fee=100;',
    'jupref_tier referred fee=100 discount=10 share=20%;',
    map { TradingEdge::code_line($_, 'referred') } qw(ann ben cat)
--- story
swap('one', taker => wallet('ben'), ref => 'ann');
swap('two', taker => wallet('cat'), ref => 'ben');
my ($order) = swap('three', taker => wallet('ann'), ref => 'cat');
is($order->{header}{'jupref-code'}, undef);
is(api('/v1/referrers/' . wallet('cat'))->{trades}{executed}, 0);
--- metrics
jupref_unattributed_total{reason="referral_cycle"} 1



=== TEST 28: a discount never takes the rate below 50 bps
--- suppress_stderr
--- terms eval
CORE::join "\n", 'jupref_tier default fee=255;',
    'jupref_tier low fee=60 discount=30;', 'jupref_tier least fee=50;',
    'jupref_tier free fee=50 discount=50;',
    'jupref_tier exact fee=90 discount=40;', 'jupref_tier all fee=90 discount=90;',
    map { TradingEdge::code_line($_, $_) } qw(low least free exact all)
--- orders
 |  => - 255 0
ref=low |  => low 50 10
ref=least |  => least 50 0
ref=free |  => free 50 0
ref=exact |  => exact 50 40
ref=all |  => all 50 40
--- story
get(order(ref => 'low'));
like(seen(), qr/&referralFee=50 /);



=== TEST 29: a changed tier counts from the next order on
--- story
is(get(order(ref => 'amy'))->{header}{'jupref-fee-bps'}, 90);
is(admin(POST => '/v1/admin/codes',
         { code => 'amy-too', wallet => wallet('amy') })->{status}, 201);
is(get(order(ref => 'amy-too'))->{header}{'jupref-fee-bps'}, 90);
is(admin(PATCH => '/v1/admin/referrers/' . wallet('amy'),
         { tier => 'premium' })->{status}, 200);
is(get(order(ref => 'amy-too'))->{header}{'jupref-fee-bps'}, 80);



=== TEST 30: an answer that Jupiter refuses tells the terms all the same
--- jupiter
order => sub { http(400, '{"error":"Failed to get quotes"}') }
--- request eval
"GET " . ::order(ref => 'amy')
--- error_code: 400
--- response_body chomp
{"error":"Failed to get quotes"}
--- response_headers
Jupref-Code: amy
Jupref-Fee-Bps: 90
Jupref-Discount-Bps: 10



=== TEST 31: an order that isn't priced tells no terms
--- request eval
"GET /swap/v2/order?" . ::order_args(amount => 'x', ref => 'amy')
--- response_headers
Jupref-Code:
Jupref-Fee-Bps:
Jupref-Discount-Bps:



=== TEST 32: what is known of an order can be logged, mapped and sent on
--- http
log_format trade "trade:$jupref_code:$jupref_referrer:$jupref_tier:$jupref_fee_bps:$jupref_discount_bps:$jupref_wallet:$jupref_request_id:$jupref_trade:";
map $jupref_code $who { default nobody; amy friend; }
--- in_order
access_log logs/access.log trade;
proxy_set_header X-Who $who;
--- story
get(order(ref => 'amy', id => 'abc'));
like(seen(), qr/^X-Who: friend$/m);
--- request eval
"GET " . ::order(id => 'def')
--- access_log eval
[qr/^trade:amy:@{[::wallet('amy')]}:referred:90:10:@{[::wallet('tom')]}:abc:-:$/,
 qr/^trade:-:-:default:100:0:@{[::wallet('tom')]}:def:-:$/]



=== TEST 33: the variables may be asked for before the arguments are rewritten
--- in_order
set $early $jupref_code:$jupref_fee_bps;
proxy_set_header X-Early $early;
--- story
is(get(order(ref => 'amy'))->{header}{'jupref-fee-bps'}, 90);
like(seen(), qr/^X-Early: amy:90$/m);
like(seen(), qr/&referralFee=90 /);
--- metrics
jupref_orders_total{referred="yes"} 1
