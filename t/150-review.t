# What clients and configurations may try at the seams with nginx: nameless
# locations, fragments, ranges, encodings, the next peer, nginx's own pages.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

sub body {
    my ($id) = @_;

    return execute_body(requestId => $id,
                        signedTransaction => signed_transaction('v0', $id));
}


# The request lines that Jupiter got to see.

sub lines {
    return seen() =~ m{^((?:GET|POST|HEAD) \S+)}mg;
}


# What our own arguments are at that rate.

sub ours {
    my ($fee) = @_;

    return "&referralAccount=$REFERRAL_ACCOUNT&referralFee=$fee";
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: an if in an order's location leaves the order ours
--- in_order
if ($http_origin) { add_header Access-Control-Allow-Origin $http_origin; }
--- story
my $answer = get(order(ref => 'amy', referralFee => 255, referralAccount => 'me'),
                 'Origin: https://app');
is($answer->{header}{'access-control-allow-origin'}, 'https://app');
is($answer->{header}{'jupref-code'}, 'amy');
is_deeply([lines()], ['GET ' . order() . ours(90)]);



=== TEST 2: an if in an execute's location leaves the execute ours
--- in_execute
if ($http_origin) { add_header Access-Control-Allow-Origin $http_origin; }
--- story
get(order(id => 'one', ref => 'amy'));
my $answer = post('/swap/v2/execute', body('one'), 'Origin: https://app');
is($answer->{header}{'access-control-allow-origin'}, 'https://app');
is($answer->{header}{'jupref-trade'}, 'executed');
--- platform
totals.trades.executed 1



=== TEST 3: and so does a limit_except
--- in_order
limit_except GET { allow all; }
--- in_execute
limit_except GET { allow all; }
--- story
post(order(referralFee => 255), 'x');
is_deeply([lines()], ['POST ' . order()]);
get(order(id => 'one', ref => 'amy'));
is(post('/swap/v2/execute', body('one'))->{header}{'jupref-trade'}, 'executed');



=== TEST 4: the referral account and the rules of attribution hold there too
--- in_order eval
'jupref_referral_account ' . ::wallet('operator b') . ';
if ($http_origin) { add_header A b; }'
--- story
get(order(), 'Origin: x');
is_deeply([lines()], ['GET ' . order() . ours(100)
                      =~ s/$REFERRAL_ACCOUNT/wallet('operator b')/er]);



=== TEST 5: what answers itself does so under if and limit_except
--- server
location /if/ { jupref_api; if ($http_origin) { add_header A b; } }
location /except/ { jupref_api; limit_except POST { allow all; } }
location /if-r/ { jupref_link to=/x; if ($http_origin) { add_header A b; } }
location = /if-ready { jupref_health ready; if ($http_origin) { add_header A b; } }
location = /except-metrics { jupref_metrics; limit_except POST { allow all; } }
--- story
my $origin = 'Origin: x';
is(get('/if/codes/amy', $origin)->{status}, 200);
is(get('/except/codes/amy')->{status}, 200);
is(get('/if-r/amy', $origin)->{header}{location}, '/x');
like(get('/if-ready', $origin)->{body}, qr/"reasons"/);
like(get('/except-metrics')->{body}, qr/^jupref_orders_total/m);



=== TEST 6: nothing passes behind a fragment
--- story
my ($bad, $good) = ('amount=x', order_args());
my $fee = 'referralAccount=me&referralFee=255';

get("/swap/v2/order?$_") for "$bad#&$fee", "$bad&a=1#?$fee", "$good#&$fee";
get("/swap/v2/order#?$fee");
get("/swap/v2/order#");
is_deeply([lines()], ["GET /swap/v2/order?$bad", "GET /swap/v2/order?$bad&a=1",
                      'GET ' . order() . ours(100), 'GET /swap/v2/order',
                      'GET /swap/v2/order']);



=== TEST 7: nor in what $request_uri holds
--- server
location = /a/order {
    jupref_order;
    set $backend jupiter;
    proxy_pass http://$backend$request_uri;
}
location = /b/order {
    jupref_order;
    if ($request_uri ~ "never") { return 404; }
    set $backend jupiter;
    proxy_pass http://$backend$request_uri;
}
location = /c/order { rewrite ^ /a/order last; }
--- story
my $args = order_args();
get("/$_/order?$args&referralFee=255&referralAccount=me") for 'a', 'b', 'c';
get("/a/order?amount=x&referralFee=255#referralFee=1");
is_deeply([lines()], [(map { "GET /$_/order?$args" . ours(100) } 'a', 'b', 'c'),
                      'GET /a/order?amount=x']);



=== TEST 8: the path's bytes stay the client's own
--- server
location /my/ { jupref_order; proxy_pass http://jupiter; }
--- story
my $args = order_args();
get("$_?$args&referralFee=255") for '/my//a/../%6frder', '/my/%7eorder';
is_deeply([lines()], [map { "GET $_?$args" . ours(100) } '/my//a/../%6frder',
                                                         '/my/%7eorder']);



=== TEST 9: the access log has the client's own line
--- http
log_format own '$request';
--- in_order
add_header X-Request $request;
--- story
my $uri = order(referralFee => 255);
is(get($uri)->{header}{'x-request'}, "GET $uri HTTP/1.1");



=== TEST 10: nobody gets a range of an execute's answer
--- in_execute
proxy_force_ranges on;
--- story
get(order(id => 'one', ref => 'amy'));
my $answer = post('/swap/v2/execute', body('one'), 'Range: bytes=0-9');
is($answer->{status}, 200);
is($answer->{header}{'content-range'}, undef);
is($answer->{header}{'jupref-trade'}, 'executed');
ok($answer->{body} eq execute_answer(
    signature => first_signature(signed_transaction('v0', 'one'))));



=== TEST 11: nor of an order, which is read whole
--- in_order
proxy_force_ranges on;
--- story
my $answer = get(order(id => 'one', ref => 'amy'), 'Range: bytes=0-9');
is($answer->{status}, 200);
is($answer->{header}{'content-range'}, undef);
is(post('/swap/v2/execute', body('one'))->{header}{'jupref-trade'}, 'executed');



=== TEST 12: identity is no compression
--- jupiter
order => sub {
    my ($answer) = StubJupiter::answer_order(@_);
    return $answer =~ s/\r\n/\r\nContent-Encoding: Identity\r\n/r;
},
execute => sub {
    my ($answer) = StubJupiter::answer_execute(@_);
    return $answer =~ s/\r\n/\r\nContent-Encoding: identity\r\n/r;
}
--- story
is((swap('one', ref => 'amy'))[1]->{header}{'jupref-trade'}, 'executed');
--- metrics
jupref_unattributed_total{reason="answer_encoded"} 0
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 13: what one Jupiter answered with 500 may have landed, though the next is down
--- http
upstream pool {
    server unix:$TEST_NGINX_JUPITER max_fails=0;
    server 127.0.0.1:1 max_fails=0;
}
--- server
location = /pool/execute {
    jupref_execute;
    proxy_next_upstream error timeout http_500 non_idempotent;
    proxy_pass http://pool;
}
--- jupiter
execute => sub { http(500, '{}') }
--- story
for my $id ('one', 'two', 'three', 'four') {
    get(order(id => $id));
    post('/pool/execute', body($id));
}
is(scalar(grep { /^POST/ } lines()), 4);
--- no_error_log
[alert]
[emerg]
--- platform
totals.trades.executed 0
totals.trades.unknown 4



=== TEST 14: what no Jupiter took is nothing
--- http
upstream pool {
    server 127.0.0.1:1 max_fails=0;
    server 127.0.0.1:2 max_fails=0;
}
--- server
location = /pool/execute {
    jupref_execute;
    proxy_next_upstream error timeout http_500 non_idempotent;
    proxy_pass http://pool;
}
--- story
get(order(id => 'one'));
is(post('/pool/execute', body('one'))->{header}{'jupref-trade'}, undef);
is(post('/swap/v2/execute', body('one'))->{header}{'jupref-trade'}, 'executed');
--- no_error_log
[alert]
[emerg]
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 15: nor what one turned away
--- http
upstream pool {
    server unix:$TEST_NGINX_JUPITER max_fails=0;
    server 127.0.0.1:1 max_fails=0;
}
--- server
location = /pool/execute {
    jupref_execute;
    proxy_next_upstream error timeout http_429 non_idempotent;
    proxy_pass http://pool;
}
--- jupiter
execute => sub { http(429, '{}') }
--- story
for my $id ('one', 'two') {
    get(order(id => $id));
    post('/pool/execute', body($id));
}
is(scalar(grep { /^POST/ } lines()), 2);
--- no_error_log
[alert]
[emerg]
--- platform
totals.trades.executed 0
totals.trades.unknown 0



=== TEST 16: a page of nginx's own says nothing of the order
--- in_order
deny all;
--- story
my $answer = get(order(ref => 'amy'));
is($answer->{status}, 403);
unlike($answer->{headers}, qr/^Jupref-/m);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 17: a link's code may have a slash behind it
--- story
for my $path ('/r/amy/', '/r/AMY') {
    my $answer = get($path);
    is($answer->{status}, 302, $path);
    like($answer->{header}{'set-cookie'} // '', qr/\.amy\./, $path);
}
is(get("/r/$_")->{header}{'set-cookie'}, undef, $_)
    for '', 'amy/x', 'amy/x/';



=== TEST 18: an error is logged at most once a second, and counted each time
--- jupiter
order => sub { http(200, 'x', 'Content-Encoding: br') }
--- story
my $since = time;
get(order()) for 1 .. 20;
my $seconds = 1 + time - $since;
my @lines = logged(qr/\[error\] .*unattributed, (answer_encoded)/);
cmp_ok(scalar @lines, '>=', 1);
cmp_ok(scalar @lines, '<=', $seconds);
is(metric('jupref_unattributed_total{reason="answer_encoded"}'), 20);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 19: what the client chose is logged each time
--- log_level: info
--- story
get(order(ref => 'nobody')) for 1 .. 5;
is(scalar(logged(qr/\[info\] .*unattributed, code_not_found/)), 5);
