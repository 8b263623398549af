# jupref_health: live never depends on anything else, ready says why not.

use Test::Nginx::Socket 'no_plan';
use Edge;

use IO::Socket::INET;

# --- fill: behind the first exchange, registers one wallet after the other
# until there is no room for the next

my $digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';


# The n-th of many wallets: 43 digits of base58 that make 32 bytes.

sub wallet {
    my ($n) = @_;
    my $text = 'z';

    for (1 .. 42) {
        $text .= substr $digits, $n % 57 + 1, 1;
        $n = int $n / 57;
    }

    return $text;
}


sub post {
    my ($socket, $wallet) = @_;
    my $body = qq({"wallet":"$wallet"});

    print $socket "POST /v1/admin/referrers HTTP/1.1\r\nHost: edge\r\n"
                  . 'Authorization: Bearer ' . Edge::name('ADMIN') . "\r\n"
                  . "Content-Type: application/json\r\nContent-Length: "
                  . length($body) . "\r\n\r\n$body";

    local $/ = "\r\n\r\n";
    my $header = <$socket> // die 'nginx is gone';
    my ($length) = $header =~ /^Content-Length: (\d+)/m;
    my $answer;
    read $socket, $answer, $length;

    return $header =~ /^HTTP\S+ (\d+)/ ? $1 : die "no status: $header";
}

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $index) = @_;
    my ($count, $status, $socket) = (0, 201, undef);

    return if !defined $block->fill || $index > 0;

    while ($status == 201) {

        # nginx ends a connection after a thousand requests

        if ($count % 500 == 0) {
            $socket = IO::Socket::INET->new(
                          PeerAddr => '127.0.0.1',
                          PeerPort => $Test::Nginx::Util::ServerPort)
                or die "connect: $!";
        }

        $status = post($socket, wallet(++$count));
    }

    Test::More::is($status, 507, "$count wallets are one too many");
});

Edge::configure('
    jupref_zone main 8m;
    jupref_tier default fee=100;
', '
    location = /health { jupref_health; }
    location = /live { jupref_health live; }
    location = /ready { jupref_health ready; }
');

run_tests();

__DATA__

=== TEST 1: live and ready, with a ledger
--- exchange
> GET /health
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"status":"ok"}

> GET /live
< 200
<< {"status":"ok"}

> GET /ready
< 200
< Content-Type: application/json
< Cache-Control: no-store
<< {"status":"ok","ledger":"memory","reasons":[]}



=== TEST 2: live without a zone; not ready, saying so
--- http_config
--- exchange
> GET /health
< 200
<< {"status":"ok"}

> GET /live
< 200
<< {"status":"ok"}

> GET /ready
< 503
< Content-Type: application/json
< Cache-Control: no-store
<< {"status":"not ready","ledger":null,
<<  "reasons":["there is no jupref_zone, so no ledger"]}



=== TEST 3: HEAD has the header alone
--- exchange
> HEAD /health
< 200
< Content-Length: 15
<<-

> HEAD /ready
< 200
<<-



=== TEST 4: other methods are refused
--- exchange
> POST /health
>> {}
< 405
< Allow: GET, HEAD

> DELETE /ready
< 405
< Allow: GET, HEAD



=== TEST 5: a query string changes nothing
--- exchange
> GET /ready?full=1
< 200
<< {"status":"ok","...":1}



=== TEST 6: with a table full it is degraded, not down, and the API says 507
--- fill
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
--- config
    location = /health { jupref_health; }
    location = /ready { jupref_health ready; }
    location /v1/ { jupref_api; }
--- exchange
> GET /ready
< 200

> POST /v1/admin/referrers
> as admin
>> {"wallet":"$ALICE"}
< 507
< Content-Type: application/problem+json
<< {"type":"urn:jupref:problem:ledger_full","title":"Ledger full",
<<  "status":507,"code":"ledger_full",
<<  "detail":"the table of referrers is full: enlarge the zone"}

> GET /v1/referrers/$ALICE
< 404

> GET /health
< 200
<< {"status":"ok"}

> GET /ready
< 200
<< {"status":"degraded","ledger":"memory",
<<  "reasons":["the table of referrers is full: enlarge the zone"]}
