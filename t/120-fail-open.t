# Whatever fails here, the trade goes on, and it is said once why ours didn't.
#
# "fast" is a Jupiter that nginx itself plays: thousands of orders and executes
# fill the tables of the smallest zone in a moment.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;

add_block_preprocessor(sub {
    my ($block) = @_;
    my $transaction = transaction();

    $block->set_value('http', <<"EOT") if defined $block->story;
keepalive_requests 1000000;
upstream fast { server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1; keepalive 4; }
server {
    listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location /fast/order {
        return 200 '{"requestId":"\$arg_id","feeBps":\$arg_referralFee,"feeMint":"\$arg_inputMint","inAmount":"1000000","transaction":"$transaction"}';
    }
    location /fast/execute {
        return 200 '{"status":"Success","code":0,"signature":"\$http_x_signature","totalInputAmount":"1000000","inputAmountResult":"990000"}';
    }
}
EOT
    $block->set_value('server', <<'EOT') if defined $block->story;
location = /fast/order { jupref_order; proxy_pass http://fast; }
location = /fast/execute { jupref_execute; proxy_pass http://fast; }
proxy_http_version 1.1;
proxy_set_header Connection "";
EOT
});


# Orders and executes one trade a number; returns what became of them.

sub trade {
    my ($numbers, %args) = @_;
    my @outcomes;

    while (my @some = splice @$numbers, 0, 20) {
        my $text = '';

        for my $number (@some) {
            my $body = execute_body(requestId => "id-$number");
            my $signature = substr(signature('trade'), 0, -5) . base58($number);

            $text .= 'GET /fast/order?'
                     . order_args(id => "id-$number", mints($number, %args))
                     . " HTTP/1.1\r\nHost: edge\r\n\r\n"
                     . "POST /fast/execute HTTP/1.1\r\nHost: edge\r\n"
                     . "X-Signature: $signature\r\n"
                     . (@$numbers == 0 && $number == $some[-1]
                        ? "Connection: close\r\n" : '')
                     . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
        }

        push @outcomes, $text;
    }

    return map { $_->{header}{'jupref-trade'} // () } converse(@outcomes);
}


sub mints {
    my ($number, %args) = @_;

    return %args if !delete $args{new_mints};
    return (%args, inputMint => wallet("in $number"),
            outputMint => wallet("out $number"));
}


# Five digits of base58.

sub base58 {
    my ($number) = @_;
    my @digits = split //,
        '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

    return join '', map { $digits[$number / 58 ** $_ % 58] } reverse 0 .. 4;
}


# Writes batch after batch on one connection, reading what is answered.

sub converse {
    my (@batches) = @_;
    my $socket = TradingEdge::connected();
    my $answers = '';

    while (defined(my $batch = shift @batches)) {
        my $expected = () = $batch =~ m{ HTTP/1\.1\r}g;
        my $text = '';

        print {$socket} $batch;
        $socket->flush;

        # every body of "fast" ends in a brace at the end of what was read

        until ($text =~ /\}\z/ && $expected <= (() = $text =~ m{HTTP/1\.1 \d}g)) {
            sysread $socket, $text, 65536, length $text
                or die 'the edge closed: ' . substr $text, -500;
        }

        $answers .= $text;
    }

    return TradingEdge::parse_answers($answers);
}


sub capacity {
    return api('/v1/platform')->{capacities}{$_[0]};
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: with the table of mints full a trade in another mint passes, unbooked
--- story
my $room = int((capacity('mints')->{capacity} - 2) / 2);
my %ours = (new_mints => 1, ref => 'amy');

is_deeply([grep { $_ ne 'executed' } trade([1 .. $room], %ours)], []);
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 0);
trade([$room + 1], ref => 'amy');
is(capacity('mints')->{used}, 2 * $room + 2);
is_deeply([trade([$room + 2 .. $room + 6], %ours)], [('executed') x 5]);
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 5);
is(metric('jupref_ledger_refused_total{reason="mints_full"}'), 5);

# what still has a place goes on

is_deeply([trade([$room + 7], ref => 'amy')], ['executed']);
is(api('/v1/platform')->{totals}{trades}{executed}, $room + 2);
is(api('/v1/referrers/' . wallet('amy'))->{trades}{executed}, $room + 2);
is(metric('jupref_ledger_damaged'), 0);
--- grep_error_log eval
qr/\[error\].*unattributed, ledger_refused: the table of mints is full: enlarge the zone/
--- grep_error_log_out eval
qr/\A(?:.*\n){5}\z/
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 2: with the table of trades full every trade passes, unbooked
--- log_level: info
--- story
my $room = capacity('trades')->{capacity};

is_deeply([grep { $_ ne 'executed' } trade([1 .. $room])], []);
is(capacity('trades')->{used}, $room);
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 0);

my ($order) = converse('GET /fast/order?' . order_args(id => 'x', ref => 'amy')
                       . " HTTP/1.1\r\nHost: edge\r\n\r\n");
is($order->{header}{'jupref-code'}, 'amy');
is_deeply([trade([$room + 1 .. $room + 3], ref => 'amy')], [('executed') x 3]);
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 3);
is(metric('jupref_ledger_refused_total{reason="trades_full"}'), 3);
is(metric('jupref_trades_total{outcome="executed"}'), $room + 3);
is(api('/v1/platform')->{totals}{trades}{executed}, $room);
is(metric('jupref_ledger_damaged'), 0);
--- grep_error_log eval
qr/\[error\].*unattributed, ledger_refused/
--- grep_error_log_out eval
qr/\A(?:.*\n){3}\z/
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 3: with no room for bindings a trade is booked all the same
--- log_level: info
--- story
my $room = capacity('wallets')->{capacity};
my $number = 0;

