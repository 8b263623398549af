# sendTransaction: judged before it goes out, sent to several nodes, and one
# answer made of theirs.

use Test::Nginx::Socket 'no_plan';
use RpcEdge;
use MIME::Base64 qw(decode_base64 encode_base64);
use SampleTrades;
use Time::HiRes qw(sleep time);

sub transaction_text { return signed_transaction($_[0] // 'v0', $_[1] // 'tom') }


# Sends it in base64, with these settings besides.

sub sent {
    my ($transaction, %more) = @_;

    return rpc(call('sendTransaction', $transaction,
                    { encoding => 'base64', %more }));
}


sub is_accepted {
    my ($answer, $transaction) = @_;

    Test::More::is($answer->{status}, 200);
    Test::More::is(json($answer->{body})->{result},
                   first_signature($transaction), 'accepted');
}


# What a node got of sendTransaction: its settings.

sub settings_seen {
    my ($node) = @_;

    return map { $_->{params}[1] } grep { $_->{method} eq 'sendTransaction' }
           map { json($_) } seen($node);
}


sub takes {
    my ($pause) = @_;

    return sub {
        my $text = first_signature($_[0]{params}[0]);

        return ($pause ? \$pause : (), result($_[0], qq("$text")));
    };
}


sub preflight {
    my ($err) = @_;

    return sub { failure($_[0], -32002, 'Transaction simulation failed',
                         qq({"err":$err,"logs":["a", "b"]})) };
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a node accepts, and the client gets its signature
--- pool
--- nodes
a => { chain => {}, sendTransaction => takes() }
--- story
pooled();

for my $form (qw(v0 legacy v1)) {
    my $transaction = transaction_text($form);

    is_accepted(sent($transaction), $transaction);
}

my ($settings) = settings_seen('a');
is($settings->{encoding}, 'base64');
ok(!$settings->{skipPreflight});



=== TEST 2: the client's own settings reach the node that judges
--- pool
--- nodes
a => { chain => {}, sendTransaction => takes() }
--- story
pooled();
sent(transaction_text(), preflightCommitment => 'confirmed', maxRetries => 3,
     minContextSlot => 5);

my ($settings) = settings_seen('a');
is($settings->{preflightCommitment}, 'confirmed');
is($settings->{maxRetries}, 3);
is($settings->{minContextSlot}, 5);



=== TEST 3: what no node could take is refused at once, with what is wrong
--- pool
--- nodes
a => { chain => {}, sendTransaction => takes() }
--- story
pooled();

my $good = transaction_text();
my $bytes = decode_base64($good);
my $unsigned = "\1" . "\0" x 64 . substr $bytes, 65;

for my $case (
    [[], qr/transaction/i],
    [[5], qr/string/i],
    [[$good, 'base64'], qr/object|config/i],
    [[$good, { encoding => 'base32' }], qr/encoding/i],
    [[$good, { encoding => 'base58' }], qr/base58/i],
    [['!!!', { encoding => 'base64' }], qr/base64/i],
    [[encode_base64('hello', ''), { encoding => 'base64' }], qr/./],
    [['A' x 6000, { encoding => 'base64' }], qr/long|large|bytes/i],
    [[encode_base64($bytes . 'x', ''), { encoding => 'base64' }], qr/./],
    [[encode_base64(substr($bytes, 0, 100), ''), { encoding => 'base64' }], qr/./],
    [[encode_base64($unsigned, ''), { encoding => 'base64' }], qr/sign/i],
    [[$good, { encoding => 'base64', skipPreflight => 'yes' }], qr/skipPreflight/],
    [[$good, { encoding => 'base64', maxRetries => -1 }], qr/maxRetries/],
    [[$good, { encoding => 'base64', preflightCommitment => 'soon' }], qr/ommitment/],
    [[$good, { encoding => 'base64', minContextSlot => 'x' }], qr/minContextSlot/],
) {
    my $answer = answer('sendTransaction', @{$case->[0]});

    is($answer->{error}{code}, -32602, JSON::PP->new->encode($case->[0]) =~ s/^(.{60}).*/$1/r);
    like($answer->{error}{message}, $case->[1]);
}

is(settings_seen('a'), 0);



=== TEST 4: base58, the old default, is understood, and sent as base64
--- pool
--- nodes
a => { chain => {}, sendTransaction => takes() }
--- story
pooled();

my $transaction = transaction_text();
my $text = SampleTrades::base58(decode_base64($transaction));

is_accepted(rpc(call('sendTransaction', $text)), $transaction);
is_accepted(rpc(call('sendTransaction', $text, { encoding => 'base58' })),
            $transaction);
is($_->{encoding}, 'base64') for settings_seen('a');



=== TEST 5: the freshest node judges, the others get copies when it has accepted
--- pool: max_lag=20s
--- in_rpc
jupref_rpc_send fanout=3;
--- nodes
a => { chain => { offset => -60 }, sendTransaction => takes() },
b => { chain => {}, sendTransaction => takes() },
c => { chain => { offset => -60 }, sendTransaction => takes() },
d => { chain => { offset => -90 }, sendTransaction => takes() }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction);

RpcEdge::until('copies', sub {
    settings_seen('a') + settings_seen('c') + settings_seen('d') == 2 });

ok(!(settings_seen('b'))[0]{skipPreflight});
ok($_->{skipPreflight}) for settings_seen('a'), settings_seen('c');
is(settings_seen('b'), 1);



=== TEST 6: without a preflight all get it at once, the first to accept answers
--- pool
--- in_rpc
jupref_rpc_send fanout=3;
--- nodes
a => { chain => {}, sendTransaction => takes(3) },
b => { chain => {}, sendTransaction => takes(0.2) },
c => { chain => {}, sendTransaction => takes(3) },
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
my $began = time;

is_accepted(sent($transaction, skipPreflight => \1), $transaction);
cmp_ok(time - $began, '<', 2.5);
is(settings_seen($_), 1, $_) for qw(a b c);



=== TEST 7: a slow copy holds up neither the answer nor the connection
--- pool: max_lag=20s
--- nodes
a => { chain => { offset => -60 }, sendTransaction => takes(4) },
b => { chain => {}, sendTransaction => takes() }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
my $send = call('sendTransaction', $transaction, { encoding => 'base64' });
my $next = call('getHealth');
my $head = "POST /rpc HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n";
my $began = time;
my @answers = parse_answers(talk(
    $head . 'Content-Length: ' . length($send) . "\r\n\r\n$send"
    . "${head}Connection: close\r\nContent-Length: " . length($next)
    . "\r\n\r\n$next"));

is(@answers, 2);
is_accepted($answers[0], $transaction);
cmp_ok(time - $began, '<', 3);
RpcEdge::until('copy', sub { settings_seen('a') });



=== TEST 8: AlreadyProcessed is a success
--- pool
--- nodes
a => { chain => {}, sendTransaction => preflight('"AlreadyProcessed"') }
--- story
pooled();

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction);



=== TEST 9: what the freshest node's preflight says is told as it said it
--- pool: max_lag=20s
--- nodes
a => { chain => { offset => -60 }, sendTransaction => takes() },
b => { chain => {}, sendTransaction => preflight('{"InstructionError":[0,{"Custom":6001}]}') }
--- story
pooled();
sleep 1;

is(sent(transaction_text())->{body}, '{"jsonrpc":"2.0","error":{"code":-32002,'
   . '"message":"Transaction simulation failed","data":{"err":'
   . '{"InstructionError":[0,{"Custom":6001}]},"logs":["a", "b"]}},"id":1}');
sleep 0.5;
is(settings_seen('a'), 0);



=== TEST 10: a node that doesn't know the blockhash yet isn't the last word
--- pool
--- nodes
a => { chain => {}, sendTransaction => preflight('"BlockhashNotFound"') },
b => { chain => {}, sendTransaction => takes() }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction) for 1 .. 3;



