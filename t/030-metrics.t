# jupref_metrics: Prometheus text 0.0.4, OpenMetrics 1.0 when asked for.

use Test::Nginx::Socket 'no_plan';
use Edge;

our $order = '/order?inputMint=' . Edge::name('ALICE')
             . '&outputMint=' . Edge::name('BOB') . '&amount=1';

my $number = qr/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/;
my $label = qr/[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"/;

# Buckets that only grow, the last one without a bound, then sum and count.

sub wrong_bucket {
    my ($family, $line, $bucket) = @_;

    if ($line =~ /^\Q$family\E_bucket\{le="([^"]+)"\} (\d+)$/) {
        return "$line after the last" if exists $bucket->{$family}{last};
        return "$line shrinks" if $2 < ($bucket->{$family}{size} // 0);
        return "$line out of order"
            if $1 ne '+Inf' && $1 <= ($bucket->{$family}{bound} // 0);
        @{ $bucket->{$family} }{qw(bound size)} = ($1, $2);
        $bucket->{$family}{last} = $2 if $1 eq '+Inf';
        return;
    }

    return if $line =~ /^\Q$family\E_sum $number$/;

    if ($line =~ /^\Q$family\E_count (\d+)$/) {
        return "$line isn't the last bucket"
            if $1 != ($bucket->{$family}{last} // -1);
        return;
    }

    return "no line of a histogram: $line";
}


# The grammar, line by line: what is wrong with an exposition, or nothing.

sub wrong {
    my ($text, $open) = @_;
    my ($family, $type, %seen, %sample, %bucket);
    my @lines = split /\n/, $text, -1;

    return 'no newline at the end' if pop @lines ne '';

    if ($open) {
        return 'no # EOF at the end' if pop @lines ne '# EOF';
    }

    for my $line (@lines) {

        if ($line =~ /^# HELP ([a-zA-Z_:][\w:]*) (\S.*)$/) {
            return "$1 without samples" if defined $family && !$sample{$family};
            return "$1 comes twice" if $seen{$1}++;
            ($family, $type) = ($1, undef);

        } elsif ($line =~ /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/) {
            return "TYPE of $1 without HELP"
                if !defined $family || $1 ne $family || defined $type;
            $type = $2;

        } elsif ($line =~ /^([a-zA-Z_:][\w:]*)(\{$label(?:,$label)*\})? $number$/)
        {
            my $name = $1;
            return "$name outside of a family" if !defined $type;

            my $must = $family;
            $must .= '_total' if $open && $type eq 'counter';

            if ($type eq 'histogram') {
                my $wrong = wrong_bucket($family, $line, \%bucket);
                return $wrong if $wrong;
                $sample{$family}++;
                next;
            }

            return "$name in $family" if $name ne $must;
            return "a counter named $name" if $type eq 'counter'
                                              && $name !~ /_total$/;
            return "a gauge named $name" if $type eq 'gauge'
                                            && $name =~ /_total$/;
            return "$line twice" if $seen{"$name" . ($2 // '')}++ && defined $2;
            $sample{$family}++;

        } else {
            return "no line of an exposition: $line";
        }
    }

    return "$family without samples" if !$sample{$family};
    return 'not jupref: ' . join ' ', grep { !/^jupref_/ } keys %seen
        if grep { !/^jupref_/ } keys %seen;
    return;
}

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body) = @_;

    return if !defined $block->exposition;
    Test::More::is(main::wrong($body, $block->exposition eq 'open'), undef,
                   $block->name . ' - every line has its place');
});

Edge::configure('
    jupref_zone main 8m;
    jupref_keyring $KEYRING;
    jupref_referral_account $REFERRAL;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location = /order { return 200 "{}"; }
        location = /execute { return 200 "{}"; }
    }
', '
    location = /metrics { jupref_metrics; }
    location /v1/ { jupref_api; }
    location /r/ { jupref_link; }
    location = /order {
        jupref_order;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /execute {
        jupref_execute;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
');

run_tests();

__DATA__

=== TEST 1: Prometheus text, every family with its HELP and TYPE
--- request
GET /metrics
--- response_headers
Content-Type: text/plain; version=0.0.4; charset=utf-8
Cache-Control: no-store
--- exposition chomp
prometheus



=== TEST 2: OpenMetrics when it is asked for, with its end marked
--- request
GET /metrics
--- more_headers
Accept: application/openmetrics-text; version=1.0.0; charset=utf-8
--- response_headers
Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
--- exposition chomp
open



=== TEST 3: as Prometheus itself asks
--- request
GET /metrics
--- more_headers
Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1
--- response_headers
Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
--- exposition chomp
open



=== TEST 4: any other Accept gets Prometheus text
--- exchange
> GET /metrics
> Accept: */*
< 200
< Content-Type: text/plain; version=0.0.4; charset=utf-8

> GET /metrics
> Accept: application/json
< 200
< Content-Type: text/plain; version=0.0.4; charset=utf-8

> GET /metrics
> Accept: a
< 200
< Content-Type: text/plain; version=0.0.4; charset=utf-8



=== TEST 5: a new edge has all of its samples, at nothing
--- exchange
> GET /metrics
< 200
<<~ \njupref_orders_total\{referred="no"\} 0\njupref_orders_total\{referred="yes"\} 0\n
<<~ \njupref_trades_total\{outcome="executed"\} 0\n
<<~ \njupref_trades_total\{outcome="failed"\} 0\n
<<~ \njupref_trades_total\{outcome="unknown"\} 0\n
<<~ \njupref_trades_total\{outcome="unmatched"\} 0\n
<<~ \njupref_unattributed_total\{reason="bad_arguments"\} 0\n
<<~ \njupref_unattributed_total\{reason="ledger_refused"\} 0\n
<<~ \njupref_fee_integrity_total\{verdict="dropped"\} 0\n
<<~ \njupref_link_clicks_total\{code="known"\} 0\n
<<~ \njupref_ledger_events_total 2\n
<<~ \njupref_ledger_rows\{table="codes"\} 1\n
<<~ \njupref_ledger_capacity_rows\{table="trades"\} [1-9]\d+\n
<<~ \njupref_pending_orders_evicted_total 0\n
<<~ \njupref_ledger_damaged 0\n



=== TEST 6: counters move: orders, clicks, events, refusals
--- exchange eval
my $text = <<"EOT";
> GET $main::order
< 200

> GET $main::order&ref=SHOP
< 200

> GET $main::order&ref=NOBODY
< 200

> GET $main::order&taker=\$ALICE&ref=shop
< 200

> GET /order?amount=1
< 200

> GET /r/SHOP
< 302

> GET /r/NOBODY
< 302

> POST /execute
>> {"requestId":"unheard-of","signedTransaction":"AA=="}
< 200

> POST /v1/admin/referrers
> as admin
>> {"wallet":"\$ALICE"}
< 409

> POST /v1/admin/referrers
> as admin
>> {"wallet":"\$BOB"}
< 201
<+ 2.2

> GET /metrics
< 200
<<~ jupref_orders_total\\{referred="no"\\} 3\\n
<<~ jupref_orders_total\\{referred="yes"\\} 1\\n
<<~ jupref_unattributed_total\\{reason="code_not_found"\\} 1\\n
<<~ jupref_unattributed_total\\{reason="self_referral"\\} 1\\n
<<~ jupref_unattributed_total\\{reason="bad_arguments"\\} 1\\n
<<~ jupref_link_clicks_total\\{code="known"\\} 1\\n
<<~ jupref_link_clicks_total\\{code="unknown"\\} 1\\n
<<~ jupref_trades_total\\{outcome="unmatched"\\} 1\\n
<<~ jupref_ledger_refused_total\\{reason="referrer_exists"\\} 1\\n
<<~ jupref_ledger_events_total [4-6]\\n
<<~ jupref_ledger_rows\\{table="referrers"\\} 2\\n
EOT



=== TEST 7: counters are the zone's: a reload doesn't set them back
--- exchange
> GET /r/SHOP
< 302
<! jupref_keep_this_out

> GET /r/SHOP
< 302

> GET /metrics
< 200
<<~ jupref_link_clicks_total\{code="known"\} 2\n
--- config
    location = /metrics { jupref_metrics; }
    location /r/ { jupref_link; }
    # jupref_keep_this_out



=== TEST 8: HEAD has the header alone, other methods are refused
--- exchange
> HEAD /metrics
< 200
< Content-Length ~ [1-9]\d*
<<-

> POST /metrics
>> {}
< 405
< Allow: GET, HEAD



=== TEST 9: nobody's wallet, code or mint is a label
--- exchange
> GET /metrics
< 200
<<~ ^(?!.*SHOP)(?!.*$ALICE)



=== TEST 10: OpenMetrics samples keep _total where families go without
--- exchange
> GET /metrics
> Accept: application/openmetrics-text
< 200
<<~ # TYPE jupref_link_clicks counter\njupref_link_clicks_total\{
<<~ \n# EOF\n$
