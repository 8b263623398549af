# GET fees: what a trade would be charged, saved, and who would get what.
#
# What must come is reckoned here a second time, from the design's law:
#
#     fee F       = floor(amount x max(50, fee - discount) / 10000)
#     partner P   = floor(F x 8000 / 10000), Jupiter keeps F - P
#     level i     = floor(P x share_i / 100 %)
#     platform    = P - all levels
#     saved       = floor(amount x fee / 10000) - F

use Test::Nginx::Socket 'no_plan';
use Edge;

use Math::BigInt;

my %tiers = (
    default => { fee => 100, discount => 0,  shares => [0, 0, 0] },
    simple  => { fee => 100, discount => 10, shares => [2000, 0, 0] },
    three   => { fee => 120, discount => 30, shares => [4000, 500, 100] },
    odd     => { fee => 255, discount => 54, shares => [3333, 1717, 7] },
    all     => { fee => 255, discount => 0,  shares => [9850, 100, 50] },
    floored => { fee => 60,  discount => 40, shares => [5000, 2500, 2500] },
);

my @amounts = (0, 1, 39, 40, 41, 49, 50, 99, 100, 111, 112, 199, 200, 201, 9999,
               10_000, 12_345, 1_000_000, '1000000007', '9007199254740993',
               '12345678901234567890', '18446744073709551614',
               '18446744073709551615');


sub share {
    my ($amount, $bps) = @_;
    return Math::BigInt->new($amount)->bmul($bps)->bdiv(10_000)->bfloor;
}


# The answer to `amount` with a code whose levels these wallets are; undef for
# one that earns nothing.

sub answer {
    my ($code, $tier, $amount, @wallets) = @_;
    my $terms = $tiers{$tier};
    my $charged = $terms->{fee} - $terms->{discount};

    $charged = 50 if $charged < 50;

    my $fee = share($amount, $charged);
    my $saved = share($amount, $terms->{fee})->bsub($fee);
    my $partner = share($fee, 8000);
    my $platform = $partner->copy;
    my @levels;

    for my $level (1 .. 3) {
        next if !$wallets[$level - 1] || !$terms->{shares}[$level - 1];

        my $part = share($partner, $terms->{shares}[$level - 1]);

        $platform->bsub($part);
        push @levels, qq({"level":$level,"wallet":"$wallets[$level - 1]",)
                      . qq("amount":"$part"});
    }

    my $shares = join ',', @{ $terms->{shares} };
    my $cut = $fee->copy->bsub($partner);

    return '<< {"code":' . (defined $code ? qq("$code") : 'null')
           . qq(,"tier":"$tier","feeBps":$terms->{fee},)
           . qq("discountBps":$terms->{discount},"chargedBps":$charged,)
           . qq("sharesBps":[$shares],"amount":"$amount","fee":"$fee",)
           . qq("saved":"$saved","jupiterCut":"$cut","platform":"$platform",)
           . '"levels":[' . join(',', @levels) . ']}';
}


# All amounts, through one code.

sub fees {
    my ($code, $tier, @wallets) = @_;
    my $argument = defined $code ? "code=$code&" : '';

    return join "\n\n", map {
        "> GET /v1/fees?${argument}amount=$_\n< 200\n"
        . answer($code, $tier, $_, @wallets)
    } @amounts;
}