=== TEST 11: nor when there is only one: it may know it a slot later
--- pool
--- nodes
a => { chain => {}, sendTransaction => sub {
    $_[0]{number} % 3 ? preflight('"BlockhashNotFound"')->(@_) : takes()->(@_) } }
--- story
pooled();
sent(transaction_text(), maxRetries => 0) until seen('a') % 3 == 0;

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction);



=== TEST 12: but when none of them does that is the answer
--- pool
--- nodes
a => { chain => {}, sendTransaction => preflight('"BlockhashNotFound"') },
b => { chain => {}, sendTransaction => preflight('"BlockhashNotFound"') }
--- story
pooled();

my $answer = json(sent(transaction_text())->{body});
is($answer->{error}{code}, -32002);
is($answer->{error}{data}{err}, 'BlockhashNotFound');



=== TEST 13: a node that tells another transaction's signature isn't believed
--- pool
--- nodes
a => { chain => {}, sendTransaction => sub { result($_[0], '"' . signature('other') . '"') } },
b => { chain => {}, sendTransaction => takes() }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction) for 1 .. 3;



=== TEST 14: nodes in trouble: another one takes it
--- pool
--- nodes
a => { chain => {}, sendTransaction => sub { http(429, '{"error":1}', 'Retry-After: 1') } },
b => { chain => {}, sendTransaction => sub { failure($_[0], -32005, 'Node is behind') } },
c => { chain => {}, sendTransaction => takes() }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction) for 1 .. 3;



