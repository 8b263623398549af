# Front ends that land their swaps themselves: what they send through the
# gateway is tied to the order that it came from.

use Test::Nginx::Socket 'no_plan';
use TradingEdge;
use MIME::Base64 qw(decode_base64 encode_base64);
use ScriptedNodes;

# One node for all blocks.  It refuses what a client marks with maxRetries 9.

BEGIN {
    ScriptedNodes::start({ a => { chain => {}, sendTransaction => sub {
        my ($call) = @_;
        my $text = SampleTrades::first_signature($call->{params}[0]);

        return failure($call, -32002, 'Transaction simulation failed',
                       '{"err":"AccountNotFound","logs":[]}')
            if ($call->{params}[1]{maxRetries} // 0) == 9;
        return result($call, qq("$text"));
    } } });

    $ENV{TEST_NGINX_NODE} = ScriptedNodes::socket_of('a');
}

Test::Nginx::Util::add_cleanup_handler(sub { ScriptedNodes::close_down() });


# A trader with a real key: { key => file, public => 32 bytes, wallet => text }

sub trader {
    my $file = "$ENV{JUPREF_SUITE}/trader.$$.pem";

    system("openssl genpkey -algorithm ed25519 -out $file 2>/dev/null") == 0
        or die 'openssl genpkey';

    my $public = substr `openssl pkey -in $file -pubout -outform DER`, -32;

    return { key => $file, public => $public,
             wallet => SampleTrades::base58($public) };
}


# The sample's transaction as that trader's, and signed by him.

sub transaction_of {
    my ($trader) = @_;
    my $bytes = decode_base64(transaction('v0'));

    substr $bytes, 70, 32, $trader->{public};

    return $bytes;
}


sub signed_by {
    my ($trader, $bytes) = @_;
    my $file = "$ENV{JUPREF_SUITE}/message.$$";

    open my $out, '>:raw', $file or die "$file: $!";
    print $out substr $bytes, 65;
    close $out;

    my $signature = `openssl pkeyutl -sign -inkey $trader->{key} -rawin -in $file`;
    die 'openssl pkeyutl' if length $signature != 64;
    substr $bytes, 1, 64, $signature;

    return encode_base64($bytes, '');
}


# Orders as that trader, referred by amy.

sub ordered {
    my ($trader, $id) = @_;
    my $answer = order_answer(taker => $trader->{wallet}, requestId => $id,
        transaction => encode_base64(transaction_of($trader), ''));

    Test::More::is(get(order(taker => $trader->{wallet}, ref => 'amy'),
                       "X-Order: $answer")->{status}, 200, 'ordered');
}


sub sent {
    my ($text, %more) = @_;

    return JSON::PP->new->decode(post('/rpc', JSON::PP->new->encode({
        jsonrpc => '2.0', id => 1, method => 'sendTransaction',
        params => [$text, { encoding => 'base64', %more }] }),
        'Content-Type: application/json')->{body});
}


sub trades {
    my $trades = api('/v1/platform')->{totals}{trades};

    return "$trades->{executed} $trades->{unknown}";
}


no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a send whose message was priced is that order's trade
--- http
upstream nodes { jupref_freshest; server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- jupiter
order => sub { http(200, $_[0]{header}{'x-order'}) }
--- story
my $trader = trader();
my $signed = signed_by($trader, transaction_of($trader));

ordered($trader, 'one');
is(trades(), '0 0');
is(sent($signed)->{result}, first_signature($signed));
is(trades(), '0 1');

my $trade = api('/v1/trades')->{data}[0];
is($trade->{signature}, first_signature($signed));
is($trade->{state}, 'unknown');
is(metric('jupref_rpc_sends_tied_total'), 1);

# the same again is no other trade

sent($signed) for 1 .. 3;
is(trades(), '0 1');
is(metric('jupref_rpc_sends_tied_total'), 1);



=== TEST 2: without a pool all the same
--- http
upstream nodes { server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- jupiter
order => sub { http(200, $_[0]{header}{'x-order'}) }
--- story
my $trader = trader();
my $signed = signed_by($trader, transaction_of($trader));

ordered($trader, 'one');
is(sent($signed)->{result}, first_signature($signed));
is(trades(), '0 1');



=== TEST 3: a signature that isn't the taker's ties nothing, the send goes on
--- http
upstream nodes { jupref_freshest; server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- jupiter
order => sub { http(200, $_[0]{header}{'x-order'}) }
--- story
my $trader = trader();
my $bytes = transaction_of($trader);

ordered($trader, 'one');
substr $bytes, 1, 64, 'x' x 64;

my $forged = encode_base64($bytes, '');
is(sent($forged)->{result}, first_signature($forged));
is(trades(), '0 0');

# whoever forged it took nothing away from the trader

is(sent(signed_by($trader, transaction_of($trader)))->{error}, undef);
is(trades(), '0 1');



=== TEST 4: a message that nobody ordered is nobody's trade
--- http
upstream nodes { jupref_freshest; server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- story
my $trader = trader();

is(sent(signed_by($trader, transaction_of($trader)))->{error}, undef);
is(trades(), '0 0');
is(metric('jupref_rpc_sends_tied_total'), 0);



=== TEST 5: what the preflight refuses is no trade yet
--- http
upstream nodes { jupref_freshest; server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- jupiter
order => sub { http(200, $_[0]{header}{'x-order'}) }
--- story
my $trader = trader();
my $signed = signed_by($trader, transaction_of($trader));

ordered($trader, 'one');
is(sent($signed, maxRetries => 9)->{error}{code}, -32002);
is(trades(), '0 0');
is(sent($signed)->{error}, undef);
is(trades(), '0 1');



=== TEST 6: an execute of the same order afterwards is the same trade
--- http
upstream nodes { jupref_freshest; server unix:$TEST_NGINX_NODE; }
--- server
location = /rpc { jupref_rpc; proxy_pass http://nodes; }
--- jupiter
order => sub { http(200, $_[0]{header}{'x-order'}) }
--- story
my $trader = trader();
my $signed = signed_by($trader, transaction_of($trader));

ordered($trader, 'one');
is(sent($signed)->{error}, undef);
is(trades(), '0 1');
is(post('/swap/v2/execute', execute_body(requestId => 'one',
        signedTransaction => $signed))->{header}{'jupref-trade'}, 'executed');
is(trades(), '1 0');
