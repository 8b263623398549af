# The answer to an order: it passes byte for byte and is read on its way.

use Test::Nginx::Socket 'no_plan';
use IO::Compress::Gzip qw(gzip);
use IO::Uncompress::Gunzip qw(gunzip);
use TradingEdge;

# An order's answer that goes out as these pieces must come in as their bytes,
# with nginx buffering it and without; the edge keeps the order or doesn't.

sub passes {
    my ($name, $kept, $status, $body, @headers) = @_;
    my $before = metric('jupref_pending_orders_kept_total');

    for my $path ('/swap/v2/order', '/unbuffered/order') {
        my $answer = get("$path?" . order_args(), @headers);

        Test::More::is($answer->{status}, $status, "$name: $path: status");
        Test::More::ok($answer->{body} eq $body, "$name: $path: bytes");
        Test::More::ok(!$answer->{cut}, "$name: $path: whole");
    }

    Test::More::is(metric('jupref_pending_orders_kept_total') - $before,
                   $kept ? 2 : 0, "$name: kept");
}


# The real answers grant 90 bps.

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('terms', join "\n", 'jupref_tier default fee=90;',
                      'jupref_tier referred fee=100 discount=10 share=20%;',
                      TradingEdge::code_line('amy', 'referred'),
                      TradingEdge::code_line('bob', 'referred'));
    $block->set_value('server', ($block->server // '') . <<'EOT');
location = /unbuffered/order {
    jupref_order;
    proxy_buffering off;
    proxy_pass http://jupiter;
}
EOT
});

sub packed {
    my $text = order_answer();

    gzip(\$text, \my $packed, -Time => 0);
    return $packed;
}


sub with_blanks {
    my $text = order_answer();

    $text =~ s/,/ ,\n\t /g;
    $text =~ s/"requestId"/"request\\u0049d"/;
    return "\n $text\n\n";
}


sub with_long_route {
    return '{"routePlan":[' . join(',', ('{"percent":1}') x 14000) . '],'
           . substr order_answer(), 1;
}