Edge::configure('
    jupref_zone main 8m;
    jupref_api_key root role=admin sha256=$ADMIN_SHA256;

    jupref_tier default fee=100;
    jupref_tier simple fee=100 discount=10 share=20%;
    jupref_tier three fee=120 discount=30 share=40%,5%,1%;
    jupref_tier odd fee=255 discount=54 share=33.33%,17.17%,0.07%;
    jupref_tier all fee=255 share=98.5%,1%,0.5%;
    jupref_tier floored fee=60 discount=40 share=50%,25%,25%;

    jupref_code SIMPLE referrer=$ALICE tier=simple parent=$BOB;
    jupref_code THREE referrer=$ALICE tier=three;
    jupref_code ODD referrer=$ALICE tier=odd;
    jupref_code ALL referrer=$ALICE tier=all;
    jupref_code FLOORED referrer=$ALICE tier=floored;
    jupref_code PLAIN referrer=$TRADER parent=$BOB;
    jupref_code BOB referrer=$BOB tier=three parent=$CAROL;
    jupref_code CAROL referrer=$CAROL tier=three parent=$DAVE;
    jupref_code DAVE referrer=$DAVE tier=three;
', '
    location /v1/ { jupref_api; }
');

# floored warns that it is

Test::Nginx::Socket::add_block_preprocessor(sub {
    $_[0]->set_value(suppress_stderr => '');
});

run_tests();

__DATA__

=== TEST 1: without a code the default tier's fee, all of the partner's part ours
--- exchange eval
main::fees(undef, 'default')



=== TEST 2: one level
--- exchange eval
main::fees('SIMPLE', 'simple', '$ALICE')



=== TEST 3: three levels: the owner, its parent, the parent's parent; no fourth
--- exchange eval
main::fees('THREE', 'three', '$ALICE', '$BOB', '$CAROL')



=== TEST 4: percentages with places, everything rounds down, the platform takes it
--- exchange eval
main::fees('ODD', 'odd', '$ALICE', '$BOB', '$CAROL')



=== TEST 5: all of it given away: only what rounding leaves is the platform's
--- exchange eval
main::fees('ALL', 'all', '$ALICE', '$BOB', '$CAROL')



=== TEST 6: the charge never goes under 50 bps, whatever the discount
--- exchange eval
main::fees('FLOORED', 'floored', '$ALICE', '$BOB', '$CAROL')



=== TEST 7: a code on the default tier is charged it, and earns nobody anything
--- exchange eval
main::fees('PLAIN', 'default')



=== TEST 8: with fewer above there are fewer levels, and the platform keeps theirs
--- exchange eval
CORE::join "\n\n", main::fees('CAROL', 'three', '$CAROL', '$DAVE'),
             main::fees('DAVE', 'three', '$DAVE')



=== TEST 9: a suspended parent earns nothing, and nobody moves up to its level
--- exchange eval
CORE::join "\n\n",
    "> PATCH /v1/admin/referrers/\$BOB\n> as admin\n"
    . ">> {\"status\":\"suspended\"}\n< 200",
    main::fees('THREE', 'three', '$ALICE', undef, '$CAROL'),
    "> GET /v1/fees?code=BOB&amount=1\n< 404\n"
    . '<< {"code":"code_not_found","...":1}',
    main::fees('CAROL', 'three', '$CAROL', '$DAVE')



=== TEST 10: codes are compared without case and shown as their owner writes them
--- exchange
> GET /v1/fees?code=three&amount=10000
< 200
<< {"code":"THREE","fee":"90","...":1}

> GET /v1/fees?amount=10000&code=%54hree
< 200
<< {"code":"THREE","fee":"90","...":1}



=== TEST 11: a code that nobody has is no trade without one
--- exchange eval
CORE::join "\n\n", map { "> GET /v1/fees?code=$_&amount=1\n< 404\n<< "
                   . '{"type":"urn:jupref:problem:code_not_found",'
                   . '"title":"No such code","status":404,'
                   . '"code":"code_not_found","detail":"<any>"}' }
    'NOBODY', 'x', 'THREE%20', 'THREE%00', '%3Cb%3E', 'A' x 33, 'A' x 500



=== TEST 12: an amount is given in base units, from 0 to 2^64 - 1
--- exchange eval
CORE::join "\n\n", map { "> GET /v1/fees$_\n< 400\n<< "
                   . '{"code":"invalid_argument","detail":"amount must be given'
                   . ' as whole base units, 0 to 2^64-1","...":1}' }
    '', '?', '?code=THREE', (map { "?amount=$_" }
    '', '18446744073709551616', '99999999999999999999', '-1', '+1', '%2B1',
    '1.0', '1,000', '1e3', '0x10', '1%20', '%201', 'one', '1_000',
    '1%00', '9' x 500)



=== TEST 13: the first of two amounts counts
--- exchange
> GET /v1/fees?amount=10000&amount=1
< 200
<< {"amount":"10000","fee":"100","...":1}