while ($number < $room) {
    my @some = map { ++$number } 1 .. 500;
    bind_wallets(@some);
}

sub bind_wallets {
    converse(map {
        my $number = $_;
        my $body = execute_body(requestId => "id-$number");
        'GET /fast/order?' . order_args(id => "id-$number", ref => 'amy',
                                        taker => wallet("trader $number"))
        . " HTTP/1.1\r\nHost: edge\r\n\r\n"
        . "POST /fast/execute HTTP/1.1\r\nHost: edge\r\nX-Signature: "
        . substr(signature('trade'), 0, -5) . base58($number) . "\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body" } @_);
}

is(capacity('wallets')->{used}, $room);
is(metric('jupref_ledger_damaged'), 0);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 4: with more orders pending than there is room for the oldest give way
--- log_level: info
--- story
my $room = capacity('pendingOrders')->{capacity};
my @orders = map { 'GET /fast/order?' . order_args(id => "id-$_")
                   . " HTTP/1.1\r\nHost: edge\r\n\r\n" } 1 .. $room + 2;
my @batches;
push @batches, join '', splice @orders, 0, 50 while @orders;

my @answers = converse(@batches);
is(scalar(grep { $_->{status} == 200 } @answers), $room + 2);
is(capacity('pendingOrders')->{evicted}, 2);
is(capacity('pendingOrders')->{used}, $room);

my $execute = sub {
    post('/fast/execute', execute_body(requestId => "id-$_[0]"),
         'X-Signature: ' . signature($_[0]))->{header}{'jupref-trade'};
};
is($execute->($_), 'unmatched', $_) for 1, 2;
is($execute->($_), 'executed', $_) for 3, $room + 2;



=== TEST 5: with the tables of referrers and codes full trades go on
--- log_level: info
--- story
my ($last, $room, $made);

for my $table ('referrers', 'codes') {
    $room = capacity($table);
    for my $number (1 .. $room->{capacity} - $room->{used}) {
        my $wallet = wallet($table eq 'referrers' ? $number : 1 + $number % 300);
        $made = $table eq 'referrers'
            ? admin(POST => '/v1/admin/referrers', { wallet => $wallet })
            : admin(POST => '/v1/admin/codes', { wallet => $wallet,
                                                 code => "code-$number" });
        $last = $made if $made->{status} != 201;
    }
    is($last, undef, "$table: all made");
    is(capacity($table)->{used}, $room->{capacity}, $table);
}

cmp_ok(admin(POST => '/v1/admin/referrers', { wallet => wallet('x') })->{status},
       '>=', 500);
cmp_ok(admin(POST => '/v1/admin/codes',
             { wallet => wallet('1'), code => 'one-more' })->{status}, '>=', 500);
is(get('/fast/order?' . order_args(ref => 'code-1', id => 'one'))
   ->{header}{'jupref-code'}, 'code-1');
is(post('/fast/execute', execute_body(requestId => 'one'),
        'X-Signature: ' . signature('one'))->{header}{'jupref-trade'},
   'executed');
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 6: nothing readable anywhere, and everything passes
--- jupiter
order => sub { http(200, "\0\1\2 order") },
execute => sub { http(200, "\xff\xfe execute") },
--- request eval
["GET /swap/v2/order?%%%&&;;==\xff", "GET " . ::order(),
 "POST /swap/v2/execute\n\0\0\0", "POST /swap/v2/execute\n{"]
--- more_headers
Cookie: __Host-jupref=v1.....; ;;;=
Jupref-Code: %00%ff
Accept-Encoding: ,,,;q=
--- response_body eval
["\0\1\2 order", "\0\1\2 order", "\xff\xfe execute", "\xff\xfe execute"]
--- metrics
jupref_unattributed_total{reason="bad_arguments"} 1
jupref_unattributed_total{reason="answer_unreadable"} 1
jupref_unattributed_total{reason="body_unreadable"} 2
jupref_trades_total{outcome="unmatched"} 2



=== TEST 7: why an order wasn't attributed is said once a request
--- server
rewrite_log off;
--- request eval
["GET " . ::order(ref => 'nobody'),
 "GET " . ::order(ref => 'amy', taker => ::wallet('amy')),
 "GET " . ::order(amount => 'x')]
--- grep_error_log eval
qr/jupref: unattributed, \w+/
--- grep_error_log_out
jupref: unattributed, code_not_found
jupref: unattributed, self_referral
jupref: unattributed, bad_arguments
--- in_order
set $asked "$jupref_code$jupref_tier$jupref_fee_bps";



=== TEST 8: why an execute wasn't matched is said once a request
--- request eval
my $signed = ::signed_transaction();
["GET " . ::order(id => 'one'), "POST /swap/v2/execute\nx",
 "POST /swap/v2/execute\n" . ::execute_body(requestId => 'two'),
 "POST /swap/v2/execute\n" . ::execute_body(requestId => 'one',
     signedTransaction => ::signed_transaction('v1')),
 "POST /swap/v2/execute\n" . ::execute_body(signedTransaction => 'AAAA')]
--- error_code eval
[200, 502, 200, 200, 502]
--- jupiter
execute => sub { my ($request) = @_;
    $request->{body} =~ /AAAA|^x/ ? http(502, '') : http(200, '{}') }
--- grep_error_log eval
qr/jupref: unattributed, \w+/
--- grep_error_log_out
jupref: unattributed, body_unreadable
jupref: unattributed, request_id_unknown
jupref: unattributed, message_differs
jupref: unattributed, transaction_unreadable
