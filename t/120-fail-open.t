# Whatever fails here, the trade goes on, and it is said why ours didn't: by
# the metric each time, by the log once a second where it is our own fault.
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
            $text .= fast_order($number, %args) . fast_execute($number);
        }

        push @outcomes, $text;
    }

    return map { $_->{header}{'jupref-trade'} // () } converse(@outcomes);
}


sub fast_order {
    my ($number, %args) = @_;

    if (delete $args{new_mints}) {
        $args{inputMint} = wallet("in $number");
        $args{outputMint} = wallet("out $number");
    }

    return 'GET /fast/order?' . order_args(id => "id-$number", %args)
           . " HTTP/1.1\r\nHost: edge\r\n\r\n";
}


my $body = execute_body(requestId => 'id-NUMBER');
my $signature = substr signature('trade'), 0, -5;

sub fast_execute {
    my ($number) = @_;
    my $numbered = $body =~ s/NUMBER/$number/r;

    return "POST /fast/execute HTTP/1.1\r\nHost: edge\r\n"
           . "X-Signature: $signature" . base58($number) . "\r\n"
           . 'Content-Length: ' . length($numbered) . "\r\n\r\n$numbered";
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
    my @answers;

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

        push @answers, TradingEdge::parse_answers($text);
    }

    return @answers;
}


sub capacity {
    return api('/v1/platform')->{capacities}{$_[0]};
}


no_long_string();
run_tests();

__DATA__

=== TEST 1: with the table of mints full a trade in another mint passes, unbooked
--- story
my $room = capacity('mints')->{capacity} - 1;
my %ours = (new_mints => 1, ref => 'amy');

is_deeply([grep { $_ ne 'executed' } trade([1 .. $room], %ours)], []);
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 0);
trade([$room + 1], ref => 'amy');
is(capacity('mints')->{used}, $room + 1);
my $since = time;
is_deeply([trade([$room + 2 .. $room + 6], %ours)], [('unbooked') x 5]);
my $seconds = 1 + time - $since;
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 5);
is(metric('jupref_ledger_refused_total{reason="mints_full"}'), 5);

# what still has a place goes on

is_deeply([trade([$room + 7], ref => 'amy')], ['executed']);
is(api('/v1/platform')->{totals}{trades}{executed}, $room + 2);
is(api('/v1/referrers/' . wallet('amy'))->{trades}{executed}, $room + 2);
is(metric('jupref_ledger_damaged'), 0);
my @lines = logged(qr/unattributed, ledger_refused: (.*?), client/);
is($lines[0], 'the table of mints is full: enlarge the zone while sending to client');
cmp_ok(scalar @lines, '<=', $seconds);
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

my ($order) = converse(fast_order(0, ref => 'amy'));
is($order->{header}{'jupref-code'}, 'amy');
my $since = time;
is_deeply([trade([$room + 1 .. $room + 3], ref => 'amy')], [('unbooked') x 3]);
my $seconds = 1 + time - $since;
is(metric('jupref_unattributed_total{reason="ledger_refused"}'), 3);
is(metric('jupref_ledger_refused_total{reason="trades_full"}'), 3);
is(metric('jupref_trades_total{outcome="executed"}'), $room + 3);
is(api('/v1/platform')->{totals}{trades}{executed}, $room);
is(metric('jupref_ledger_damaged'), 0);
my @lines = logged(qr/\[error\] .* unattributed, ledger_refused: the table of trades/);
cmp_ok(scalar @lines, '>=', 1);
cmp_ok(scalar @lines, '<=', $seconds);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 3: with the tables of wallets and trades full trades pass and bind nobody
--- log_level: info
--- story
my $room = capacity('wallets')->{capacity};
my @trades = map { fast_order($_, ref => 'amy', taker => wallet("trader $_"))
                   . fast_execute($_) } 1 .. $room + 3;
my @batches;
push @batches, join '', splice @trades, 0, 20 while @trades;

my @answers = converse(@batches);
is(scalar(grep { ($_->{header}{'jupref-trade'} // '') =~ /^(?:executed|unbooked)$/ }
          @answers), $room + 3);
is(capacity('wallets')->{used}, $room);
is(metric('jupref_ledger_damaged'), 0);
is(get(order(taker => wallet('trader 1')))->{header}{'jupref-code'}, 'amy');
is(get(order(taker => wallet('trader ' . ($room + 1))))
   ->{header}{'jupref-code'}, undef);
--- no_error_log
[crit]
[alert]
[emerg]



=== TEST 4: with more orders pending than there is room for the oldest give way
--- log_level: info
--- story
my $room = capacity('pendingOrders')->{capacity};
my @orders = map { fast_order($_) } 1 .. $room + 2;
my @batches;
push @batches, join '', splice @orders, 0, 50 while @orders;

my @answers = converse(@batches);
is(scalar(grep { $_->{status} == 200 } @answers), $room + 2);
is(capacity('pendingOrders')->{evicted}, 2);
is(capacity('pendingOrders')->{used}, $room);

is_deeply([map { $_->{header}{'jupref-trade'} }
               converse(map { fast_execute($_) } 1, 2, 3, $room + 2)],
          [qw(unmatched unmatched executed executed)]);



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
--- in_order
set $asked "$jupref_code$jupref_tier$jupref_fee_bps";
--- story
get(order(ref => 'nobody'));
get(order(ref => 'amy', taker => wallet('amy')));
get(order(ref => 'bob', taker => wallet('amy')));
get(order(amount => 'x'));
is_deeply([logged(qr/jupref: unattributed, (\w+)/)],
          [qw(code_not_found self_referral referral_cycle bad_arguments)]);



=== TEST 8: why an execute wasn't matched is said once a request
--- jupiter
execute => sub { http(200, '{}') }
--- story
get(order(id => 'one'));
post('/swap/v2/execute', $_) for 'x', 'x' x 70_000,
    execute_body(requestId => 'two'),
    execute_body(requestId => 'one', signedTransaction => signed_transaction('v1')),
    execute_body(requestId => 'one', signedTransaction => 'AAAA');
is_deeply([logged(qr/jupref: unattributed, (\w+)/)],
          [qw(body_unreadable body_too_large request_id_unknown message_differs
              transaction_unreadable)]);
