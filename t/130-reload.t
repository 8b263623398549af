# A reload keeps the ledger and takes what is new; what doesn't fit is refused
# with a word that helps, and the running configuration goes on.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my $nginx = OwnNginx->start;

my @tiers = ('jupref_tier default fee=100;',
             'jupref_tier referred fee=100 discount=10 share=20%;',
             'jupref_tier premium fee=120 discount=40 share=40%,5%,1%;');
my ($amy, $bob) = (TradingEdge::code_line('amy', 'referred'),
                   TradingEdge::code_line('bob', 'premium', 'amy'));


sub terms {
    return (terms => join "\n", @tiers, @_);
}


sub numbers {
    my $referrer = api('/v1/referrers/' . wallet('amy'));
    my $platform = api('/v1/platform');

    return { amy => $referrer, totals => { %{ $platform->{totals} }, events => 0 },
             fees => $platform->{fees}, bound => $platform->{boundWallets},
             integrity => $platform->{feeIntegrity},
             pending => $platform->{capacities}{pendingOrders},
             trades => api('/v1/trades'),
             executed => metric('jupref_trades_total{outcome="executed"}'),
             orders => metric('jupref_orders_total{referred="yes"}') };
}


sub code_of {
    return get(order(@_))->{header}{'jupref-code'};
}


subtest 'everything that was counted is there afterwards' => sub {
    get('/r/amy');
    swap('before', ref => 'amy');
    swap('nobody', taker => wallet('ann'));
    get(order(id => 'lost', ref => 'amy', taker => wallet('cat')));
    execute(requestId => 'lost', signedTransaction => signed_transaction('v0', 'lost'));
    get(order(id => 'open', ref => 'amy', taker => wallet('dan')));
    sleep 1.1;                                  # the click is booked

    my $before = numbers();
    is($before->{amy}{clicks}, 1);
    $nginx->reload;
    is_deeply(numbers(), $before);
};

subtest 'an order from before is executed after' => sub {
    is(execute(requestId => 'open',
               signedTransaction => signed_transaction('v0', 'open'))
       ->{header}{'jupref-trade'}, 'executed');
    is(code_of(taker => wallet('dan')), 'amy', 'and binds its wallet');
};

subtest 'an execute that is on its way when the reload comes is booked' => sub {
    my $before = api('/v1/platform')->{totals}{trades}{executed};

    StubJupiter::start({ execute => sub {
        (\0.6, StubJupiter::answer_execute(@_)) } });
    get(order(id => 'slow'));

    my $child = fork // die "fork: $!";

    if ($child == 0) {
        my $answer = execute(requestId => 'slow',
            signedTransaction => signed_transaction('v0', 'slow'));
        POSIX::_exit($answer->{header}{'jupref-trade'} eq 'executed' ? 0 : 1);
    }

    sleep 0.2;
    $nginx->reload;
    waitpid $child, 0;
    is($?, 0, 'the client was told');
    is(api('/v1/platform')->{totals}{trades}{executed}, $before + 1);
    StubJupiter::start();
};

