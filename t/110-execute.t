# An execute: which order it is, what became of it, and that its bytes are
# Jupiter's and the client's own.

use Test::Nginx::Socket 'no_plan';
use IO::Compress::Gzip qw(gzip);
use IO::Uncompress::Gunzip qw(gunzip);
use TradingEdge;

# Orders under a requestId of its own and executes it.

sub ordered {
    my ($id, %args) = @_;

    Test::More::is(get(order(id => $id, %args))->{status}, 200, "$id: ordered");
}


sub executed {
    my ($id, @headers) = @_;

    return post('/swap/v2/execute', body($id), @headers);
}


sub body {
    my ($id, %more) = @_;

    return execute_body(requestId => "$id",
                        signedTransaction => signed_transaction('v0', $id),
                        %more);
}


# Orders, executes with this answer of Jupiter's, and says what came of it.

my $number = 0;

sub becomes {
    my ($outcome, $status, $body) = @_;
    my $id = 'order-' . ++$number;
    my $name = "$outcome: $status " . substr $body, 0, 60;

    ordered($id);
    my $answer = executed($id, "X-Answer: $status $body");

    Test::More::is($answer->{header}{'jupref-trade'}, $outcome, $name);
    Test::More::is($answer->{status}, $status, "$name: status");
    Test::More::ok($answer->{body} eq $body, "$name: bytes");

    return $id;
}


