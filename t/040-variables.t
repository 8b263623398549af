# Variables: what is known of a trade, for logs, maps, limits and headers.

use Test::Nginx::Socket 'no_plan';
use Edge;

our $order = '/order?inputMint=' . Edge::name('ALICE')
             . '&outputMint=' . Edge::name('BOB') . '&amount=1000';

our $all = join ' ', map { "$_=\$jupref_$_" }
    qw(code referrer tier fee_bps discount_bps wallet request_id trade role);

our $format = "log_format trade '$all';\n";

our $http = $format . '
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_referral_account $REFERRAL;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_api_key ops role=operator sha256=$OPERATOR_SHA256;
    jupref_api_key eyes role=read sha256=$READER_SHA256;
    jupref_tier default fee=100;
    jupref_tier premium fee=120 discount=30 share=40%,5%,1%;
    jupref_tier floored fee=60 discount=40 share=10%;
    jupref_code SHOP referrer=$ALICE tier=premium;
    jupref_code LOW referrer=$BOB tier=floored;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location = /order {
            return 200 \'{"requestId":"order-1"}\';
        }
        location = /missing { return 404; }
        location /told {
            return 200 "code=$http_x_code fee=$http_x_fee role=$http_x_role";
        }
    }
';

Edge::configure($http, '
    location = /order {
        jupref_order;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log logs/access.log trade;
    }
');

# one of the tiers warns

Test::Nginx::Socket::add_block_preprocessor(sub {
    $_[0]->set_value(suppress_stderr => '');
});

run_tests();

__DATA__

=== TEST 1: log_format: an order with a code
--- exchange eval
"> GET $main::order&taker=\$TRADER&ref=shop\n< 200"
--- access_log eval
my $alice = Edge::name('ALICE');
my $trader = Edge::name('TRADER');
qr/^code=SHOP referrer=$alice tier=premium fee_bps=90 discount_bps=30 wallet=$trader request_id=order-1 trade=- role=-$/m
--- no_error_log
[error]
[alert]
[emerg]



=== TEST 2: log_format: an order that nobody sent has the default terms
--- exchange eval
"> GET $main::order\n< 200"
--- access_log eval
qr/^code=- referrer=- tier=default fee_bps=100 discount_bps=0 wallet=- request_id=order-1 trade=- role=-$/m



=== TEST 3: log_format: what is charged, where Jupiter's lower bound lifts it
--- exchange eval
"> GET $main::order&ref=LOW\n< 200\n< Jupref-Fee-Bps: 50\n"
. "< Jupref-Discount-Bps: 10"
--- access_log eval
qr/^code=LOW referrer=\S+ tier=floored fee_bps=50 discount_bps=10 wallet=- /m



=== TEST 4: log_format: an order that Jupiter would refuse is nobody's
--- exchange
> GET /order?amount=ten
< 200
--- access_log eval
qr/^code=- referrer=- tier=- fee_bps=- discount_bps=- wallet=- request_id=- trade=- role=-$/m



=== TEST 5: in locations that are none of ours they are all empty
--- config
    location /t {
        access_log logs/access.log trade;
        return 200;
    }
--- exchange
> GET /t?ref=SHOP
> Jupref-Code: SHOP
< 200
--- access_log eval
qr/^code=- referrer=- tier=- fee_bps=- discount_bps=- wallet=- request_id=- trade=- role=-$/m



=== TEST 6: so they are where nothing of ours is configured
--- http_config eval
$main::format
--- config
    location /t {
        access_log logs/access.log trade;
        return 200 "[$jupref_code$jupref_fee_bps$jupref_role]";
    }
--- exchange
> GET /t
> as admin
< 200
<<~ ^\[\]$
--- access_log eval
qr/^code=- referrer=- tier=- fee_bps=- discount_bps=- wallet=- request_id=- trade=- role=-$/m



=== TEST 7: $jupref_role is the key's, in any location
--- config
    location /t { return 200 "role=$jupref_role"; }
--- exchange
> GET /t
> as admin
< 200
<<~ ^role=admin$

> GET /t
> as operator
< 200
<<~ ^role=operator$

> GET /t
> as reader
< 200
<<~ ^role=read$

> GET /t
> Authorization: Bearer wrong
< 200
<<~ ^role=$

> GET /t
< 200
<<~ ^role=$



=== TEST 8: map: of a variable that is known
--- more_http
    map $jupref_tier $upstream_class {
        premium fast;
        default "$jupref_fee_bps-slow";
    }
--- config
    location = /order {
        jupref_order;
        add_header X-Class $upstream_class;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
"> GET $main::order&ref=SHOP\n< 200\n< X-Class: fast\n\n"
. "> GET $main::order\n< 200\n< X-Class: 100-slow"



=== TEST 9: proxy_set_header tells the upstream; what the client says is not it
--- config
    location = /order {
        jupref_order;
        proxy_set_header X-Code $jupref_code;
        proxy_set_header X-Fee $jupref_fee_bps;
        proxy_set_header X-Role $jupref_role;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/told;
    }
--- exchange eval
"> GET $main::order&ref=SHOP\n> as reader\n< 200\n"
. "<<~ ^code=SHOP fee=90 role=read\$\n\n"
. "> GET $main::order\n> X-Code: EVIL\n> X-Fee: 0\n< 200\n"
. "<<~ ^code= fee=100 role=\$"



=== TEST 10: limit_req_zone: by wallet, and only those that have one
--- more_http
    limit_req_zone $jupref_wallet zone=wallets:1m rate=1r/m;
--- config
    location = /order {
        jupref_order;
        limit_req zone=wallets;
        limit_req_status 429;
        limit_req_log_level info;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
CORE::join "\n\n",
    "> GET $main::order&taker=\$TRADER\n< 200",
    "> GET $main::order&taker=\$TRADER\n< 429",
    "> GET $main::order&taker=\$DAVE\n< 200",
    "> GET $main::order&taker=\$DAVE\n< 429",
    "> GET $main::order\n< 200", "> GET $main::order\n< 200"



=== TEST 11: limit_req_zone: by role and code together
--- more_http
    limit_req_zone $jupref_role$jupref_code zone=both:1m rate=1r/m;
--- config
    location = /order {
        jupref_order;
        limit_req zone=both;
        limit_req_status 429;
        limit_req_log_level info;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
CORE::join "\n\n",
    "> GET $main::order&ref=SHOP\n< 200", "> GET $main::order&ref=shop\n< 429",
    "> GET $main::order&ref=LOW\n< 200",
    "> GET $main::order&ref=SHOP\n> as reader\n< 200",
    "> GET $main::order&ref=SHOP\n> as reader\n< 429"



=== TEST 12: in the rewrite phase, by "if" and "set"
--- config
    location = /order {
        jupref_order;
        set $early "$jupref_code:$jupref_fee_bps";
        if ($jupref_tier = premium) { return 403 "no premium: $early"; }
        add_header X-Early $early;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
"> GET $main::order&ref=SHOP\n< 403\n<<~ ^no premium: SHOP:90\$\n\n"
. "> GET $main::order&ref=LOW\n< 200\n< X-Early: LOW:50\n< Jupref-Code: LOW\n\n"
. "> GET $main::order\n< 200\n< X-Early: :100"



=== TEST 13: asked for before the location is found they are empty, and right later
--- config
    set $early "[$jupref_code]";
    location = /order {
        jupref_order;
        add_header X-Early $early;
        add_header X-Late "[$jupref_code]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
"> GET $main::order&ref=SHOP\n< 200\n< X-Early: []\n< X-Late: [SHOP]\n"
. "< Jupref-Code: SHOP"



=== TEST 14: asking several times asks the ledger once
--- config
    location = /metrics { jupref_metrics; }
    location = /order {
        jupref_order;
        set $early "$jupref_code$jupref_tier$jupref_code";
        add_header X-Late "$jupref_code$jupref_tier";
        access_log logs/access.log trade;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- exchange eval
"> GET $main::order&ref=SHOP\n< 200\n\n"
. "> GET $main::order&ref=NOBODY\n< 200\n\n"
. "> GET /metrics\n< 200\n<<~ jupref_orders_total\\{referred=\"no\"\\} 1\\n\n"
. "<<~ jupref_orders_total\\{referred=\"yes\"\\} 1\\n\n"
. "<<~ jupref_unattributed_total\\{reason=\"code_not_found\"\\} 1\\n"



=== TEST 15: after an internal redirect what was decided is still known
--- config
    location = /order {
        jupref_order;
        proxy_intercept_errors on;
        error_page 404 = /sorry;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/missing;
    }
    location = /sorry { return 200 "sorry, $jupref_code at $jupref_fee_bps"; }
--- exchange eval
"> GET $main::order&ref=SHOP\n< 200\n<<~ ^sorry, SHOP at 90\$"



=== TEST 16: a requestId can't break out of a log line or a header
--- http_config eval
my $http = $main::http;
$http =~ s/order-1/a\\\\u000d\\\\u000aX-Evil: 1/;
$http
--- exchange eval
"> GET $main::order\n< 200\n< X-Evil -"
--- access_log eval
qr/ request_id=a\?\?X-Evil: 1 trade=- role=-$/m



=== TEST 17: the role of an administrator's write is in the log
--- config
    location /v1/ {
        jupref_api;
        access_log logs/access.log trade;
    }
--- exchange
> POST /v1/admin/referrers
> as admin
>> {"wallet":"$CAROL"}
< 201
--- access_log
 role=admin
