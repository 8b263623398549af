# Proofs: what the API says of the log can be recomputed by anybody, with
# SHA-256, Ed25519 and docs/proofs.md.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use MIME::Base64 qw(decode_base64);
use Test::More;
use Time::HiRes qw(sleep time);
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;

my %parts = (zone => 'jupref_zone main 8m state=state edge=swap-1;'
                     . ' jupref_commit_timeout 5s;',
             server => "location /log/ { alias "
                       . "$ENV{TEST_NGINX_FOLDER}/own.$$/state/tiles/; }");
my $nginx = OwnNginx->start(%parts);


sub traded {
    my ($id, %args) = @_;
    my (undef, $execute) = swap($id, ref => 'amy', %args);

    die "$id: $execute->{body}"
        if ($execute->{header}{'jupref-trade'} // '') ne 'executed';

    return first_signature(signed_transaction('v0', $id));
}


sub verify {
    my ($signature) = @_;
    my $answer = admin('POST', "/v1/admin/trades/$signature/verify",
                       { slot => 447200005, fee => '900000' });

    die $answer->{body} if $answer->{status} != 200;
    return JSON::PP->new->decode($answer->{body});
}


sub refused {
    my $answer = get(@_);

    return "$answer->{status} "
           . (JSON::PP->new->decode($answer->{body})->{code} // '');
}


sub node {
    return sha256("\1", @_);
}


# As docs/proofs.md says it.

sub included {
    my ($hash, $index, $size, $path, $root) = @_;
    my ($a, $b) = ($index, $size - 1);

    return 0 if $index >= $size;

    for my $p (@$path) {
        return 0 if $b == 0;

        if ($a % 2 || $a == $b) {
            $hash = node($p, $hash);

            while ($a % 2 == 0 && $a > 0) {
                $_ >>= 1 for $a, $b;
            }
        } else {
            $hash = node($hash, $p);
        }

        $_ >>= 1 for $a, $b;
    }

    return $b == 0 && $hash eq $root;
}


sub grown {
    my ($from, $to, $path, $old, $new) = @_;
    my @path = @$path;

    return !@path && $old eq $new if $from == $to;
    unshift @path, $old if ($from & ($from - 1)) == 0;
    return 0 if !@path;

    my ($a, $b) = ($from - 1, $to - 1);

    while ($a % 2) {
        $_ >>= 1 for $a, $b;
    }

    my $o = my $n = shift @path;

    for my $p (@path) {
        return 0 if $b == 0;

        if ($a % 2 || $a == $b) {
            ($o, $n) = (node($p, $o), node($p, $n));

            while ($a % 2 == 0 && $a > 0) {
                $_ >>= 1 for $a, $b;
            }
        } else {
            $n = node($n, $p);
        }

        $_ >>= 1 for $a, $b;
    }

    return $b == 0 && $o eq $old && $n eq $new;
}


sub bytes {
    return pack 'H*', $_[0];
}


sub paths {
    return [ map { bytes($_) } @{ $_[0] } ];
}


# One of a proof's events: its leaf, in the tree, and its body, in the leaf.

sub check_event {
    my ($event, $proof) = @_;
    my $name = "$event->{type} $event->{seq}";
    my $leaf = decode_base64($event->{leaf});
    my ($version, $type, $seq, $time, $previous, $commitment)
        = unpack 'C C Q< Q< a32 a32', $leaf;

    is(length $leaf, 82, "$name: leaf");
    is("$version $seq", "1 $event->{seq}", "$name: version and seq");
    is($event->{index}, $event->{seq} - 1, "$name: index");
    is(unpack('H*', sha256("\0", $leaf)), $event->{leafHash},
       "$name: leaf hash");
    is(sha256(decode_base64($event->{salt}), decode_base64($event->{body})),
       $commitment, "$name: the body is what the leaf commits to");
    ok(included(bytes($event->{leafHash}), $event->{index}, $proof->{treeSize},
                paths($event->{inclusion}), bytes($proof->{root})),
       "$name: the leaf is in the tree");

    return $leaf;
}


# origin, size and root of a checkpoint that the key has signed.

sub check_note {
    my ($note, $key) = @_;
    my ($text, $origin, $size, $root, $name, $blob)
        = $note =~ /^((.+)\n(\d+)\n(.+)\n)\n\xe2\x80\x94 (\S+) (\S+)\n$/;
    my ($of, $id, $key64) = $key =~ /^([^+]+)\+([0-9a-f]{8})\+(.+)$/;
    my $public = decode_base64($key64);
    my $signature = decode_base64($blob);

    is("$name $of", "$origin $origin", 'its name');
    is(unpack('H*', substr $signature, 0, 4), $id, 'its key id');
    is(unpack('H*', substr sha256("$origin\n$public"), 0, 4), $id,
       'which is the key\'s');

    my $folder = $nginx->{folder};
    my %files = (note => $text, signature => substr($signature, 4),
                 key => bytes('302a300506032b6570032100')
                        . substr $public, 1);

    for my $file (keys %files) {
        open my $out, '>:raw', "$folder/$file" or die "$file: $!";
        print $out $files{$file};
        close $out;
    }

    is(system("openssl pkeyutl -verify -pubin -keyform DER -inkey $folder/key"
              . " -rawin -in $folder/note -sigfile $folder/signature"
              . ' > /dev/null'), 0, 'signed by it');

    return ($origin, $size, unpack 'H*', decode_base64($root));
}


sub head {
    my $answer = get('/v1/ledger/head');

    return (JSON::PP->new->utf8(0)->decode($answer->{body}),
            $answer->{header});
}


my $signature = traded('one');

subtest 'the head is signed, and says what the log is' => sub {
    my ($head, $header) = head();
    my ($origin, $size, $root) = check_note($head->{checkpoint},
                                            $head->{verifierKey});

    is($origin, 'swap-1');
    is($head->{origin}, 'swap-1');
    is($size, $head->{size});
    is($root, $head->{root});
    is($header->{'jupref-ledger'}, "$head->{size}:$head->{head}");
    like($head->{time}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    is($size, api('/v1/platform')->{totals}{events}, 'all events are in it');
};


subtest 'a trade\'s events are proven and opened' => sub {
    my $trade = verify($signature);
    my $proof = api("/v1/ledger/proof?trade=$signature");

    is($proof->{signature}, $signature);
    is_deeply([ map { "$_->{type} $_->{seq}" } @{ $proof->{events} } ],
              [ "trade.executed $trade->{seq}",
                "trade.verified $trade->{verifiedSeq}" ]);
    check_event($_, $proof) for @{ $proof->{events} };

    my (undef, $size, $root) = check_note(
        JSON::PP->new->utf8(0)->decode(
            get("/v1/ledger/proof?trade=$signature")->{body})->{checkpoint},
        (head())[0]{verifierKey});
    is("$size $root", "$proof->{treeSize} $proof->{root}",
       'the tree is the one that is signed');

    # what was verified: signature, mint, fee, slot

    my $body = decode_base64($proof->{events}[1]{body});
    my ($fee, $slot) = unpack 'x96 Q< Q<', $body;

    is(length $body, 112);
    is(SampleTrades::base58(substr $body, 0, 64), $signature);
    is(SampleTrades::base58(substr $body, 64, 32), $MINT{SOL});
    is("$fee $slot", '900000 447200005');
    is($trade->{verifiedFee}, $fee, 'as the API has it');
};


subtest 'of one type, if it is asked for' => sub {
    for my $type (qw(executed trade.executed verified)) {
        my $proof = api("/v1/ledger/proof?trade=$signature&type=$type");
        my ($name) = $type =~ /(\w+)$/;

        is_deeply([ map { $_->{type} } @{ $proof->{events} } ],
                  [ "trade.$name" ], $type);
    }

    is(refused("/v1/ledger/proof?trade=$signature&type=reversed"),
       '404 trade_not_found');
};


subtest 'whose trade it was is opened to administrators alone' => sub {
    my $uri = "/v1/ledger/proof?trade=$signature";
    my $shown = get($uri)->{body};

    unlike($shown, qr/taker/, 'to nobody else');
    unlike(get($uri, 'Authorization: Bearer wrong')->{body}, qr/taker/);

    my $proof = JSON::PP->new->decode(
        get($uri, "Authorization: Bearer $TradingEdge::ADMIN")->{body});
    my ($executed, $verified) = @{ $proof->{events} };

    is($executed->{taker}, wallet('tom'));
    is(sha256(decode_base64($executed->{takerSalt}), sha256('tom')),
       substr(decode_base64($executed->{body}), 0, 32),
       'which is what the body commits to');
    ok(!exists $verified->{taker}, 'where there is one');
};


subtest 'what else is known of a trade is proven by its seq' => sub {
    my $answer = admin('POST', "/v1/admin/trades/$signature/dispute",
                       { reason => 'odd' });
    my ($seq) = $answer->{header}{'jupref-ledger'} =~ /^(\d+):/;
    my $proof = api("/v1/ledger/proof?trade=$signature&seq=$seq");

    is_deeply([ map { $_->{type} } @{ $proof->{events} } ],
              [ 'trade.disputed' ]);
    check_event($proof->{events}[0], $proof);
    is(substr(decode_base64($proof->{events}[0]{body}), 64), "\3odd");

    my $other = traded('other', taker => wallet('ann'));
    is(refused("/v1/ledger/proof?trade=$other&seq=$seq"),
       '404 trade_not_found', 'not by another trade');
    is(refused("/v1/ledger/proof?trade=$signature&seq=1"),
       '404 trade_not_found', 'nor what is no trade\'s');
    is(refused("/v1/ledger/proof?trade=$signature&seq=1000000"),
       '404 trade_not_found', 'nor what isn\'t there');
};


subtest 'what can\'t be asked is refused' => sub {
    my $path = '/v1/ledger';

    is(refused("$path/proof"), '400 invalid_argument');
    is(refused("$path/proof?trade=x"), '400 invalid_argument');
    is(refused("$path/proof?trade=" . wallet('amy')), '400 invalid_argument');
    is(refused("$path/proof?trade=$signature&seq=0"), '400 invalid_argument');
    is(refused("$path/proof?trade=$signature&seq=x"), '400 invalid_argument');
    is(refused("$path/proof?trade=" . signature('nobody')),
       '404 trade_not_found');
    is(refused("$path/consistency"), '400 invalid_argument');
    is(refused("$path/consistency?from=0"), '400 invalid_argument');
    is(refused("$path/consistency?from=5&to=4"), '400 invalid_argument');
    is(refused("$path/consistency?from=1&to=1000000"),
       '400 invalid_argument');
    is(refused("$path/consistency?from=1000000"), '400 invalid_argument');
};


subtest 'the log only ever grows' => sub {
    my ($old) = head();

    traded("more-$_", taker => wallet("more-$_")) for 1 .. 8;

    my ($new) = head();
    my $proof = api("/v1/ledger/consistency?from=$old->{size}"
                    . "&to=$new->{size}");

    is($proof->{fromRoot}, $old->{root});
    is($proof->{toRoot}, $new->{root});
    cmp_ok($new->{size}, '>', $old->{size});

    for my $from (1 .. $new->{size}) {
        my $one = api("/v1/ledger/consistency?from=$from&to=$new->{size}");

        ok(grown($from, $new->{size}, paths($one->{consistency}),
                 bytes($one->{fromRoot}), bytes($one->{toRoot})),
           "from $from");
        is($one->{toRoot}, $new->{root});
    }

    cmp_ok(api("/v1/ledger/consistency?from=1")->{to}, '>=', $new->{size},
           'up to the newest unless said otherwise');
    ok(!grown($old->{size}, $new->{size}, paths($proof->{consistency}),
              bytes($new->{root}), bytes($new->{root})),
       'a wrong tree proves nothing');
};


subtest 'leaves are a chain from the first to the head' => sub {
    sleep 1.5;                          # orders that wait are booked

    my ($head) = head();
    my $leaves = get('/log/tile/entries/000.p/' . $head->{size})->{body};
    my ($previous, $count) = ("\0" x 32, 0);

    while (length $leaves) {
        my $leaf = substr $leaves, 2, unpack 'n', $leaves;

        substr $leaves, 0, 2 + length $leaf, '';
        $count++ if substr($leaf, 18, 32) eq $previous;
        $previous = sha256("\0", $leaf);
    }

    is($count, $head->{size}, 'each has the hash of the one before');
    is(unpack('H*', $previous), $head->{head});

    my $note = get('/log/checkpoint');
    is($note->{status}, 200, 'nginx serves tiles as files');
    is((check_note($note->{body}, $head->{verifierKey}))[1], $head->{size});
};


subtest 'many ask at once, while trades go on' => sub {
    my @sockets = map {
        my $socket = TradingEdge::connected();
        syswrite $socket, "GET /v1/ledger/proof?trade=$signature HTTP/1.0\r\n"
                          . "\r\n";
        $socket;
    } 1 .. 40;

    traded("meanwhile-$_", taker => wallet("meanwhile-$_")) for 1 .. 10;

    my $good = 0;

    for my $socket (@sockets) {
        my $text = '';

        while (sysread $socket, $text, 65536, length $text) { }
        $good++ if $text =~ /"type":"trade.verified"/;
    }

    is($good, 40, 'all are answered');
};


subtest 'what was proven is proven by the next nginx too' => sub {
    my ($old) = head();

    $nginx->restart('KILL', %parts);

    my ($new) = head();
    my $proof = api("/v1/ledger/consistency?from=$old->{size}");

    is($new->{verifierKey}, $old->{verifierKey}, 'the same log');
    is($proof->{fromRoot}, $old->{root});
    ok(grown($old->{size}, $proof->{to}, paths($proof->{consistency}),
             bytes($old->{root}), bytes($proof->{toRoot})));

    my $again = api("/v1/ledger/proof?trade=$signature");
    check_event($_, $again) for @{ $again->{events} };
};


subtest 'an empty log is proven to be empty' => sub {
    $nginx->restart('QUIT', %parts, terms => 'jupref_tier default fee=100;',
                    zone => 'jupref_zone main 8m state=empty;');

    my ($head) = head();
    my (undef, $size, $root) = check_note($head->{checkpoint},
                                          $head->{verifierKey});

    is($head->{size}, 0);
    is($head->{head}, undef);
    is($head->{time}, undef);
    is($head->{root}, unpack 'H*', sha256(''));
    is("$size $root", "0 $head->{root}");
    is(refused('/v1/ledger/consistency?from=1'), '400 invalid_argument');
};


subtest 'a ledger in memory has nothing to prove by' => sub {
    $nginx->restart('QUIT', %parts, zone => 'jupref_zone main 8m;');

    is(refused("/v1/ledger/$_"), '404 no_journal', $_)
        for 'head', "proof?trade=$signature", 'consistency?from=1';
};

$nginx->stop;

done_testing();
