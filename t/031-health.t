# jupref_health: live never depends on anything else, ready says why not.

use Test::Nginx::Socket 'no_plan';
use Edge;

use Math::BigInt;

# So many wallets that a zone of 8m has no room for them.

sub wallets {
    my ($count) = @_;
    my @digits = split //,
        '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

    return map {
        my $number = Math::BigInt->new("0x" . 'ab' x 30 . sprintf '%04x', $_);
        my $text = '';

        while (!$number->is_zero) {
            my ($rest, $digit) = $number->bdiv(58);
            $text = $digits[$digit] . $text;
        }

        $text;
    } 1 .. $count;
}

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



=== TEST 6: with a table full it is live and not ready, and the API says 507
--- http_config eval
my @rows = main::wallets(2000);
"jupref_zone main 8m; jupref_tier default fee=100;
 jupref_api_key root role=admin sha256=\$ADMIN_SHA256;\n"
--- config
    location = /health { jupref_health; }
    location = /ready { jupref_health ready; }
    location /v1/ { jupref_api; }
--- exchange eval
my @wallets = main::wallets(841);
my $last = pop @wallets;
join "\n\n",
    (map { "> POST /v1/admin/referrers\n> as admin\n"
           . qq(>> {"wallet":"$_"}\n< 201) } @wallets),
    "> POST /v1/admin/referrers\n> as admin\n" . qq(>> {"wallet":"$last"}\n)
    . "< 507\n< Content-Type: application/problem+json\n"
    . '<< {"type":"urn:jupref:problem:ledger_full","title":"Ledger full",'
    . '"status":507,"code":"ledger_full",'
    . '"detail":"the table of referrers is full: enlarge the zone"}',
    "> GET /health\n< 200\n<< {\"status\":\"ok\"}",
    "> GET /ready\n< 503\n<< "
    . '{"status":"not ready","ledger":"memory",'
    . '"reasons":["the table of referrers is full: enlarge the zone"]}'