=== TEST 15: when nobody takes it the error that says most is told
--- pool
--- nodes
a => { chain => {}, sendTransaction => sub { http(500, 'oops') } },
b => { chain => {}, sendTransaction => sub { failure($_[0], -32603, 'Internal error') } }
--- story
pooled();
sleep 1;

is(json(sent(transaction_text())->{body})->{error}{message}, 'Internal error');



=== TEST 16: and when nobody says anything, that it isn't known
--- pool
--- nodes
a => { chain => {}, sendTransaction => sub { () } },
b => { chain => {}, sendTransaction => sub { http(502, '') } }
--- story
pooled();
sleep 1;

my $answer = sent(transaction_text());
is($answer->{status}, 502);
is(json($answer->{body})->{error}{code}, -32603);
--- no_error_log
[alert]
[crit]



=== TEST 17: a client that leaves takes nothing back
--- pool: max_lag=20s
--- nodes
a => { chain => { offset => -60 }, sendTransaction => takes() },
b => { chain => {}, sendTransaction => takes(1) }
--- story
pooled();
sleep 1;

my $body = call('sendTransaction', transaction_text(), { encoding => 'base64' });
my $client = connected();
print {$client} "POST /rpc HTTP/1.1\r\nHost: edge\r\n"
                . "Content-Type: application/json\r\nContent-Length: "
                . length($body) . "\r\n\r\n$body";
$client->flush;
RpcEdge::until('send', sub { settings_seen('b') });
close $client;
RpcEdge::until('copy', sub { settings_seen('a') });
is(rpc(call('getHealth'))->{status}, 200);



=== TEST 18: in a batch beside others
--- pool
--- nodes
a => { chain => {}, sendTransaction => takes() }
--- story
pooled();

my $transaction = transaction_text();
my $answer = json(rpc(batch(call('getBalance', 'x'),
    call('sendTransaction', $transaction, { encoding => 'base64' }),
    call('sendTransaction', 'x')))->{body});

is($answer->[0]{result}, 'a getBalance');
is($answer->[1]{result}, first_signature($transaction));
is($answer->[2]{error}{code}, -32602);



=== TEST 19: without a pool one node gets it as the client wrote it
--- nodes
a => { sendTransaction => takes() }
--- story
my $transaction = transaction_text();
is_accepted(sent($transaction, skipPreflight => \1), $transaction);
is(json((seen('a'))[0])->{params}[0], $transaction);
is(answer('sendTransaction', 'x')->{error}{code}, -32602);
is(seen('a'), 1);