subtest 'a zone of another size is refused' => sub {
    my $complaint = $nginx->refuses(zone => 'jupref_zone main 16m;');

    like($complaint, qr/"jupref_zone main" of 16384k doesn't fit the running ledger, which is in zone "main" of 8192k: keep name and size on reload, or restart nginx/);
    is(code_of(), 'amy');
};

subtest 'a zone of another name is refused' => sub {
    like($nginx->refuses(zone => 'jupref_zone other 8m;'),
         qr/"jupref_zone other".* zone "main"/);
    is(code_of(), 'amy');
};

subtest 'a configuration without a zone is refused' => sub {
    like($nginx->refuses(nothing => 1),
         qr/"jupref_zone" is gone from the configuration.*put "jupref_zone main 8192k" back/);
    is(code_of(), 'amy');
};

subtest 'after all that the right configuration is taken' => sub {
    my $before = numbers();

    $nginx->reload;
    is_deeply(numbers(), $before);
};

subtest 'a changed tier is a new version of its codes' => sub {
    my $version = api('/v1/codes/amy')->{version};

    get(order(id => 'old-terms', ref => 'amy', taker => wallet('eve')));
    $nginx->reload(terms => join "\n", $tiers[0], $tiers[2],
        'jupref_tier referred fee=110 discount=30 share=50%;', $amy, $bob);

    my $code = api('/v1/codes/amy');
    is($code->{version}, $version + 1);
    is($code->{feeBps}, 110);
    is($code->{discountBps}, 30);
    is(get(order(ref => 'amy'))->{header}{'jupref-fee-bps'}, 80);

    # the trade that was priced before keeps its share

    my $before = api('/v1/referrers/' . wallet('amy'))->{balances}[0]{estimated};
    execute(requestId => 'old-terms',
            signedTransaction => signed_transaction('v0', 'old'));
    is(api('/v1/referrers/' . wallet('amy'))->{balances}[0]{estimated} - $before,
       144000);

    $nginx->reload;
    is(api('/v1/codes/amy')->{version}, $version + 2);
    $nginx->reload;
    is(api('/v1/codes/amy')->{version}, $version + 2, 'and no change is none');
};

subtest 'a code that is gone is retired, and comes back to its owner' => sub {
    my $retired = metric('jupref_unattributed_total{reason="code_retired"}');

    $nginx->reload(terms($amy));
    is(api('/v1/codes/bob')->{status}, 'retired');
    is(code_of(ref => 'bob', taker => wallet('fay')), undef);
    is(get('/r/bob')->{header}{'set-cookie'}, undef);
    is(metric('jupref_unattributed_total{reason="code_retired"}'), $retired + 1);

    $nginx->reload;
    is(api('/v1/codes/bob')->{status}, 'active');
    is(code_of(ref => 'bob', taker => wallet('fay')), 'bob');
};

subtest 'a code is never given to somebody else' => sub {
    my $stolen = 'jupref_code bob referrer=' . wallet('thief') . ' tier=premium;';

    like($nginx->refuses(terms($amy, $stolen)),
         qr/code\.created of "bob": the code belongs to another wallet/);
    is(api('/v1/codes/bob')->{referrer}, wallet('bob'));

    $nginx->reload(terms($amy));
    like($nginx->refuses(terms($amy, $stolen)),
         qr/code\.created of "bob": the code belongs to another wallet/,
         'not even when it is retired');
    like($nginx->refuses(terms($amy, $stolen =~ s/ bob / BoB /r)),
         qr/the code belongs to another wallet/);
    $nginx->reload;
    is(api('/v1/codes/bob')->{referrer}, wallet('bob'));
};

subtest 'a reload that is refused has changed nothing' => sub {
    my $before = numbers();
    my $events = metric('jupref_ledger_events_total');
    my $stolen = 'jupref_code bob referrer=' . wallet('thief') . ' tier=premium;';
    my @changed = (TradingEdge::code_line('amy', 'premium'),
                   TradingEdge::code_line('new', 'referred'));

    $nginx->refuses(terms(@changed, $stolen));
    is(metric('jupref_ledger_events_total'), $events);
    is(api('/v1/codes/amy')->{tier}, 'referred');
    is(get('/v1/codes/new')->{status}, 404);
    is_deeply(numbers(), $before);

    # refused by nginx itself, when all else is taken already

    $nginx->expect(qr/bind\(\) to 192\.0\.2\.1:1 failed|still could not bind/);
    $nginx->refuses(terms(@changed), http => 'server { listen 192.0.2.1:1; }');
    is(metric('jupref_ledger_events_total'), $events);
    is(api('/v1/codes/amy')->{tier}, 'referred');
    is(api('/v1/codes/bob')->{status}, 'active');
    $nginx->reload;
    is(metric('jupref_ledger_events_total'), $events);
};

subtest 'codes that find no room are refused, and none is taken' => sub {
    my $room = api('/v1/platform')->{capacities}{referrers}{capacity};
    my $events = metric('jupref_ledger_events_total');
    my $owner = wallet('amy');

    like($nginx->refuses(terms($amy, $bob, map {
             "jupref_code many-$_ referrer=$owner tier=referred;" } 1 .. 64)),
         qr/"many-64": the referrer has as many codes as one may have/);
    like($nginx->refuses(terms($amy, $bob, map {
             TradingEdge::code_line("of-$_", 'referred') } 1 .. $room)),
         qr/: the table of (?:referrers|codes) is full: enlarge the zone/);
    is(metric('jupref_ledger_events_total'), $events);
    is(get('/v1/codes/many-1')->{status}, 404);
    $nginx->reload;
};

subtest 'a parent is never another one' => sub {
    my $line = TradingEdge::code_line('bob', 'premium', 'eve');

    like($nginx->refuses(terms($amy, TradingEdge::code_line('eve', 'premium'),
                               $line)),
         qr/another parent for referrer @{[ wallet('bob') ]}/);
    is(api('/v1/referrers/' . wallet('bob'))->{parent}, wallet('amy'));
    $nginx->reload;
};

subtest 'new codes and their wallets are taken' => sub {
    $nginx->reload(terms($amy, $bob, TradingEdge::code_line('gil', 'referred', 'bob')));
    is(code_of(ref => 'gil', taker => wallet('hal')), 'gil');
    is(api('/v1/referrers/' . wallet('gil'))->{parent}, wallet('bob'));
};

subtest 'what the administrator made is not the configuration\'s to retire' => sub {
    is(admin(POST => '/v1/admin/referrers', { wallet => wallet('ida') })
       ->{status}, 201);
    is(admin(POST => '/v1/admin/codes',
             { code => 'ida', wallet => wallet('ida'), tier => 'referred' })
       ->{status}, 201);
    admin(PATCH => '/v1/admin/referrers/' . wallet('bob'),
          { status => 'suspended' });
    $nginx->reload;
    is(code_of(ref => 'ida', taker => wallet('hal')), 'ida');
    is(api('/v1/codes/ida')->{status}, 'active');
    is(api('/v1/referrers/' . wallet('bob'))->{status}, 'suspended');
    admin(PATCH => '/v1/admin/referrers/' . wallet('bob'),
          { status => 'active' });
};

my $keys = "$ENV{TEST_NGINX_FOLDER}/rotated.$$";


sub keyring {
    my ($mode, @lines) = @_;

    unlink $keys;
    open my $out, '>', $keys or die "$keys: $!";
    chmod $mode, $keys;
    print $out map { "$_\n" } @lines;
    close $out or die "$keys: $!";

    return (keyring => $keys);
}


my $old_key = "cookie k2 $TradingEdge::KEY{k2}";
my $new_key = 'cookie k9 ' . 'c9' x 32;

subtest 'a new first key signs, the old ones verify until they are gone' => sub {
    my %hal = (taker => wallet('hal'));
    my $clicked = sub { (get('/r/amy')->{header}{'set-cookie'} // '') =~ /^([^;]+)/ };
    my ($old) = $clicked->();

    like($old, qr/=v1\.k2\.amy\./);
    $nginx->reload(keyring(0600, $new_key, $old_key));
    my ($new) = $clicked->();
    like($new, qr/=v1\.k9\.amy\./);

    my $code = sub { get(order(%hal), "Cookie: $_[0]")->{header}{'jupref-code'} };
    is($code->($old), 'amy', 'the old cookie');
    is($code->($new), 'amy', 'the new cookie');

    $nginx->reload(keyring(0600, $new_key));
    is($code->($old), undef, 'the old cookie without its key');
    is($code->($new), 'amy');
};

subtest 'a keyring that can\'t be used is refused, and the old keys go on' => sub {
    my $works = sub {
        like(get('/r/amy')->{header}{'set-cookie'}, qr/=v1\.k9\.amy\./);
        is(code_of(), 'amy');
    };

    like($nginx->refuses(keyring(0644, $old_key)), qr/open to others/);
    $works->();
    like($nginx->refuses(keyring(0600, 'cookie k2 123')), qr/invalid key "k2" in line 1/);
    $works->();
    like($nginx->refuses(keyring(0600, "\0\xff", 'x')), qr/unknown purpose/);
    $works->();
    like($nginx->refuses(keyring => '/nowhere/keys'), qr{"/nowhere/keys" can't be opened});
    $works->();
    like($nginx->refuses(keyring => $ENV{TEST_NGINX_FOLDER}), qr/plain file/);
    $works->();
    $nginx->reload;
    unlink $keys;
};

subtest 'a wrong line anywhere is refused' => sub {
    like($nginx->refuses(terms => 'jupref_tier default fee=300;'), qr/300/);
    like($nginx->refuses(http => 'no_such_directive;'), qr/no_such_directive/);
    is(code_of(), 'amy');
    $nginx->reload;
};

subtest 'rules that change with a reload count from then on' => sub {
    my $click = 'Cookie: __Host-jupref=' . cookie('bob', age => -30);

    is(get(order(), $click)->{header}{'jupref-code'}, 'amy');
    $nginx->reload(in_order => 'jupref_attribution last;');
    is(get(order(), $click)->{header}{'jupref-code'}, 'bob');
    $nginx->reload;
    is(get(order(), $click)->{header}{'jupref-code'}, 'amy');
};

subtest 'reloads under load lose no trade and count none twice' => sub {
    my $before = api('/v1/platform')->{totals}{trades}{executed};
    my @traders = map { trader("load$_", 40) } 1 .. 3;

    for (1 .. 4) {
        sleep 0.2;
        $nginx->reload;
    }

    my $told = 0;

    for my $trader (@traders) {
        my ($executed, $trouble) = split ' ', readline $trader;
        is($trouble, 0, 'every request was answered');
        $told += $executed;
    }

    is($told, 120, 'every trade was told to be executed');
    is(api('/v1/platform')->{totals}{trades}{executed}, $before + 120);
    is(metric('jupref_ledger_damaged'), 0);
};


# A process that trades so many times; a line with what it was told comes out.

sub trader {
    my ($name, $count) = @_;
    my $child = open(my $out, '-|') // die "fork: $!";

    return $out if $child;

    my ($executed, $trouble) = (0, 0);

    for my $number (1 .. $count) {
        my ($order, $answer) = eval { swap("$name-$number", ref => 'amy') };
        $executed += ($answer->{header}{'jupref-trade'} // '') eq 'executed';
        $trouble++ if !$answer;
    }

    syswrite STDOUT, "$executed $trouble\n";
    POSIX::_exit(0);
}


$nginx->stop;
done_testing();