sub trades {
    my $trades = api('/v1/platform')->{totals}{trades};

    return "$trades->{executed} $trades->{unknown}";
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: Success with code 0 is an executed trade, booked and told
--- story
ordered('one', ref => 'amy');
my $answer = executed('one');
my $expected = execute_answer(
    signature => first_signature(signed_transaction('v0', 'one')));

is($answer->{status}, 200);
is($answer->{header}{'jupref-trade'}, 'executed');
ok($answer->{body} eq $expected);

# the fee is 900000: 180000 Jupiter's, and 20 % of the rest is amy's

my $amy = api('/v1/referrers/' . wallet('amy'));
is($amy->{trades}{executed}, 1);
is($amy->{boundWallets}, 1);
is($amy->{volumeUsd}, '15.000000');
is_deeply($amy->{balances}, [{ mint => $MINT{SOL}, estimated => '144000',
    pending => '0', available => '0', disputed => '0', inPayout => '0',
    paid => '0', receivable => '0' }]);
is(api('/v1/trades')->{data}[0]{signature},
   first_signature(signed_transaction('v0', 'one')));
--- platform
totals.trades.executed 1
totals.trades.unknown 0
fees.0.received 900000
fees.0.jupiterCut 180000
fees.0.platform 576000
fees.0.referrers 144000
--- metrics
jupref_trades_total{outcome="executed"} 1
jupref_trades_total{outcome="unmatched"} 0



=== TEST 2: a trade of nobody's is booked for the platform
--- story
ordered('one');
is(executed('one')->{header}{'jupref-trade'}, 'executed');
--- platform
totals.trades.executed 1
fees.0.received 900000
fees.0.platform 720000
fees.0.referrers 0
boundWallets 0



=== TEST 3: every form of transaction is matched
--- jupiter
order => sub { http(200, order_answer(form => $_[0]{header}{'x-form'})) }
--- story
for my $form (qw(v0 legacy v1 rfq)) {
    get(order(), "X-Form: $form");
    is(execute(form => $form,
               signedTransaction => signed_transaction($form, $form))
       ->{header}{'jupref-trade'}, 'executed', $form);
}
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 4



=== TEST 4: what an answer means
--- story
my $ok = '"signature":"' . signature('x') . '"';

becomes('executed', 200, '{"status":"Success","code":0}');
becomes('executed', 200, '{"status":"Success","code":"0","slot":5}');
becomes('executed', 200, '{"new" : [1,{"status":"Failed"}], "code":0, "status":"Success"}');
becomes('unknown', 200, '{"status":"Success"}');
becomes('unknown', 200, '{"status":"Success","code":1}');
becomes('unknown', 200, '{"status":"Success","code":null}');
becomes('unknown', 200, '{"status":"Success","code":0.0}');
becomes('unknown', 200, '{"status":"success","code":0}');
becomes('unknown', 200, '{"status":true,"code":0}');
becomes('unknown', 200, '{"swap":{"status":"Success","code":0}}');

becomes('failed', 200, "{\"status\":\"Failed\",\"code\":6001,$ok,\"slot\":\"9\"}");
becomes('failed', 200, '{"status":"Failed","code":-1005,"slot":"0"}');
becomes('failed', 200, '{"status":"Failed"}');

becomes('unknown', 200, '{"status":"Failed","code":-1001}');
becomes('unknown', 200, '{"status":"Failed","code":-2001}');
becomes('unknown', 200, '{"status":"Failed","code":"-1001"}');
becomes('unknown', 400, '{"error":"unknown","code":-1001}');

becomes('unknown', $_, '{"error":"no"}') for 500, 502, 503, 504;
becomes('unknown', 500, '{"status":"Success","code":0}');
becomes('unknown', 500, '<html>');

becomes('unknown', 200, $_) for '', '{}', 'null', '[]', 'Success',
    '{"status":"Success","code":0', '{"status":"Success","code":0}x',
    '{"status":"Success","code":0,"code":0}', '<html></html>',
    '{"status":"Success","status":"Failed","code":0}', '{"code":0}';
--- metrics
jupref_trades_total{outcome="executed"} 3
jupref_trades_total{outcome="failed"} 3
jupref_trades_total{outcome="unknown"} 28
jupref_trades_total{outcome="unmatched"} 0
--- platform
totals.trades.executed 3
totals.trades.unknown 28



=== TEST 5: what Jupiter turned away may be sent again
--- story
for my $case ([200, '{"code":-1,"error":"Order not found"}'],
              [400, '{"error":"bad","code":-2}'], [401, 'no'], [403, '{}'],
              [429, '{"code":429,"message":"Too many requests"}'])
{
    my $id = becomes('failed', @$case);
    is(executed($id)->{header}{'jupref-trade'}, 'executed', "again: $case->[1]");
}
--- platform
totals.trades.executed 5
totals.trades.unknown 0



=== TEST 6: an unknown trade that turns out executed is one trade
--- story
my $id = becomes('unknown', 500, '{"error":"no"}');
is(trades(), '0 1');
executed($id, 'X-Answer: 503 {}');
executed($id, 'X-Answer: 200 {"status":"Failed","code":-1001}');
is(trades(), '0 1');
is(executed($id)->{header}{'jupref-trade'}, 'executed');
is(trades(), '1 0');



=== TEST 7: an unknown trade belongs to its code
--- story
ordered('one', ref => 'amy');
executed('one', 'X-Answer: 500 {}');
is(api('/v1/referrers/' . wallet('amy'))->{trades}{unknown}, 1);
is(api('/v1/referrers/' . wallet('amy'))->{boundWallets}, 0);
executed('one');
my $amy = api('/v1/referrers/' . wallet('amy'));
is($amy->{trades}{unknown}, 0);
is($amy->{trades}{executed}, 1);
is($amy->{balances}[0]{estimated}, 144000);



=== TEST 8: once a requestId, however often it is sent
--- story
ordered('one', ref => 'amy');
is(executed('one')->{header}{'jupref-trade'}, 'executed') for 1 .. 3;

# whatever a later answer says

is(executed('one', "X-Answer: 200 " . execute_answer(signature => signature($_)))
   ->{header}{'jupref-trade'}, 'executed') for 1, 2;
is(executed('one', "X-Answer: $_")->{header}{'jupref-trade'}, 'executed')
    for '500 {}', '200 {"status":"Failed","code":6001}', '200 x',
        '400 {"code":-1}', '429 {}';
is(api('/v1/referrers/' . wallet('amy'))->{balances}[0]{estimated}, 144000);
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 9: once a signature, under whatever requestId
--- story
ordered($_, ref => 'amy') for 'one', 'two';
is(executed($_, 'X-Answer: 200 ' . execute_answer())->{header}{'jupref-trade'},
   'executed') for 'one', 'two', 'two', 'one';
is(api('/v1/referrers/' . wallet('amy'))->{balances}[0]{estimated}, 144000);
--- platform
totals.trades.executed 1
fees.0.received 900000



=== TEST 10: a failed trade frees its order
--- story
my $id = becomes('failed', 200, '{"status":"Failed","code":6001}');
is(executed($id)->{header}{'jupref-trade'}, 'unmatched');
--- platform
totals.trades.executed 0
totals.trades.unknown 0
--- metrics
jupref_unattributed_total{reason="request_id_unknown"} 1



=== TEST 11: where the maker signs first only Jupiter knows the signature
--- jupiter
order => sub { http(200, order_answer(form => 'rfq', requestId => $_[0]{args}{id})) }
--- story
my $body = execute_body(requestId => 'one',
    signedTransaction => signed_transaction('rfq', 'tom', 1));

ordered('one');
my $lost = post('/swap/v2/execute', $body, 'X-Answer: 500 {}');
is($lost->{header}{'jupref-trade'}, 'unknown');
is(metric('jupref_unattributed_total{reason="signature_missing"}'), 1);
is(trades(), '0 0');

my $told = post('/swap/v2/execute', $body,
                'X-Answer: 500 {"signature":"' . signature('maker') . '"}');
is($told->{header}{'jupref-trade'}, 'unknown');
is(metric('jupref_unattributed_total{reason="signature_missing"}'), 1);
is(trades(), '0 1');

my $landed = post('/swap/v2/execute', $body,
    'X-Answer: 200 ' . execute_answer(signature => signature('maker')));
is($landed->{header}{'jupref-trade'}, 'executed');
is(api('/v1/trades')->{data}[0]{signature}, signature('maker'));
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 12: what matches no order is forwarded all the same, and nothing is booked
--- jupiter
execute => sub { http(200, $_[0]{body}, 'X-Length: ' . length $_[0]{body}) }
--- story
ordered('one');
my $signed = signed_transaction();
my $long = 'x' x 65;
my @bodies = (
    body('two'), body($long), body(''), body("one\0"), body('One'),
    body('one', signedTransaction => signed_transaction('legacy')),
    body('one', signedTransaction => signed_transaction('v1')),
    body('one', signedTransaction => substr($signed, 0, -4)),
    body('one', signedTransaction => $signed =~ s/.(.{99})$/-$1/r),
    body('one', signedTransaction =>
         substr($signed, 0, -100) . '++++' . substr $signed, -96),
    body('one', signedTransaction => ''),
    body('one', signedTransaction => undef),
    body('one', signedTransaction => \'none'),
    body('one', signedTransaction => [$signed]),
    body('one', requestId => undef), body('one', requestId => \'none'),
    body('one', requestId => ['one']), body('one', requestId => { a => 'one' }),
    '', 'x', '{}', '[]', 'null', '{"requestId":"one"', '"one"',
    body('one') . 'x', body('one') . body('one'), '[' . body('one') . ']',
    '{"a":' . body('one') . '}',
    "{\"requestId\":\"one\"," . substr(body('one'), 1),
    "{\"signedTransaction\":\"$signed\"," . substr(body('one'), 1),
    'requestId=one&signedTransaction=x', '{"a":' x 100 . '1' . '}' x 100,
);

for my $body (@bodies) {
    my $answer = post('/swap/v2/execute', $body);
    my $name = substr $body, 0, 60;
    is($answer->{header}{'jupref-trade'}, 'unmatched',
       "unmatched: $name … " . substr $body, -30);
    is($answer->{header}{'x-length'}, length $body, 'length');
    ok($answer->{body} eq $body, 'bytes');
}

is(metric('jupref_trades_total{outcome="unmatched"}'), scalar @bodies);
is(executed('one', 'X-Answer: 200 ' . execute_answer())->{status}, 200);
--- platform
totals.trades.executed 0
--- metrics
jupref_unattributed_total{reason="request_id_unknown"} 3



=== TEST 13: how a body is spelled doesn't matter
--- story
ordered($_) for 1 .. 6;
my $signed = signed_transaction('v0', 'one');
my @bodies = (
    "\r\n { \"signedTransaction\" :\t\"$signed\" , \"requestId\":\"1\" } \n",
    '{"requestId":"2","signedTransaction":"' . ($signed =~ s{/}{\\/}gr) . '"}',
    '{"requestId":"\u0033","signedTransaction":"' . $signed . '"}',
    '{"request\u0049d":"4","signedTransaction":"' . $signed . '"}',
    '{"a":{"requestId":"x"},"requestId":"5","b":[{"signedTransaction":""}],'
        . '"signedTransaction":"' . $signed . '","lastValidBlockHeight":"7"}',
    '{"b":{"c":{}},"signedTransaction":"' . $signed . '","requestId":"6"}',
);

for my $number (1 .. 6) {
    my $answer = post('/swap/v2/execute', $bodies[$number - 1],
        'Content-Type: text/plain',
        'X-Answer: 200 ' . execute_answer(signature => signature($number)));
    is($answer->{header}{'jupref-trade'}, 'executed', "body $number");
}

ok(index(seen(), $_ =~ s/\r//gr) > 0) for @bodies;
--- platform
totals.trades.executed 6



=== TEST 14: where nginx puts a body doesn't matter
--- server
location = /file/execute {
    jupref_execute;
    client_body_in_file_only clean;
    proxy_pass http://jupiter;
}
location = /small/execute {
    jupref_execute;
    client_body_buffer_size 64;
    proxy_pass http://jupiter;
}
location = /single/execute {
    jupref_execute;
    client_body_in_single_buffer on;
    client_body_buffer_size 1m;
    proxy_pass http://jupiter;
}
location = /unbuffered/execute {
    jupref_execute;
    proxy_request_buffering off;
    proxy_http_version 1.1;
    proxy_pass http://jupiter;
}
--- story
for my $place (qw(file small single unbuffered)) {
    ordered($place);
    my $body = body($place, padding => 'x' x 30_000);
    my $answer = post("/$place/execute", $body);
    is($answer->{header}{'jupref-trade'}, 'executed', $place);
    ok(index(seen(), $body) > 0, "$place: bytes");
}
--- platform
totals.trades.executed 4



=== TEST 15: a body may come in pieces, slowly, in chunks
--- story
my $head = "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n";
my $pieces = sub { map { ($_, \0.02) } $_[0] =~ /(.{1,200})/gs };

for my $id ('slow', 'chunks') {
    ordered($id);
    my $body = body($id);
    my $answer = $id eq 'slow'
        ? ask($head . 'Content-Length: ' . length($body) . "\r\n\r\n",
              \0.05, $pieces->($body))
        : ask($head . "Transfer-Encoding: chunked\r\n\r\n", \0.05,
              $pieces->(join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
                                     $body =~ /(.{1,100})/gs),
              "0\r\n\r\n");
    is($answer->{header}{'jupref-trade'}, 'executed', $id);
    ok(index(seen(), $body) > 0, "$id: bytes");
}
--- platform
totals.trades.executed 2



=== TEST 16: a body over 64 KiB is passed on unread, one of 64 KiB is read
--- story
my $fill = sub { body($_[0], padding => 'x' x ($_[1] - length body($_[0], padding => ''))) };
ordered('one');
ordered('two');
my $large = $fill->('one', 65537);
my $answer = post('/swap/v2/execute', $large);
is(length $large, 65537);
is($answer->{header}{'jupref-trade'}, 'unmatched');
ok(index(seen(), $large) > 0);
is(metric('jupref_unattributed_total{reason="body_too_large"}'), 1);
is(post('/swap/v2/execute', $fill->('two', 65536))->{header}{'jupref-trade'},
   'executed');
--- platform
totals.trades.executed 1



=== TEST 17: also in chunks, where nobody says how large it is
--- in_execute
client_body_buffer_size 16k;
--- story
ordered('one');
my $large = body('one', padding => 'x' x 70_000);
my $answer = ask("POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
    . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $large, $large));
is($answer->{header}{'jupref-trade'}, 'unmatched');
ok(index(seen(), $large) > 0);
--- metrics
jupref_unattributed_total{reason="body_too_large"} 1



=== TEST 18: megabytes pass
--- jupiter
execute => sub { http(200, length $_[0]{body}) }
--- request eval
"POST /swap/v2/execute\n" . 'x' x 3_000_000
--- response_body chomp
3000000
--- response_headers
Jupref-Trade: unmatched



=== TEST 19: a client that asks whether to continue may
--- story
ordered('one');
my $body = body('one');
my $text = talk("POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
    . "Connection: close\r\nExpect: 100-continue\r\nContent-Length: "
    . length($body) . "\r\n\r\n", \0.2, $body);
like($text, qr{^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200});
like($text, qr/^Jupref-Trade: executed\r$/m);



=== TEST 20: an answer over 64 KiB streams on, and its trade is unknown
--- jupiter
execute => sub {
    my $answer = execute_answer(padding => 'x' x 100_000);
    $_[0]{header}{'x-chunks'} ? chunked(200, $answer =~ /(.{1,9000})/gs)
                              : http(200, $answer);
}
--- story
for my $how ('length', 'chunks') {
    ordered($how);
    my $answer = executed($how, $how eq 'chunks' ? 'X-Chunks: 1' : ());
    is($answer->{header}{'jupref-trade'}, 'unknown', $how);
    ok($answer->{body} eq execute_answer(padding => 'x' x 100_000));
    ok(!$answer->{cut});
}
--- platform
totals.trades.executed 0
totals.trades.unknown 2



=== TEST 21: an answer of 64 KiB is still held and read
--- jupiter
execute => sub {
    my $answer = execute_answer(padding => '');
    http(200, execute_answer(padding => 'x' x (65536 - length $answer)));
}
--- story
ordered('one');
my $answer = executed('one');
is($answer->{header}{'jupref-trade'}, 'executed');
is(length $answer->{body}, 65536);



=== TEST 22: an answer in chunks, slow ones, byte by byte
--- jupiter
execute => sub { chunked(200, map { ($_, \0.005) } split //, execute_answer()) },
--- server
location = /unbuffered/execute {
    jupref_execute;
    proxy_buffering off;
    proxy_pass http://jupiter;
}
--- story
for my $path ('/swap/v2/execute', '/unbuffered/execute') {
    ordered($path);
    my $answer = post($path, body($path));
    is($answer->{header}{'jupref-trade'}, 'executed', $path);
    ok($answer->{body} eq execute_answer(), "$path: bytes");
    ok(!$answer->{cut}, "$path: whole");
}



=== TEST 23: an answer whose header comes long before its body
--- jupiter
execute => sub {
    my $answer = http(200, execute_answer());
    my ($head, $body) = $answer =~ /^(.*?\r\n\r\n)(.*)$/s;
    ($head, \0.1, $body);
}
--- server
location = /unbuffered/execute {
    jupref_execute;
    proxy_buffering off;
    proxy_pass http://jupiter;
}
--- story
for my $path ('/swap/v2/execute', '/unbuffered/execute') {
    ordered($path);
    my $answer = post($path, body($path));
    is($answer->{header}{'jupref-trade'}, 'executed', $path);
    ok($answer->{body} eq execute_answer(), "$path: bytes");
}



=== TEST 24: without buffering and with one byte buffers the same
--- in_execute
proxy_buffering off;
postpone_output 0;
--- story
ordered('one');
my $answer = executed('one');
is($answer->{header}{'jupref-trade'}, 'executed');
ok($answer->{body} eq execute_answer(
    signature => first_signature(signed_transaction('v0', 'one'))));
--- platform
totals.trades.executed 1



=== TEST 25: a cut answer arrives as it was cut, and its trade is unknown
--- jupiter
execute => sub {
    my $answer = execute_answer(signature => \'none');
    my ($head, @pieces) = chunked(200, $answer =~ /(.{1,40})/gs);
    $_[0]{header}{'x-cut'} eq 'length'
        ? http(200, substr($answer, 0, 80), 'Content-Length: ' . length $answer)
        : $_[0]{header}{'x-cut'} eq 'slowly' ? ($head, $pieces[0], \0.1, $pieces[1])
        : $_[0]{header}{'x-cut'} eq 'at the end' ? ($head, @pieces[0 .. $#pieces - 1])
        : ($head, @pieces[0, 1]);
}
--- server
location = /unbuffered/execute {
    jupref_execute;
    proxy_buffering off;
    proxy_pass http://jupiter;
}
--- story
for my $path ('/swap/v2/execute', '/unbuffered/execute') {
    for my $cut ('length', 'chunks', 'slowly', 'at the end') {
        my $name = "$path, $cut";
        my $id = $name =~ tr/ ,//dr;
        ordered($id);
        my $answer = post($path, body($id), "X-Cut: $cut");
        is($answer->{status}, 200, $name);
        is($answer->{header}{'jupref-trade'}, 'unknown', "$name: unknown");
        is($answer->{body}, $cut eq 'at the end' ? execute_answer(signature => \'none')
           : substr(execute_answer(signature => \'none'), 0, 80), "$name: bytes");
        is($answer->{cut}, 1, "$name: cut");
    }
}
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 0
totals.trades.unknown 8



=== TEST 26: an answer that is cut before its first byte
--- jupiter
execute => sub { http(200, '', 'Content-Length: 100') }
--- story
ordered('one');
my $answer = executed('one');
is($answer->{header}{'jupref-trade'}, 'unknown');
is($answer->{body}, '');
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.unknown 1



=== TEST 27: no answer at all is a 502 of nginx, and the trade unknown
--- jupiter
execute => sub { () }
--- story
ordered('one');
my $answer = executed('one');
is($answer->{status}, 502);
is($answer->{header}{'jupref-trade'}, 'unknown');
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.unknown 1



=== TEST 28: too late an answer is a 504 of nginx, and the trade unknown
--- in_execute
proxy_read_timeout 200ms;
--- jupiter
execute => sub { \1, http(200, execute_answer()) }
--- story
ordered('one');
my $answer = executed('one');
is($answer->{status}, 504);
is($answer->{header}{'jupref-trade'}, 'unknown');
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.unknown 1



=== TEST 29: half an answer, then nothing, is what plain nginx would make of it
--- jupiter
execute => sub { http(200, '{"status":', 'Content-Length: 100'), \1 }
--- server
proxy_read_timeout 200ms;
location = /unbuffered/execute {
    jupref_execute;
    proxy_buffering off;
    proxy_pass http://jupiter;
}
location = /plain/swap/v2/execute { proxy_pass http://jupiter; }
location = /plain/unbuffered/execute {
    proxy_buffering off;
    proxy_pass http://jupiter;
}
--- story
for my $path ('/swap/v2/execute', '/unbuffered/execute') {
    ordered($path);
    my $answer = post($path, body($path));
    my $plain = post("/plain$path", body($path));
    is($answer->{status}, 200, $path);
    is($answer->{header}{'jupref-trade'}, 'unknown');
    is($answer->{body}, $plain->{body});
    is($answer->{cut}, $plain->{cut});
}
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.unknown 2



=== TEST 30: where Jupiter isn't reached nothing is booked and the order stands
--- server
location = /down/execute { jupref_execute; proxy_pass http://127.0.0.1:1; }
--- story
ordered('one');
is(post('/down/execute', body('one'))->{status}, 502);
is(trades(), '0 0');
is(executed('one')->{header}{'jupref-trade'}, 'executed');
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 1



=== TEST 31: an error page of another location tells the outcome too
--- in_execute
proxy_read_timeout 200ms;
error_page 504 = /sorry;
--- server
location = /sorry { internal; default_type application/json; return 200 '{"sorry":true}'; }
--- jupiter
execute => sub { \1, http(200, execute_answer()) }
--- story
ordered('one');
my $answer = executed('one');
is($answer->{status}, 200);
is($answer->{body}, '{"sorry":true}');
is(scalar(() = $answer->{headers} =~ /^Jupref-Trade: unknown\r/mg), 1);
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 0
totals.trades.unknown 1



=== TEST 32: and one of a named location
--- in_execute
proxy_intercept_errors on;
error_page 500 @sorry;
--- server
location @sorry { return 500 'sorry'; }
--- story
ordered('one');
my $answer = executed('one', 'X-Answer: 500 {}');
is($answer->{status}, 500);
is($answer->{body}, 'sorry');
is($answer->{header}{'jupref-trade'}, 'unknown');
is(executed('one')->{header}{'jupref-trade'}, 'executed');
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 33: an error page that asks Jupiter again decides by that answer
--- in_execute
proxy_intercept_errors on;
error_page 429 = @again;
--- server
location @again {
    jupref_execute;
    proxy_set_header X-Answer "";
    proxy_pass http://jupiter;
}
--- story
ordered('one');
my $answer = executed('one', 'X-Answer: 429 {}');
is($answer->{status}, 200);
is($answer->{header}{'jupref-trade'}, 'executed');
--- platform
totals.trades.executed 1



=== TEST 34: one that stands in for a Jupiter that is down
--- server
location = /down/execute {
    jupref_execute;
    error_page 502 = @again;
    proxy_pass http://127.0.0.1:1;
}
location @again {
    jupref_execute;
    proxy_pass http://jupiter;
}
--- story
ordered('one');
my $answer = post('/down/execute', body('one'));
is($answer->{status}, 200);
is($answer->{header}{'jupref-trade'}, 'executed');
ok(index(seen(), body('one')) > 0);
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 1



=== TEST 35: a page of the operator's own says nothing of the trade
--- in_execute
proxy_read_timeout 200ms;
error_page 504 =200 /lost;
error_page 502 =200 @left;
--- server
location = /lost { internal; return 200 '{"status":"Failed","code":-1005}'; }
location @left { return 200 '{"status":"Success","code":0}'; }
--- jupiter
execute => sub { $_[0]{header}{'x-answer'} eq 'late' ? \1 : () }
--- story
for my $case (['late', 'Failed'], ['left', 'Success']) {
    ordered($case->[0]);
    my $answer = executed($case->[0], "X-Answer: $case->[0]");
    is($answer->{status}, 200);
    like($answer->{body}, qr/$case->[1]/);
    is($answer->{header}{'jupref-trade'}, 'unknown');
}
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 0
totals.trades.unknown 2



=== TEST 36: what one Jupiter took may have landed, though the next one is down
--- http
upstream down { server 127.0.0.1:1; }
--- in_execute
proxy_read_timeout 200ms;
error_page 504 = @next;
--- server
location @next { proxy_pass http://down; }
location = /both/execute {
    jupref_execute;
    proxy_read_timeout 200ms;
    error_page 504 = @next_too;
    proxy_pass http://jupiter;
}
location @next_too { jupref_execute; proxy_pass http://down; }
--- jupiter
execute => sub { \1 }
--- story
for my $path ('/swap/v2/execute', '/both/execute') {
    ordered($path);
    my $answer = post($path, body($path));
    is($answer->{status}, 502);
    is($answer->{header}{'jupref-trade'}, 'unknown');
}
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.unknown 2



=== TEST 37: a second Jupiter that is asked next decides
--- http
upstream pool { server 127.0.0.1:1; server unix:$TEST_NGINX_JUPITER backup; }
--- server
location = /pool/execute { jupref_execute; proxy_pass http://pool; }
--- story
ordered('one');
is(post('/pool/execute', body('one'))->{header}{'jupref-trade'}, 'executed');
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 38: also where the first one took the request and left
--- http
upstream pool { server unix:$TEST_NGINX_JUPITER; server unix:$TEST_NGINX_JUPITER; }
--- server
location = /pool/execute {
    jupref_execute;
    proxy_next_upstream error timeout non_idempotent;
    proxy_pass http://pool;
}
--- jupiter
execute => sub { $_[0]{number} == 2 ? () : http(200, execute_answer()) }
--- story
ordered('one');
is(post('/pool/execute', body('one'))->{header}{'jupref-trade'}, 'executed');
is(scalar(() = seen() =~ /^POST /mg), 2);
--- no_error_log
[crit]
[alert]
[emerg]
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 39: a client that leaves before the answer leaves an unknown trade
--- jupiter
execute => sub { \2, http(200, execute_answer()) }
--- story
ordered('one', ref => 'amy');
my $body = body('one');
my $client = TradingEdge::connected();
print {$client} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
$client->flush;
Time::HiRes::sleep(0.05) until seen() =~ /^POST /m;
close $client;

my $patience = 100;
Time::HiRes::sleep(0.05) while trades() eq '0 0' && $patience--;
is(trades(), '0 1');
is(api('/v1/referrers/' . wallet('amy'))->{trades}{unknown}, 1);
--- metrics
jupref_trades_total{outcome="unknown"} 1



=== TEST 40: one that leaves in the middle of the answer as well
--- jupiter
execute => sub { http(200, '{"status":"Succ', 'Content-Length: 200'), \2 }
--- story
ordered('one');
my $body = body('one');
my $client = TradingEdge::connected();
print {$client} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
$client->flush;
Time::HiRes::sleep(0.05) until seen() =~ /^POST /m;
Time::HiRes::sleep(0.1);
close $client;

my $patience = 100;
Time::HiRes::sleep(0.05) while trades() eq '0 0' && $patience--;
is(trades(), '0 1');
--- metrics
jupref_trades_total{outcome="unknown"} 1



=== TEST 41: with proxy_ignore_client_abort the trade of one who left is booked
--- in_execute
proxy_ignore_client_abort on;
--- jupiter
execute => sub { \0.5, http(200, execute_answer()) }
--- story
ordered('one');
my $body = body('one');
my $client = TradingEdge::connected();
print {$client} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
$client->flush;
Time::HiRes::sleep(0.05) until seen() =~ /^POST /m;
close $client;

my $patience = 100;
Time::HiRes::sleep(0.05) while trades() eq '0 0' && $patience--;
is(trades(), '1 0');



=== TEST 42: one that leaves in the middle of its own body has sent nothing
--- story
ordered('one');
my $body = body('one');
my $client = TradingEdge::connected();
print {$client} "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n"
                . substr $body, 0, 100;
$client->flush;
Time::HiRes::sleep(0.1);
close $client;
Time::HiRes::sleep(0.1);

unlike(seen(), qr/^POST/m);
is(executed('one')->{header}{'jupref-trade'}, 'executed');
--- platform
totals.trades.executed 1
totals.trades.unknown 0



=== TEST 43: a body that nginx refuses is refused, and nothing is booked
--- in_execute
client_max_body_size 100;
client_body_timeout 200ms;
--- story
ordered('one');
is(executed('one')->{status}, 413);
is(talk("POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
        . "Content-Length: 90\r\n\r\n{"), '');
unlike(seen(), qr/^POST/m);
is(trades(), '0 0');
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 44: 204 and 302 pass, and leave the trade unknown
--- jupiter
execute => sub {
    my ($status) = split / /, $_[0]{header}{'x-answer'};
    "HTTP/1.1 $status Stub\r\nLocation: /elsewhere\r\n"
    . ($status == 204 ? '' : "Content-Length: 0\r\n") . "\r\n";
}
--- story
becomes('unknown', $_, '') for 204, 302, 307;
--- platform
totals.trades.unknown 3



=== TEST 45: a compressed answer passes, and leaves the trade unknown
--- jupiter
execute => sub {
    my $answer = execute_answer();
    gzip(\$answer, \my $packed, -Time => 0);
    http(200, $packed, 'Content-Encoding: gzip');
}
--- story
ordered('one');
my $answer = executed('one', 'Accept-Encoding: gzip');
is($answer->{header}{'jupref-trade'}, 'unknown');
my $text = execute_answer();
gzip(\$text, \my $packed, -Time => 0);
ok($answer->{body} eq $packed);
like(seen(), qr/^POST .*^Accept-Encoding: identity$/ms);
--- platform
totals.trades.unknown 1



=== TEST 46: nginx may compress what it held
--- in_execute
gzip on;
gzip_types application/json;
gzip_min_length 1;
--- story
ordered('one');
my $answer = executed('one', 'Accept-Encoding: gzip');
is($answer->{header}{'content-encoding'}, 'gzip');
is($answer->{header}{'jupref-trade'}, 'executed');
gunzip(\$answer->{body}, \my $text);
ok($text eq execute_answer(
    signature => first_signature(signed_transaction('v0', 'one'))));



=== TEST 47: pipelined executes are each their own
--- jupiter
execute => sub {
    my ($id) = $_[0]{body} =~ /"requestId":"(\w+)"/;
    http($id eq 'two' ? 500 : 200, execute_answer(signature => signature($id)));
}
--- story
ordered($_) for qw(one two three);
my @ids = qw(one two nobody three);
my @answers = TradingEdge::parse_answers(talk(join '', map {
    my $body = body($_);
    "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\n"
    . ($_ eq 'three' ? "Connection: close\r\n" : '')
    . 'Content-Length: ' . length($body) . "\r\n\r\n$body" } @ids));
is_deeply([map { $_->{header}{'jupref-trade'} } @answers],
          [qw(executed unknown unmatched executed)]);
ok($answers[$_]{body} eq execute_answer(signature => signature($ids[$_])))
    for 0 .. 3;
--- platform
totals.trades.executed 2
totals.trades.unknown 1



=== TEST 48: an order and its execute on one connection, behind each other
--- story
my $body = body('one');
my @answers = TradingEdge::parse_answers(talk(
    'GET ' . order(id => 'one', ref => 'amy') . " HTTP/1.1\r\nHost: edge\r\n\r\n"
    . "POST /swap/v2/execute HTTP/1.1\r\nHost: edge\r\nContent-Length: "
    . length($body) . "\r\n\r\n$body"
    . "GET /v1/platform HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"));
is_deeply([map { $_->{status} } @answers], [200, 200, 200]);
is($answers[1]{header}{'jupref-trade'}, 'executed');
like($answers[2]{body}, qr/"executed": ?"?1\b/);



=== TEST 49: connections to Jupiter are kept
--- http
upstream kept { server unix:$TEST_NGINX_JUPITER; keepalive 4; }
--- server
location /kept/ {
    location = /kept/order { jupref_order; proxy_pass http://kept; }
    location = /kept/execute { jupref_execute; proxy_pass http://kept; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- jupiter
order => sub { ('stay', StubJupiter::answer_order(@_)) },
execute => sub { ('stay', http(200, execute_answer(
    signature => signature($_[0]{header}{'x-id'})), "X-Number: $_[0]{number}")) },
--- story
for my $id (1 .. 5) {
    get('/kept/order?' . order_args(id => $id));
    my $answer = post('/kept/execute', body($id), "X-Id: $id");
    is($answer->{header}{'jupref-trade'}, 'executed');
    is($answer->{header}{'x-number'}, 1);
}
--- platform
totals.trades.executed 5



=== TEST 50: over HTTP/2 as well
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 http2;
    location = /swap/v2/order { jupref_order; proxy_pass http://jupiter; }
    location = /swap/v2/execute { jupref_execute; proxy_pass http://jupiter; }
}
--- suppress_stderr
--- story
my $url = 'http://127.0.0.1:'
          . $Test::Nginx::Util::RandPorts->{TEST_NGINX_RAND_PORT_1};
my $curl = 'curl -s --http2-prior-knowledge -D -';

sub posted {
    my ($command, $body) = @_;
    my $file = "$ENV{TEST_NGINX_FOLDER}/body.$$";
    open my $out, '>', $file or die $!;
    print $out $body;
    close $out;
    my $text = `$command --data-binary \@$file`;
    unlink $file;
    return split /\r\n\r\n/, $text, 2;
}

ordered($_) for qw(one two three);
my ($head, $text) = posted("$curl $url/swap/v2/execute", body('one'));
like($head, qr{^HTTP/2 200});
like($head, qr/^jupref-trade: executed\r?$/mi);
is($text, execute_answer(
    signature => first_signature(signed_transaction('v0', 'one'))));

($head) = posted("$curl -H 'X-Answer: 500 {}' $url/swap/v2/execute", body('two'));
like($head, qr{^HTTP/2 500});
like($head, qr/^jupref-trade: unknown\r?$/mi);

($head, $text) = posted("$curl -H 'Expect:' -H 'Content-Length:' $url/swap/v2/execute",
                        body('three', padding => 'x' x 40_000));
like($head, qr/^jupref-trade: executed\r?$/mi);
--- platform
totals.trades.executed 2
totals.trades.unknown 1



=== TEST 51: executes that limit_req delays are read once
--- http
limit_req_zone $jupref_wallet zone=wallets:1m rate=20r/s;
limit_req_zone $server_name zone=executes:1m rate=20r/s;
--- in_order
limit_req zone=wallets burst=10;
--- in_execute
limit_req zone=executes burst=10;
--- story
for my $id (1 .. 4) {
    ordered($id);
    is(executed($id)->{header}{'jupref-trade'}, 'executed');
}
--- platform
totals.trades.executed 4
--- metrics
jupref_orders_total{referred="no"} 4
jupref_trades_total{outcome="executed"} 4



=== TEST 52: a mirrored execute is one trade
--- in_execute
mirror /copy;
--- server
location = /copy { internal; proxy_pass http://jupiter/copy; }
--- story
ordered('one');
is(executed('one')->{header}{'jupref-trade'}, 'executed');
--- wait: 0.1
--- platform
totals.trades.executed 1
--- metrics
jupref_trades_total{outcome="executed"} 1



=== TEST 53: what is known of an execute can be logged
--- http
log_format trade "trade:$jupref_trade:$jupref_code:$jupref_tier:$jupref_fee_bps:$jupref_discount_bps:$jupref_wallet:$jupref_request_id:";
--- in_execute
access_log logs/access.log trade;
--- story
ordered('one', ref => 'amy');
executed('one');
ordered('two');
executed('two', 'X-Answer: 500 {}');
ordered('three');
executed('three', 'X-Answer: 200 {"status":"Failed"}');
executed('four');
--- access_log eval
my $tom = ::wallet('tom');
[qr/^trade:executed:amy:referred:90:10:$tom:one:$/,
 qr/^trade:unknown:amy:referred:90:10:$tom:two:$/,
 qr/^trade:failed:amy:referred:90:10:$tom:three:$/,
 qr/^trade:unmatched:-:-:-:-:-:four:$/]



=== TEST 54: a GET to execute passes and is nobody's business
--- jupiter
execute => sub { http(405, 'POST, please') }
--- request
GET /swap/v2/execute
--- error_code: 405
--- response_body chomp
POST, please
--- response_headers
Jupref-Trade:
--- metrics
jupref_trades_total{outcome="unmatched"} 0



=== TEST 55: the terms of a trade are those of its order
--- story
ordered('one', ref => 'amy');
is(admin(PATCH => '/v1/admin/referrers/' . wallet('amy'),
         { tier => 'default' })->{status}, 200);
is(executed('one')->{header}{'jupref-trade'}, 'executed');
is(api('/v1/referrers/' . wallet('amy'))->{balances}[0]{estimated}, 144000);



=== TEST 56: three levels share, the platform takes the rest
--- terms eval
CORE::join "\n", 'jupref_tier default fee=100;',
    'jupref_tier premium fee=120 discount=40 share=40%,5%,1%;',
    TradingEdge::code_line('ann', 'premium'),
    TradingEdge::code_line('ben', 'premium', 'ann'),
    TradingEdge::code_line('cat', 'premium', 'ben')
--- story
ordered('one', ref => 'cat');
executed('one');
is(api('/v1/referrers/' . wallet($_->[0]))->{balances}[0]{estimated}, $_->[1],
   $_->[0]) for ['cat', 288000], ['ben', 36000], ['ann', 7200];
--- platform
fees.0.received 900000
fees.0.jupiterCut 180000
fees.0.referrers 331200
fees.0.platform 388800