=== TEST 20: accepted transactions are sent again until the chain has them
--- pool
--- in_rpc
jupref_rpc_send fanout=1 resend=500ms;
--- nodes
a => { chain => {}, sendTransaction => takes(), getSignatureStatuses => sub {
    result($_[0], $_[0]{number} > 5
        ? '{"context":{"slot":1},"value":[{"slot":1,"confirmations":null,"err":null,"status":{"Ok":null},"confirmationStatus":"finalized"}]}'
        : '{"context":{"slot":1},"value":[null]}') } }
--- story
pooled();

my $transaction = transaction_text();
is_accepted(sent($transaction), $transaction);
RpcEdge::until('resends', sub { settings_seen('a') >= 4 });

my @settings = settings_seen('a');
ok(!$settings[0]{skipPreflight});
ok($_->{skipPreflight}) for @settings[1 .. 3];
is(scalar(grep { $_->{method} eq 'sendTransaction'
                 && $_->{params}[0] ne $transaction } map { json($_) } seen('a')), 0);

# its status has been told by now, or is with the next question

sleep 2.5;
my $count = settings_seen('a');
sleep 1.5;
is(settings_seen('a'), $count);



=== TEST 21: what is refused isn't sent again
--- pool
--- in_rpc
jupref_rpc_send resend=500ms;
--- nodes
a => { chain => {}, sendTransaction => preflight('"AccountNotFound"') }
--- story
pooled();
sent(transaction_text());
sleep 1.5;
is(settings_seen('a'), 1);



=== TEST 22: a fan-out of none is refused
--- in_rpc
jupref_rpc_send fanout=0;
--- must_die
--- error_log
invalid parameter "fanout=0" in "jupref_rpc_send"



=== TEST 23: too quick a resend is refused
--- in_rpc
jupref_rpc_send resend=10ms;
--- must_die
--- error_log
invalid parameter "resend=10ms" in "jupref_rpc_send"



=== TEST 24: twice is refused
--- in_rpc
jupref_rpc_send fanout=2;
jupref_rpc_send fanout=3;
--- must_die
--- error_log
"jupref_rpc_send" directive is duplicate



=== TEST 25: a judge that takes its time gets another one beside it
--- pool: max_lag=20s
--- nodes
a => { chain => { offset => -60 }, sendTransaction => takes() },
b => { chain => {}, sendTransaction => takes(4) }
--- story
pooled();
sleep 1;

my $transaction = transaction_text();
my $start = time;

is_accepted(sent($transaction), $transaction);
cmp_ok(time - $start, '<', 3);

# with its own preflight: it isn't a copy

ok(!$_->{skipPreflight}) for settings_seen('a');
is(settings_seen('a'), 1);



=== TEST 26: providers behind local sockets of nginx get it, copies and resends
--- pool
--- http
upstream behind {
    jupref_freshest;
    server unix:$RPC_x;
    server unix:$RPC_y;
}
server { listen unix:$RPC_x; location / { proxy_pass http://unix:$RPC_a:/; } }
server { listen unix:$RPC_y; location / { proxy_pass http://unix:$RPC_b:/; } }
--- server
location = /behind {
    jupref_rpc;
    jupref_rpc_send fanout=2 resend=500ms;
    proxy_pass http://behind;
    add_header X-Cache $jupref_rpc_cache;
}
--- nodes
a => { chain => {}, sendTransaction => takes() },
b => { chain => {}, sendTransaction => takes() }
--- story
RpcEdge::until('head', sub {
    (post('/behind', call('getSlot'), 'Content-Type: application/json')
        ->{header}{'x-cache'} // '') eq 'head' });

my $transaction = transaction_text();
is_accepted(post('/behind', call('sendTransaction', $transaction,
                                 { encoding => 'base64' }),
                 'Content-Type: application/json'), $transaction);
RpcEdge::until('copies', sub { settings_seen('a') && settings_seen('b') });
RpcEdge::until('resends', sub { settings_seen('a') + settings_seen('b') > 2 });
