# The operator's accounts: whether fees can arrive, and whether what lies there
# is what the books say.

use strict;
use warnings;

use MIME::Base64 qw(decode_base64);
use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use ChainNodes;
use OwnNginx;

my @KEY = ("Authorization: Bearer $TradingEdge::ADMIN");
my $OWNER = wallet('who may upgrade');

ChainNodes::start(qw(a b));
ChainNodes::referral_account();
ChainNodes::program_data(1000, $OWNER);
ChainNodes::mint_account($MINT{SOL});
ChainNodes::mint_account($MINT{USDC}, decimals => 6);
ChainNodes::mint_account($MINT{BONK}, decimals => 5, program => 'token22');
ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, 5000);

my $state = "$ENV{JUPREF_SUITE}/fees.$$";
my %parts = (http => ChainNodes::upstream(qw(a b)),
             server => 'location = /ready { jupref_health ready; }',
             zone => "jupref_zone main 8m state=$state; "
                     . 'jupref_commit_timeout 5s;');
my $nginx = OwnNginx->start(%parts);

$nginx->expect(qr/incident/);


sub integrity { return api('/v1/admin/fee-integrity' . ($_[0] // ''), @KEY) }
sub reports { return api('/v1/admin/reconciliation', @KEY)->{data} }


# The agent looks at all accounts when it begins: a new one is made to.

sub look {
    my $before = time;

    $nginx->reload(%parts);
    comes('a look', sub {
        my $checked = integrity()->{checkedAt} or return 0;

        return $checked gt stamp($before);
    });
}


sub stamp {
    my ($time) = @_;
    my @at = gmtime $time;

    return sprintf '%04d-%02d-%02dT%02d:%02d:%06.3fZ', $at[5] + 1900,
                   $at[4] + 1, @at[3, 2, 1], $at[0] + $time - int $time;
}


sub comes {
    my ($what, $done) = @_;
    my $until = time + 60;

    until ($done->()) {
        die "$what doesn't come:\n" . substr $nginx->log, -3000
            if time > $until;
        sleep 0.2;
    }

    return pass("$what has come");
}


sub of_mint {
    my ($mint, $rows) = @_;
    my ($found) = grep { ($_->{mint} // '') eq $mint } @$rows;

    return $found;
}


# What the fee account holds follows what is landed.

my $balance = 5000;

sub pays {
    my ($id, $fee, %how) = @_;
    my $signature = traded($id, %{ $how{how} // {} });

    land($id, fee => $fee, before => $balance, %{ $how{land} // {} });
    $balance += $fee;
    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, $balance);

    return $signature;
}


sub ready { return api('/ready') }


subtest 'the referral account is read, and is as it should be' => sub {
    comes('a look', sub { integrity()->{checkedAt} });

    my $told = integrity();
    my ($account) = @{ $told->{referralAccounts} };

    is($account->{address}, $REFERRAL_ACCOUNT);
    is($account->{state}, 'good');
    is($account->{shareBps}, 8000);
    is($account->{partner}, wallet('the operator'));
    is($account->{project}, $ChainNodes::PROJECT);
    is_deeply($told->{referralProgram},
              { slot => 1000, authority => $OWNER, changes => 0 });
    is(metric('jupref_referral_accounts{state="good"}'), 1);
    is(metric('jupref_referral_program_slot'), 1000);
    is(ready()->{status}, 'ok');
};


subtest 'nobody without a key sees any of it' => sub {
    for my $path (qw(/v1/admin/fee-integrity /v1/admin/reconciliation
                    /v1/admin/incidents)) {
        is(get($path)->{status}, 401, $path);
    }
};


subtest 'what was there before the first trade is told, and books stay even' => sub {
    is(ruled(pays('one', 900000)), 'verified');
    look();
    comes('a report', sub { of_mint($MINT{SOL}, reports()) });

    my $report = of_mint($MINT{SOL}, reports());
    is($report->{balance}, 905000);
    is($report->{verified}, 900000);
    is($report->{claimed}, 0);
    is($report->{unexplained}, 5000, 'nobody has traded for that');
    is($report->{side}, 'more');

    # told once: who has cleared it isn't told again of the same

    comes('its incident', sub { metric('jupref_incidents{kind="fee_drift"}') });
    my ($raised) = @{ api('/v1/admin/incidents', @KEY)->{data} };
    is($raised->{incident}, 'fee_drift');
    is(admin('POST', '/v1/admin/incidents/fee_drift/clear', {})->{status},
       200);
    look();
    is(metric('jupref_incidents{kind="fee_drift"}'), 0);
    is(of_mint($MINT{SOL}, reports())->{unexplained}, 5000);
};


subtest 'a token account of a mint is derived under its own token program' => sub {
    get(order(id => 'bonk', inputMint => $MINT{BONK},
              outputMint => $MINT{USDC}));

    StubJupiter::start({ order => sub {
        my ($request) = @_;
        my $mint = $request->{args}{inputMint};
        http(200, order_answer(inputMint => $mint, feeBps => 5,
             platformFee => { feeBps => 5, feeMint => $mint },
             feeMint => $mint)) } });
    get(order(inputMint => $MINT{$_}, outputMint => $MINT{SOL}))
        for qw(BONK USDC);

    look();
    comes('both mints', sub {
        my $bonk = of_mint($MINT{BONK}, integrity()->{data});
        $bonk && @{ $bonk->{accounts} } && $bonk->{slot} });

    my $bonk = of_mint($MINT{BONK}, integrity()->{data});
    is($bonk->{tokenProgram}, $PROGRAM{token22});
    is($bonk->{decimals}, 5);
    is($bonk->{dropped}, 1);
    is($bonk->{accounts}[0]{tokenAccount}, $FEE_ACCOUNT{BONK22});
    is($bonk->{accounts}[0]{state}, 'missing');
    ok(!exists $bonk->{accounts}[0]{createTransaction});

    my $sol = of_mint($MINT{SOL}, integrity()->{data});
    is($sol->{accounts}[0]{state}, 'open');
    is($sol->{accounts}[0]{balance}, 905000);

    is(metric('jupref_fee_accounts{state="missing"}'), 2);
    is(metric('jupref_fee_accounts{state="open"}'), 1);
    is(metric('jupref_incidents{kind="fee_account"}'), 1);
    is(ready()->{status}, 'degraded');
    like("@{ ready()->{reasons} }", qr/token account/);
};


subtest 'with a payer each missing account has the transaction that makes it' => sub {
    my $payer = wallet('the operator');
    my $told = integrity("?payer=$payer");
    my $text = of_mint($MINT{BONK}, $told->{data})->{accounts}[0]
                   {createTransaction};
    my $bytes = decode_base64($text);

    # one empty signature, one signer, no readonly one; the payer comes first

    is(substr($bytes, 0, 1), "\1");
    is(substr($bytes, 1, 64), "\0" x 64, 'it is for the payer to sign');
    is(SampleTrades::base58(substr $bytes, 69, 32), $payer);
    ok(index($bytes, ChainNodes::bytes58($FEE_ACCOUNT{BONK22})) > 0);
    ok(index($bytes, ChainNodes::bytes58($PROGRAM{token22})) > 0);
    ok(!exists of_mint($MINT{SOL}, $told->{data})->{accounts}[0]
           {createTransaction});

    is(get("/v1/admin/fee-integrity?payer=x", @KEY)->{status}, 400);
    is(get("/v1/admin/fee-integrity?payer=$payer&limit=21", @KEY)->{status},
       400);

    my @pages;
    my $uri = "/v1/admin/fee-integrity?limit=1&payer=$payer";

    while ($uri) {
        my $page = get($uri, @KEY);
        push @pages, map { $_->{mint} }
                         @{ JSON::PP->new->decode($page->{body})->{data} };
        ($uri) = ($page->{header}{link} // '') =~ /<([^>]+)>; rel="next"/;
    }

    is(scalar @pages, scalar @{ integrity()->{data} }, 'page by page');
    is_deeply([sort map { $_ // '' } @pages],
              [sort map { $_->{mint} // '' } @{ integrity()->{data} }]);
};


subtest 'who has seen what is missing is told of the next one only' => sub {
    is(admin('POST', '/v1/admin/incidents/fee_account/clear', {})->{status},
       200);
    look();
    is(metric('jupref_incidents{kind="fee_account"}'), 0);

    get(order(inputMint => wallet('a new mint'), outputMint => $MINT{SOL}));
    ChainNodes::mint_account(wallet('a new mint'));
    comes('the next one', sub {
        metric('jupref_incidents{kind="fee_account"}') });
};


subtest 'an account that is made is open' => sub {
    ChainNodes::mint_account(wallet('a new mint'));
    account(wallet('a new mint'), undef);
    ChainNodes::token_account($FEE_ACCOUNT{BONK22}, $MINT{BONK}, 0,
                              program => 'token22');
    ChainNodes::token_account($FEE_ACCOUNT{USDC}, $MINT{USDC}, 0);
    look();
    comes('the account', sub {
        of_mint($MINT{BONK}, integrity()->{data})->{accounts}[0]{state}
            eq 'open' });
    comes('its incident over', sub {
        metric('jupref_incidents{kind="fee_account"}') == 0 });
};


subtest 'a deposit of somebody else is named, and is no fee' => sub {
    trade_order('gift', { programs => ['token'], taker => 'giver' });
    land('gift', fee => 700, before => $balance);
    $balance += 700;
    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, $balance);
    look();

    my $report;
    comes('the deposit', sub {
        $report = of_mint($MINT{SOL}, reports());
        $report->{unexplained} == 5700 && $report->{complete} });

    my ($named) = @{ $report->{transactions} };
    is($named->{signature}, trade_id('gift'));
    is($named->{kind}, 'deposit');
    is($named->{amount}, 700);
    is($named->{direction}, 'in');
    is(metric('jupref_fee_drift_mints'), 1);
    comes('its incident', sub {
        metric('jupref_incidents{kind="fee_drift"}') == 1 });
    ok(metric('jupref_reconciliations_total{result="drift"}') > 0);
};


subtest 'fees of trades that await their proof are not missed' => sub {
    ChainNodes::node($_, hides => ['x'], status_null => 1,
                     only => ['getSignatureStatuses']) for qw(a b);
    my $signature = pays('awaiting', 1000);
    look();

    my $report;
    comes('the report', sub {
        $report = of_mint($MINT{SOL}, reports());
        $report->{awaiting} eq '1000' });
    is($report->{unexplained}, 5700);

    ChainNodes::node($_, status_null => undef, only => undef) for qw(a b);
    is(ruled($signature, 90), 'verified');
};


subtest 'a claim is booked, and the books are even with what is left' => sub {
    trade_order('claim', { programs => ['referral'], taker => 'cranker' });
    land('claim', fee => -$balance, before => $balance);

    my $claimed = $balance;
    $balance = 0;
    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, 0);
    look();

    my $report;
    comes('the claim', sub {
        $report = of_mint($MINT{SOL}, reports());
        $report->{claimed} == $claimed });

    is($report->{balance}, 0);
    is($report->{verified}, 901000);
    is($report->{unexplained}, 5700, 'what was no fee was claimed, too');

    my $seen = api('/v1/platform')->{totals}{events};
    look();
    comes('another report', sub {
        of_mint($MINT{SOL}, reports())->{checkedAt} gt $report->{checkedAt} });
    is(of_mint($MINT{SOL}, reports())->{claimed}, $claimed,
       'it is booked once');
};


subtest 'money that is gone without a claim is missed' => sub {
    is(ruled(pays('robbed', 2000)), 'verified');
    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, 0);
    look();

    comes('the report', sub {
        my $report = of_mint($MINT{SOL}, reports());
        $report->{unexplained} == 3700 && $report->{side} eq 'more' });

    ChainNodes::token_account($FEE_ACCOUNT{SOL}, $MINT{SOL}, 2000);
};


for my $case (
    ['there is no such account', sub { account($REFERRAL_ACCOUNT, undef) },
     'not_there'],
    ['it is a wallet',
     sub { account($REFERRAL_ACCOUNT, $PROGRAM{system}, '') }, 'not_one'],
    ['it is of another project', sub { ChainNodes::referral_account(
        project => wallet('classic')) }, 'other_project'],
    ['the share was changed', sub { ChainNodes::referral_account(
        share => 7000) }, 'other_share'])
{
    my ($name, $change, $state) = @$case;

    subtest "a referral account that is wrong is named: $name" => sub {
        $change->();
        look();
        comes('its state', sub {
            integrity()->{referralAccounts}[0]{state} eq $state });
        comes('the incident', sub {
            metric('jupref_incidents{kind="referral_account"}') });
        like("@{ ready()->{reasons} }", qr/referral account/);
    };
}


subtest 'nothing is credited by a share that the chain does not leave' => sub {
    my $signature = pays('held', 900);

    comes('why it waits', sub {
        $nginx->log =~ /is not verified yet: the referral account's share is 7000/ });
    is(ChainNodes::told($signature)->{state}, "executed");
    ChainNodes::referral_account();
    look();
    is(ruled($signature, 90), 'verified');
};


subtest 'and is good again when it is' => sub {
    ChainNodes::referral_account();
    look();
    comes('the end', sub {
        !metric('jupref_incidents{kind="referral_account"}') });
};


subtest 'a program that was upgraded is told until somebody has looked' => sub {
    ChainNodes::program_data(2000, $OWNER);
    look();
    comes('the incident', sub {
        metric('jupref_incidents{kind="program_upgraded"}') });
    is(integrity()->{referralProgram}{slot}, 2000);
    is(metric('jupref_referral_program_changes_total'), 1);
    like("@{ ready()->{reasons} }", qr/program was changed/);

    look();
    is(metric('jupref_incidents{kind="program_upgraded"}'), 1);

    my $cleared = admin('POST', '/v1/admin/incidents/program_upgraded/clear',
                        {});
    is($cleared->{status}, 200);
    is(metric('jupref_incidents{kind="program_upgraded"}'), 0);
    is(admin('POST', '/v1/admin/incidents/program_upgraded/clear', {})
       ->{status}, 409);
    is(admin('POST', '/v1/admin/incidents/nothing/clear', {})->{status}, 404);

    ChainNodes::program_data(2000, wallet('somebody else'));
    look();
    comes('another one', sub {
        metric('jupref_incidents{kind="program_upgraded"}') });
    like($nginx->log, qr/program_upgraded is raised: another authority/);
};


subtest 'what is raised is known after a restart' => sub {
    $nginx->restart('TERM', %parts);
    is(metric('jupref_incidents{kind="program_upgraded"}'), 1);
};

$nginx->stop;
ChainNodes::stop();
done_testing();
