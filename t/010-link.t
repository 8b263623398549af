# jupref_link: the click.  Where it leads, what the cookie is, what counts.

use Test::Nginx::Socket 'no_plan';
use Edge;

use Digest::SHA 'hmac_sha256_hex';

# What a cookie is, said a second time: by its documentation.

sub cookie {
    my ($code, $seconds_ago) = @_;
    my $text = sprintf 'v1.k1.%s.%016x', $code,
                       (time - $seconds_ago) * 1000;

    return "$text." . hmac_sha256_hex("jupref cookie\n$text",
                                      pack 'H*', $Edge::cookie_key);
}

our $order = '/order?inputMint=' . Edge::name('ALICE')
             . '&outputMint=' . Edge::name('BOB') . '&amount=1';

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_referral_account $REFERRAL;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_tier default fee=100;
    jupref_code Shop referrer=$ALICE;
    jupref_code OTHER referrer=$BOB;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "{}"; }
    }
', '
    location /r/ { jupref_link to=/welcome; }
    location /v1/ { jupref_api; }
    location = /metrics { jupref_metrics; }
    location = /order {
        jupref_order;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
');

run_tests();

__DATA__

=== TEST 1: a click: a redirect, never stored, with exactly this cookie
--- exchange
> GET /r/Shop
< 302
< Location: /welcome
< Cache-Control: no-store
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\.[0-9a-f]{16}\.[0-9a-f]{64}; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax
<<-



=== TEST 2: the cookie's name and age are those of the location
--- config
    location /r/ {
        jupref_link;
        jupref_attribution last window=90m cookie=ref;
    }
--- exchange
> GET /r/Shop
< 302
< Set-Cookie ~ ref=v1\.[^;]+; Max-Age=5400; Path=/; Secure; HttpOnly; SameSite=Lax



=== TEST 3: codes are compared without case, the cookie has the owner's spelling
--- exchange
> GET /r/sHOP
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*

> GET /r/S%68op
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*



=== TEST 4: an unknown code redirects just the same, without a cookie
--- exchange
> GET /r/NOBODY
< 302
< Location: /welcome
< Cache-Control: no-store
< Set-Cookie -

> GET /r/NOBODY?to=%2Fswap
< 302
< Location: /swap
< Set-Cookie -



=== TEST 5: what can't be a code redirects too, without a cookie
--- exchange
> GET /r/
< 302
< Location: /welcome
< Set-Cookie -

> GET /r/ab
< 302
< Location: /welcome
< Set-Cookie -

> GET /r/Shop/x
< 302
< Location: /welcome
< Set-Cookie -

> GET /r/Shop%2FOTHER
< 302
< Location: /welcome
< Set-Cookie -

> GET /r/Shop%0D%0ASet-Cookie:%20a=b
< 302
< Location: /welcome
< Set-Cookie -

> GET /r/A2345678901234567890123456789012345
< 302
< Location: /welcome
< Set-Cookie -



=== TEST 6: a location without its last slash reads the code behind it
--- config
    location /r { jupref_link; }
--- exchange
> GET /r/Shop
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*



=== TEST 7: a suspended referrer's code redirects without a cookie, and back
--- exchange
> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"suspended"}
< 200

> GET /r/Shop
< 302
< Location: /welcome
< Cache-Control: no-store
< Set-Cookie -

> GET /v1/codes/Shop
< 200
<< {"status":"suspended","clicks":0,"...":1}

> PATCH /v1/admin/referrers/$ALICE
> as admin
>> {"status":"active"}
< 200

> GET /r/Shop
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*



=== TEST 8: a retired code redirects without a cookie
--- exchange
> GET /r/OTHER
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.OTHER\..*
<! jupref_code OTHER

> GET /r/OTHER
< 302
< Location: /welcome
< Cache-Control: no-store
< Set-Cookie -

> GET /v1/codes/OTHER
< 200
<< {"status":"retired","clicks":1,"...":1}

> GET /r/Shop
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*



=== TEST 9: ?to= leads to a path of this site, query and fragment included
--- exchange
> GET /r/Shop?to=/swap/SOL-USDC
< 302
< Location: /swap/SOL-USDC
< Set-Cookie ~ __Host-jupref=v1\.k1\.Shop\..*

> GET /r/Shop?to=%2Fswap%3Fpair%3DSOL-USDC%26x%3D1%23top
< 302
< Location: /swap?pair=SOL-USDC&x=1#top

> GET /r/Shop?a=1&to=/swap&b=2
< 302
< Location: /swap