sub with_long_text {
    return '{"x":"' . 'x' x 300_000 . '",' . substr order_answer(), 1;
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: real answers of every form of transaction pass as they are and are kept
--- jupiter
order => sub { http(200, order_answer(form => $_[0]{header}{'x-form'})) }
--- story
passes($_, 1, 200, order_answer(form => $_), "X-Form: $_")
    for qw(v0 legacy v1 rfq);



=== TEST 2: the bytes of an answer are Jupiter's own, blanks and escapes too
--- jupiter
order => sub { http(200, with_blanks()) }
--- story
passes('spelled otherwise', 1, 200, with_blanks());



=== TEST 3: chunks come together
--- jupiter
order => sub { chunked(200, order_answer() =~ /(.{1,100})/gs) }
--- story
passes('chunks of 100', 1, 200, order_answer());



=== TEST 4: byte by byte, and slowly
--- jupiter
order => sub { chunked(200, map { ($_, \0.02) } order_answer() =~ /(.{1,150})/gs) },
--- story
passes('slow chunks', 1, 200, order_answer());



=== TEST 5: an answer that ends with the connection
--- jupiter
order => sub { "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n",
               order_answer() }
--- story
passes('until closed', 1, 200, order_answer());



=== TEST 6: nginx compresses for the client while Jupiter is asked not to
--- in_order
gzip on;
gzip_types application/json;
gzip_min_length 1;
gzip_proxied any;
gzip_http_version 1.0;
--- jupiter
order => sub { http(200, order_answer()) }
--- story
my $answer = get(order(), 'Accept-Encoding: gzip, br');
is($answer->{header}{'content-encoding'}, 'gzip');
gunzip(\$answer->{body}, \my $body);
ok($body eq order_answer());
like(seen(), qr/^Accept-Encoding: identity$/m);
unlike(seen(), qr/gzip/);
is(execute()->{header}{'jupref-trade'}, 'executed');



=== TEST 7: whatever encodings the client names, however often
--- jupiter
order => sub { http(200, order_answer()) }
--- story
is(get(order(), 'Accept-Encoding: gzip', 'accept-encoding: br',
       'ACCEPT-ENCODING: zstd')->{status}, 200);
unlike(seen(), qr/gzip|br$|zstd/m);
is(execute()->{header}{'jupref-trade'}, 'executed');



=== TEST 8: an order that isn't priced may come compressed
--- jupiter
order => sub { http(400, '{"error":"Invalid amount"}') }
--- story
get(order(amount => 'x'), 'Accept-Encoding: gzip');
like(seen(), qr/^Accept-Encoding: gzip$/m);



=== TEST 9: an answer that Jupiter compressed all the same passes, unread
--- jupiter
order => sub { http(200, packed(), 'Content-Encoding: gzip') }
--- story
my $answer = get(order(), 'Accept-Encoding: gzip');
is($answer->{header}{'content-encoding'}, 'gzip');
ok($answer->{body} eq packed());
is(execute()->{header}{'jupref-trade'}, 'unmatched');
--- error_log
unattributed, answer_encoded
--- no_error_log
[crit]
[alert]
[emerg]
--- metrics
jupref_unattributed_total{reason="answer_encoded"} 1
jupref_pending_orders_kept_total 0



=== TEST 10: an answer that is cut off arrives as it was cut off
--- jupiter
order => sub { http(200, substr(order_answer(), 0, 1000),
                    'Content-Length: ' . length order_answer()) }
--- story
for my $path ('/swap/v2/order', '/unbuffered/order') {
    my $answer = get("$path?" . order_args());
    is($answer->{status}, 200);
    ok($answer->{body} eq substr(order_answer(), 0, 1000));
    is($answer->{cut}, 1);
}
is(execute()->{header}{'jupref-trade'}, 'unmatched');
--- no_error_log
[crit]
[alert]
[emerg]
--- metrics
jupref_pending_orders_kept_total 0



=== TEST 11: also in chunks
--- jupiter
order => sub {
    my @pieces = chunked(200, order_answer() =~ /(.{1,100})/gs);
    return @pieces[0 .. 9];
}
--- story
for my $path ('/swap/v2/order', '/unbuffered/order') {
    my $answer = get("$path?" . order_args());
    is($answer->{status}, 200);
    ok($answer->{body} eq substr(order_answer(), 0, 900));
    is($answer->{cut}, 1);
}
--- no_error_log
[crit]
[alert]
[emerg]
--- metrics
jupref_pending_orders_kept_total 0



=== TEST 12: refusals pass with their headers and are not read
--- jupiter
order => sub {
    my ($status) = $_[0]{uri} =~ /want=(\d+)/;
    http($status, qq({"code":$status,"error":"no"}),
         'x-ratelimit-remaining: -1', 'x-api-gateway-request-id: abc');
}
--- story
for my $status (400, 401, 403, 404, 429, 500, 503) {
    my $answer = get(order(want => $status));
    is($answer->{status}, $status);
    is($answer->{body}, qq({"code":$status,"error":"no"}));
    is($answer->{header}{'x-ratelimit-remaining'}, -1);
    is($answer->{header}{'x-api-gateway-request-id'}, 'abc');
}
--- metrics
jupref_pending_orders_kept_total 0
jupref_unattributed_total{reason="answer_unreadable"} 0
jupref_fee_integrity_total{verdict="unstated"} 0



=== TEST 13: a large answer is read to its end
--- jupiter
order => sub { http(200, with_long_route()) }
--- story
cmp_ok(length with_long_route(), '>', 190_000);
passes('190 KB', 1, 200, with_long_route());



=== TEST 14: one of 300 KB passes whole, unread
--- jupiter
order => sub { http(200, with_long_text()) }
--- story
passes('300 KB', 0, 200, with_long_text());
--- metrics
jupref_unattributed_total{reason="answer_unreadable"} 2



=== TEST 15: without a transaction there is nothing to keep
--- jupiter
order => sub {
    my %changes = (null => { transaction => undef, taker => undef },
                   empty => { transaction => '', errorCode => 1 },
                   none => { transaction => \'none' });
    http(200, order_answer(%{ $changes{$_[0]{header}{'x-form'}} }));
}
--- story
passes('null', 0, 200, order_answer(transaction => undef, taker => undef),
       'X-Form: null');
passes('empty', 0, 200, order_answer(transaction => '', errorCode => 1),
       'X-Form: empty');
passes('none', 0, 200, order_answer(transaction => \'none'), 'X-Form: none');
--- metrics
jupref_unattributed_total{reason="transaction_unreadable"} 0
jupref_unattributed_total{reason="answer_unreadable"} 0



=== TEST 16: a transaction that is none is counted, and passes
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
my $good = transaction();
my @bad = ('x', '====', 'AAAA', $good . 'A', substr($good, 4),
           substr($good, 0, 400), $good . 'AAAA', "A" x 4000, "$good ",
           'gQ', 'AQAB', 7, 1.5);

for my $bad (@bad) {
    my $body = order_answer(transaction => $bad);
    my $answer = get(order(), "X-Body: $body");
    ok($answer->{body} eq $body, 'transaction ' . substr $bad, 0, 20);
}
--- metrics
jupref_unattributed_total{reason="transaction_unreadable"} 13
jupref_pending_orders_kept_total 0



=== TEST 17: without a requestId, or with one that is too long, nothing is kept
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
for my $id (\'none', undef, '', 'x' x 65) {
    my $body = order_answer(requestId => $id);
    passes('requestId', 0, 200, $body, "X-Body: $body");
}
my $body = order_answer(requestId => 'x' x 64);
passes('requestId', 1, 200, $body, "X-Body: $body");



=== TEST 18: numbers may be quoted or bare
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
my $quoted = order_answer(feeBps => '90', inAmount => '100000000',
                          swapUsdValue => '15.5', requestId => 'quoted',
                          platformFee => { feeBps => '90', amount => '5' });
my $bare = order_answer(feeBps => 90, inAmount => 100000000,
                        swapUsdValue => 15.5, requestId => 'bare',
                        platformFee => { feeBps => 90, amount => 5 });
passes('quoted', 1, 200, $quoted, "X-Body: $quoted");
passes('bare', 1, 200, $bare, "X-Body: $bare");
is(execute(requestId => $_, signedTransaction => signed_transaction('v0', $_))
   ->{header}{'jupref-trade'}, 'executed') for qw(quoted bare);
--- platform
totals.trades.executed 2
totals.volumeUsd 31.000000
feeIntegrity.0.granted 4
feeIntegrity.0.dropped 0
--- metrics
jupref_fee_integrity_total{verdict="granted"} 4



=== TEST 19: a fee that was granted, dropped or not stated is counted so
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
my $fee = sub { { feeBps => $_[0], feeMint => $MINT{SOL} } };
my %none = (platformFee => \'none', referralAccount => \'none');

for my $body (
    order_answer(feeBps => 90, platformFee => $fee->(90)),
    order_answer(feeBps => 90, %none),
    order_answer(feeBps => 94, platformFee => $fee->(90)),
    order_answer(feeBps => 2, platformFee => $fee->(2)),
    order_answer(feeBps => 0, %none),
    order_answer(feeBps => 90, platformFee => $fee->(90),
                 referralAccount => wallet('somebody else')),
    order_answer(feeBps => \'none', %none))
{
    is(get(order(), "X-Body: $body")->{body}, $body);
}
--- error_log
Jupiter dropped the fee in mint So11111111111111111111111111111111111111112
--- no_error_log
[crit]
[alert]
[emerg]
--- metrics
jupref_fee_integrity_total{verdict="granted"} 3
jupref_fee_integrity_total{verdict="dropped"} 3
jupref_fee_integrity_total{verdict="unstated"} 1
--- platform eval
"feeIntegrity.0.mint $::MINT{SOL}
feeIntegrity.0.asked 7
feeIntegrity.0.granted 3
feeIntegrity.0.dropped 3
feeIntegrity.0.unstated 1"



=== TEST 20: per mint, and logged once a mint
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
for my $mint (qw(SOL USDC SOL BONK USDC)) {
    my $body = order_answer(feeBps => 2, feeMint => $MINT{$mint},
                            platformFee => \'none');
    get(order(), "X-Body: $body");
}
my $rows = api('/v1/platform')->{feeIntegrity};
is_deeply({ map { $_->{mint} => $_->{dropped} } @$rows },
          { $MINT{SOL} => 2, $MINT{USDC} => 2, $MINT{BONK} => 1 });
ok($_->{referralTokenAccount}) for @$rows;
--- grep_error_log: dropped the fee in mint
--- grep_error_log_out
dropped the fee in mint
dropped the fee in mint
dropped the fee in mint
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 21: a fee that was dropped is estimated as nothing
--- jupiter
order => sub { http(200, order_answer(feeBps => 2, platformFee => \'none')) }
--- story
get(order(ref => 'amy'));
is(execute()->{header}{'jupref-trade'}, 'executed');
my $amy = api('/v1/referrers/' . wallet('amy'));
is($amy->{trades}{executed}, 1);
is_deeply($amy->{balances}, []);
--- error_log
fee integrity
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 22: what isn't JSON passes and is counted
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
my $good = order_answer();
my @bad = ('x', '{', '[]', '"a"', 'null', '{}}', "$good,", "$good$good",
           substr($good, 0, -1), '<html></html>', '{"requestId":}',
           '{"requestId":"a","requestId":"b"}', '[' x 100, "{'a':1}",
           '{"a":' x 50 . '1' . '}' x 50, '{"requestId":"a" "b"}', '{"a":01}');

for my $bad (@bad) {
    is(get(order(), "X-Body: $bad")->{body}, $bad);
}
--- metrics
jupref_unattributed_total{reason="answer_unreadable"} 17
jupref_pending_orders_kept_total 0



=== TEST 23: an empty answer passes
--- jupiter
order => sub { http(200, '') }
--- story
passes('nothing', 0, 200, '');



=== TEST 24: 204, 302 and 304 pass
--- jupiter
order => sub {
    my ($status) = $_[0]{uri} =~ /want=(\d+)/;
    "HTTP/1.1 $status Stub\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
}
--- story
is(get(order(want => $_))->{status}, $_) for 204, 302, 304;
--- metrics
jupref_pending_orders_kept_total 0
jupref_unattributed_total{reason="answer_unreadable"} 0



=== TEST 25: fields of another type are as good as missing
--- jupiter
order => sub { http(200, $_[0]{header}{'x-body'}) }
--- story
my $body = order_answer(
    feeMint => 7, feeBps => [], platformFee => 'none', inAmount => {},
    outAmount => -1, swapUsdValue => 'a lot', router => undef, taker => 5,
    lastValidBlockHeight => '', referralAccount => undef,
    inUsdValue => {}, outUsdValue => JSON::PP::true());
passes('odd', 1, 200, $body, "X-Body: $body");
is(execute()->{header}{'jupref-trade'}, 'executed');
--- metrics
jupref_fee_integrity_total{verdict="unstated"} 2



=== TEST 26: an answer from nginx's own cache is read as well
--- http
proxy_cache_path $TEST_NGINX_FOLDER/cache keys_zone=orders:1m;
sendfile on;
--- in_order
proxy_cache orders;
proxy_cache_valid 200 1m;
add_header X-Cache $upstream_cache_status;
--- jupiter
order => sub { http(200, order_answer()) }
--- story
for my $cache (qw(MISS HIT HIT)) {
    my $answer = get(order());
    is($answer->{header}{'x-cache'}, $cache);
    ok($answer->{body} eq order_answer());
}
--- metrics
jupref_pending_orders_kept_total 3



=== TEST 27: and so is one from a file
--- http
sendfile on;
--- user_files eval
[["order.json", ::order_answer()]]
--- server
location = /file/order {
    jupref_order;
    alias html/order.json;
}
--- story
my $answer = get('/file/order?' . order_args(ref => 'amy'));
ok($answer->{body} eq order_answer());
is($answer->{header}{'jupref-code'}, 'amy');
is(execute()->{header}{'jupref-trade'}, 'executed');
--- metrics
jupref_pending_orders_kept_total 1



=== TEST 28: a second Jupiter may answer where the first is down
--- http
upstream pool { server 127.0.0.1:1; server unix:$TEST_NGINX_JUPITER backup; }
--- server
location = /pool/order {
    jupref_order;
    proxy_pass http://pool;
}
--- story
my $answer = get('/pool/order?' . order_args(ref => 'amy', id => 'one'));
is($answer->{status}, 200);
is(scalar(() = $answer->{headers} =~ /^Jupref-Code: amy\r/mg), 1);
is(execute(requestId => 'one')->{header}{'jupref-trade'}, 'executed');
like(seen(), qr/^GET [^ ]*&referralAccount=\w+&referralFee=90 /);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 29: or another location, and the order is priced once
--- server
location = /down/order {
    jupref_order;
    error_page 502 = @other;
    proxy_pass http://127.0.0.1:1;
}
location @other {
    jupref_order;
    proxy_pass http://jupiter;
}
--- story
my $answer = get('/down/order?' . order_args(ref => 'amy', id => 'one'));
is($answer->{status}, 200);
is(scalar(() = $answer->{headers} =~ /^Jupref-Fee-Bps: 90\r/mg), 1);
like(seen(), qr{^GET /down/order\?\Q@{[order_args(id => 'one')]}\E&referralAccount=\w+&referralFee=90 });
is(execute(requestId => 'one')->{header}{'jupref-trade'}, 'executed');
--- no_error_log
[crit]
[alert]
[emerg]
--- metrics
jupref_orders_total{referred="yes"} 1



=== TEST 30: Jupiter down is a 502, an answer too late a 504
--- http
upstream down { server 127.0.0.1:1; }
--- in_order
proxy_read_timeout 200ms;
--- jupiter
order => sub { \1, http(200, order_answer()) }
--- server
location = /down/order { jupref_order; proxy_pass http://down; }
--- request eval
["GET /down/order?" . ::order_args(), "GET " . ::order()]
--- error_code eval
[502, 504]
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 31: pipelined orders are each their own
--- story
my @answers = TradingEdge::parse_answers(talk(join '', map {
    'GET ' . order(id => "o$_", ref => $_ == 2 ? 'bob' : 'amy')
    . " HTTP/1.1\r\nHost: edge\r\n" . ($_ == 3 ? "Connection: close\r\n" : '')
    . "\r\n" } 1 .. 3));
is(scalar @answers, 3);
is_deeply([map { $_->{header}{'jupref-code'} } @answers], [qw(amy bob amy)]);
is(execute(requestId => "o$_",
           signedTransaction => signed_transaction('v0', $_))
   ->{header}{'jupref-trade'}, 'executed') for 1 .. 3;
--- metrics
jupref_pending_orders_kept_total 3



=== TEST 32: over HTTP/2 as well
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 http2;
    location = /swap/v2/order { jupref_order; proxy_pass http://jupiter; }
}
--- jupiter
order => sub { chunked(200, order_answer() =~ /(.{1,500})/gs) }
--- suppress_stderr
--- story
is(get('/live')->{status}, 200);            # it is there
my $url = 'http://127.0.0.1:' . $Test::Nginx::Util::RandPorts->{TEST_NGINX_RAND_PORT_1};
my $text = `curl -s --http2-prior-knowledge -D - '$url@{[order(ref => "amy")]}'`;
my ($head, $body) = split /\r\n\r\n/, $text, 2;
like($head, qr{^HTTP/2 200});
like($head, qr/^jupref-code: amy\r?$/mi);
ok($body eq order_answer());
is(execute()->{header}{'jupref-trade'}, 'executed');



=== TEST 33: an order can be executed as soon as a client has all of it
--- jupiter
order => sub { my @all = chunked(200, order_answer() =~ /(.{1,500})/gs); (@all[0 .. $#all - 1], \3, $all[-1]) }
--- story
my $socket = Talk::connected();
print {$socket} 'GET ' . order(ref => 'amy') . " HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n";
$socket->flush;

my $text = '';
my $whole = substr order_answer(), -20;
sysread $socket, $text, 65536, length $text or last until $text =~ /\Q$whole\E/;

is(execute()->{header}{'jupref-trade'}, 'executed');
1 while sysread $socket, $text, 65536, length $text;
like($text, qr/\r\n0\r\n\r\n$/, 'the order ended later');
--- metrics
jupref_pending_orders_kept_total 1