> GET /r/Shop?t%6F=/swap
< 302
< Location: /swap

> GET /r/Shop?to=/
< 302
< Location: /



=== TEST 10: of two ?to= the first is looked at, good or not
--- exchange
> GET /r/Shop?to=/first&to=/second
< 302
< Location: /first

> GET /r/Shop?to=//evil.example&to=/second
< 302
< Location: /welcome



=== TEST 11: what has no place in a Location goes percent-encoded
--- exchange
> GET /r/Shop?to=/caf%C3%A9
< 302
< Location: /caf%C3%A9

> GET /r/Shop?to=/a%20b
< 302
< Location: /a%20b

> GET /r/Shop?to=/%22%3Cb%3E
< 302
< Location: /%22%3Cb%3E



=== TEST 12: ?to= never leads to another site
--- exchange
> GET /r/Shop?to=https://evil.example/
< 302
< Location: /welcome

> GET /r/Shop?to=https%3A%2F%2Fevil.example
< 302
< Location: /welcome

> GET /r/Shop?to=//evil.example/
< 302
< Location: /welcome

> GET /r/Shop?to=%2f%2fevil.example
< 302
< Location: /welcome

> GET /r/Shop?to=/%2Fevil.example
< 302
< Location: /welcome

> GET /r/Shop?to=/\evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=%2F%5Cevil.example
< 302
< Location: /welcome

> GET /r/Shop?to=\\evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=/a\..\\evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=/%09/evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=%09//evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=%20//evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=javascript:alert(1)
< 302
< Location: /welcome

> GET /r/Shop?to=evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=@evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=%252F%252Fevil.example
< 302
< Location: /welcome



=== TEST 13: dots don't lead to another site either
--- exchange
> GET /r/Shop?to=/.//evil.example
< 302
< Location ~ /welcome|/\.//evil\.example

> GET /r/Shop?to=/%2e%2e//evil.example
< 302
< Location ~ /welcome|/\.\.//evil\.example



=== TEST 14: an encoded line break writes no header
--- exchange
> GET /r/Shop?to=/a%0d%0aSet-Cookie:%20evil=1
< 302
< Location: /welcome
< Set-Cookie ~ __Host-jupref=[^\r\n]*

> GET /r/Shop?to=/a%0aX-Evil:%201
< 302
< Location: /welcome
< X-Evil -

> GET /r/Shop?to=/a%00b
< 302
< Location: /welcome

> GET /r/Shop?to=/a%7fb
< 302
< Location: /welcome



=== TEST 15: an empty ?to=, one without a value, one too long: none was given
--- exchange eval
CORE::join "\n\n", map { "> GET /r/Shop?$_\n< 302\n< Location: /welcome" }
    'to=', 'to', '', '&', 'TO=/a', 'to=/' . 'a' x 2048
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 16: nobody's Host header decides where a visitor lands
--- exchange
> GET /r/Shop
> Host: evil.example
< 302
< Location: /welcome

> GET /r/Shop?to=/swap
> Host: evil.example
> X-Forwarded-Host: evil.example
< 302
< Location: /swap



=== TEST 17: clicks are seen at once, by code and by referrer
--- exchange
> GET /r/Shop
< 302

> GET /v1/codes/Shop
< 200
<< {"clicks":1,"...":1}

> GET /r/shop
< 302

> GET /r/Shop?to=/swap
< 302

> GET /v1/codes/Shop
< 200
<< {"clicks":3,"...":1}

> GET /v1/referrers/$ALICE
< 200
<< {"clicks":3,"codes":[{"code":"Shop","clicks":3,"...":1}],"...":1}

> GET /v1/codes/OTHER
< 200
<< {"clicks":0,"...":1}

> GET /v1/platform
< 200
<< {"totals":{"clicks":3,"...":1},"...":1}



=== TEST 18: clicks are booked as events, all of a second in one
--- exchange
> GET /v1/platform
< 200
<< {"totals":{"clicks":0,"events":4,"...":1},"...":1}

> GET /r/Shop
< 302

> GET /r/Shop
< 302

> GET /r/Shop
< 302

> GET /r/Shop
< 302

> GET /metrics
< 200
<<~ jupref_link_clicks_total\{code="known"\} 4\n
<+ 2.2

> GET /v1/platform
< 200
<< {"totals":{"clicks":4,"...":1},"...":1}
<<~ "events":[56]\}

> GET /v1/codes/Shop
< 200
<< {"clicks":4,"...":1}



=== TEST 19: HEAD, prefetch and prerender redirect and don't count
--- exchange
> HEAD /r/Shop
< 302
< Location: /welcome

> GET /r/Shop
> Sec-Purpose: prefetch
< 302
< Location: /welcome

> GET /r/Shop
> Sec-Purpose: prefetch;prerender
< 302

> GET /r/Shop
> Purpose: prefetch
< 302

> GET /r/Shop
> X-Moz: prefetch
< 302

> GET /r/Shop
> Sec-Purpose: Prefetch
< 302

> HEAD /r/NOBODY
< 302

> GET /v1/codes/Shop
< 200
<< {"clicks":0,"...":1}

> GET /metrics
< 200
<<~ jupref_link_clicks_total\{code="known"\} 0\n
<<~ jupref_link_clicks_total\{code="unknown"\} 0\n

> GET /r/Shop
> Sec-Purpose: navigate
< 302

> GET /v1/codes/Shop
< 200
<< {"clicks":1,"...":1}



=== TEST 20: visits by unknown and by impossible codes are counted as unknown
--- exchange
> GET /r/NOBODY
< 302

> GET /r/a
< 302

> GET /metrics
< 200
<<~ jupref_link_clicks_total\{code="known"\} 0\n
<<~ jupref_link_clicks_total\{code="unknown"\} 2\n



=== TEST 21: other methods are refused, without cookie or click
--- exchange
> POST /r/Shop
> Content-Type: text/plain
>> a
< 405
< Allow: GET, HEAD
< Set-Cookie -
< Location -

> PUT /r/Shop
< 405
< Allow: GET, HEAD
< Set-Cookie -

> DELETE /r/Shop
< 405
< Allow: GET, HEAD

> OPTIONS /r/Shop
< 405
< Allow: GET, HEAD

> GET /v1/codes/Shop
< 200
<< {"clicks":0,"...":1}



=== TEST 22: a body with a GET is read past
--- exchange
> GET /r/Shop
>> {"to":"https://evil.example"}
< 302
< Location: /welcome



=== TEST 23: the cookie that a link sets attributes an order
--- config
    location /r/ { jupref_link; }
    location = /click-and-order {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/r/Shop;
        proxy_intercept_errors on;
        error_page 302 = /with?cookie=$upstream_http_set_cookie;
    }
    location = /with {
        internal;
        proxy_set_header Cookie $arg_cookie;
        proxy_pass http://127.0.0.1:$server_port/order?inputMint=$ALICE&outputMint=$BOB&amount=1;
    }
    location /order {
        jupref_order;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange
> GET /click-and-order
< 200
< Jupref-Code: Shop



=== TEST 24: a cookie is signed as documented: nothing else is believed
--- exchange eval
my %cookies = (
    good    => main::cookie('Shop', 60),
    lower   => main::cookie('shop', 60),
    forged  => main::cookie('Shop', 60) =~ s/Shop/OTHER/r,
    signed  => main::cookie('Shop', 60) =~ s/.$/g/r,
    cut     => main::cookie('Shop', 60) =~ s/..$//r,
    key     => main::cookie('Shop', 60) =~ s/k1/k2/r,
    version => main::cookie('Shop', 60) =~ s/^v1/v2/r,
    expired => main::cookie('Shop', 31 * 24 * 60 * 60),
    future  => main::cookie('Shop', -3600),
);
CORE::join "\n\n", map {
    "> GET $main::order\n> Cookie: a=b; __Host-jupref=$cookies{$_}\n< 200\n"
    . ($_ eq 'good' || $_ eq 'lower' ? '< Jupref-Code: Shop'
                                     : '< Jupref-Code -')
} sort keys %cookies



=== TEST 25: a link in a regex location is refused: it has no paths below
--- config
    location ~ ^/r/ { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "^/r/" has no paths below it
a prefix location such as "location /r/"



=== TEST 26: so is a link in a named location
--- config
    location @r { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "@r" has no paths below it
a prefix location such as "location /r/"



=== TEST 27: and one in an exact location
--- config
    location = /r { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "/r" has no paths below it
a prefix location such as "location /r/"



=== TEST 28: pipelined clicks on one connection all count
--- pipelined_requests eval
["GET /r/Shop", "GET /r/Shop", "GET /r/NOBODY", "GET /r/Shop",
 "GET /v1/codes/Shop"]
--- error_code eval
[302, 302, 302, 302, 200]
--- response_body_like eval
['^$', '^$', '^$', '^$', '"clicks":3,']
