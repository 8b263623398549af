# A chain and the nodes that tell of it, for tests of what is proved by them.
#
# Trades are real transactions, signed by keys made from a word, of the form
# and with the programs that a test wants; what they did on chain is said with
# land().  Each node listens on a unix socket, answers as a Solana node does,
# and can be told to be late, forgetful or a liar while the test runs:
#
#     ChainNodes::start(qw(a b));
#     land('one', fee => 900000);
#     node('a', error => { code => -32005, message => 'Node is behind' });
#     asked('a')                  the calls it got, as decoded JSON
#
# The chain moves on by a slot each 0.2 s of the machine's own time.

package ChainNodes;

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter 'import';
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX ();
use SampleTrades;
use StubJupiter ();
use StubNode ();
use Test::More ();
use Time::HiRes ();
use Talk ();
use TradingEdge ();

our @EXPORT = qw(land node asked chain trade_order trade_signed trade_id
                 traded told ruled account %FEE_ACCOUNT %PROGRAM);

# Token accounts of SampleTrades' referral account.
our %FEE_ACCOUNT = (
    SOL    => 'A5kR3N5nDrKv5ioay6NfqJkze6FdFz78V1b7oAzTPEgT',
    USDC   => '4YKN49ihwu3786AgkZEMAV6sWL38pbd6WGExDZoQRRGt',
    BONK   => '3FS3AmPArd8z4P3m9dMTvNgvyoD8cdULGFFvHdHePKjq',
    SOL22  => '8iE6uFkw6DCUUFD5bhMozsa7GqwxrkhxtARh742Sn76g',
    USDC22 => 'CX79s3TNntKLjtZqMCjt13osaitFroUoP163ZuREugcV',
    BONK22 => '7zUaCDJMdAY8VGKJJ2eG1qiXbhLKRAxcY9wnUfZUc6mU',
);

our %PROGRAM = (
    system   => '11111111111111111111111111111111',
    budget   => 'ComputeBudget111111111111111111111111111111',
    token    => 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
    token22  => 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
    jupiter  => 'JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4',
    dflow    => 'DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH',
    rfq      => '61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH',
    referral => 'REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3',
    loader   => 'BPFLoaderUpgradeab1e11111111111111111111111',
    unknown  => SampleTrades::wallet('a program of nobody'),
);

our $PROGRAM_DATA = '3RzkAXG2447MDumBt6Cn1djaSaqoeKt4knbT71yMutsy';
our $PROJECT = 'DkiqsTrw1u1bYFumumC7sCG2S8K25qc2vemJFHyW2wJc';

our $SLOT_TIME = 0.2;
our $FIRST_SLOT = 447200000;
our $SKIPPED = 21699000;                # slots without a block
our $GENESIS = SampleTrades::wallet('genesis');

my $json = JSON::PP->new->canonical;
my ($folder, %nodes, %keys, %built);


# --- the chain, as all processes see it: a file, replaced as a whole

sub state_file {
    return "$ENV{JUPREF_SUITE}/chain.$$.json";
}


my $file;

sub chain {
    my ($change) = @_;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    my $chain = $json->decode(readline $in);
    close $in;

    return $chain if !$change;

    $change->($chain);
    save($chain);
    return $chain;
}


sub save {
    my ($chain) = @_;

    open my $out, '>', "$file.new" or die "$file.new: $!";
    print $out $json->encode($chain);
    close $out or die "$file.new: $!";
    rename "$file.new", $file or die "$file: $!";
}


sub slot_now {
    my ($chain) = @_;

    return $FIRST_SLOT
           + int((Time::HiRes::time() - $chain->{began}) / $SLOT_TIME);
}


# What a node says from now on; undef takes a word back.

sub node {
    my ($name, %says) = @_;

    chain(sub {
        my ($chain) = @_;
        $chain->{nodes}{$name} = { %{ $chain->{nodes}{$name} // {} }, %says };
    });
}


# An account on chain: data is bytes.

sub account {
    my ($address, $owner, $data, %more) = @_;

    chain(sub {
        $_[0]{accounts}{$address} = defined $owner
            ? { owner => $owner, data => encode_base64($data, ''),
                lamports => 2039280, executable => JSON::PP::false, %more }
            : undef;
    });
}


# Accounts of the referral program, of token programs and of the loader, with
# their defaults as they should be.

sub referral_account {
    my (%is) = @_;
    my $name = $is{name} // 'sandbox';

    account($is{address} // $REFERRAL_ACCOUNT,
            $is{owner} // $PROGRAM{referral},
            pack('H*', 'eda2504ec4e95b02')
            . bytes58($is{partner} // SampleTrades::wallet('the operator'))
            . bytes58($is{project} // $PROJECT) . pack('v', $is{share} // 8000)
            . "\1" . pack('V/a*', $name) . "\0" x (274 - 79 - length $name));
}


sub mint_account {
    my ($mint, %is) = @_;

    account($mint, $PROGRAM{$is{program} // 'token'},
            "\0" x 36 . pack('Q<', 1_000_000_000) . chr($is{decimals} // 9)
            . "\1" . "\0" x 36);
}


sub token_account {
    my ($address, $mint, $amount, %is) = @_;

    account($address, $PROGRAM{$is{program} // 'token'},
            bytes58($mint) . bytes58($is{owner} // $REFERRAL_ACCOUNT)
            . pack('Q<', $amount) . "\0" x 36 . chr($is{frozen} ? 2 : 1)
            . "\0" x 56);
}


sub program_data {
    my ($slot, $authority) = @_;

    account($PROGRAM_DATA, $PROGRAM{loader},
            pack('VQ<', 3, $slot) . "\1" . bytes58($authority)
            . 'code' x 1000);
}


# --- keys and transactions

# The bytes of a base58 text.

sub bytes58 {
    my ($text) = @_;
    my $alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    my @bytes;

    for my $character (split //, $text) {
        my $carry = index $alphabet, $character;

        for my $byte (@bytes) {
            $carry += 58 * $byte;
            $byte = $carry & 255;
            $carry >>= 8;
        }

        while ($carry) {
            push @bytes, $carry & 255;
            $carry >>= 8;
        }
    }

    my ($ones) = $text =~ /^(1*)/;
    return "\0" x length($ones) . pack 'C*', reverse @bytes;
}


sub key_of {
    my ($word) = @_;

    return $keys{$word} //= do {
        my $path = "$ENV{JUPREF_SUITE}/key.$$." . unpack('H16', sha256($word));
        my $der = pack('H*', '302e020100300506032b657004220420')
                  . sha256("key of $word");

        open my $out, '>', $path or die "$path: $!";
        print $out "-----BEGIN PRIVATE KEY-----\n", encode_base64($der, ''),
                   "\n-----END PRIVATE KEY-----\n";
        close $out;

        my $public = `openssl pkey -in $path -pubout -outform DER`;
        { path => $path, public => substr $public, -32 };
    };
}


sub sign {
    my ($word, $message) = @_;
    my $path = key_of($word)->{path};

    open my $out, '>', "$path.in" or die "$path.in: $!";
    print $out $message;
    close $out;

    my $signature = `openssl pkeyutl -sign -rawin -inkey $path -in $path.in`;

    die "openssl doesn't sign" if length $signature != 64;
    return $signature;
}


sub compact {
    my ($number) = @_;

    return $number < 128 ? chr $number
                         : chr($number & 127 | 128) . chr $number >> 7;
}


# A swap's transaction.  `form` v0, legacy or v1; `programs` called at the top
# level; `payer` and `taker` by name; `looked_up` puts the fee account into a
# lookup table; `fee_account` by name.

sub built {
    my ($id) = @_;

    return $built{$id} // die "$id wasn't ordered";
}


sub build {
    my ($id, %how) = @_;
    my $form = $how{form} // 'v0';
    my $taker = $how{taker} // 'tom';
    my @signers = $how{payer} ? ($how{payer}, $taker) : ($taker);
    my $fee_account = $FEE_ACCOUNT{$how{fee_account} // 'SOL'};
    my @called = @{ $how{programs} // ['jupiter'] };
    my @writable = $how{looked_up} ? () : ($fee_account);
    my @programs = do { my %seen; grep { !$seen{$_}++ } 'budget', @called };
    my @keys = ((map { key_of($_)->{public} } @signers),
                (map { bytes58($_) } @writable),
                (map { bytes58($PROGRAM{$_}) } @programs));
    my %at = map { $programs[$_] => @signers + @writable + $_ } 0 .. $#programs;
    my $count = @keys + ($how{looked_up} ? 1 : 0);
    my $fee_at = $how{looked_up} ? $#keys + 1 : scalar @signers;
    my @instructions = ([$at{budget}, [], "\2\x40\x0d\3\0"],
                        map { [$at{$_}, [0, $fee_at], sha256($id)] } @called);
    my $header = pack 'CCC', scalar @signers, 0, scalar @programs;
    my $blockhash = sha256("blockhash of $id");
    my $message;

    if ($form eq 'v1') {
        $message = "\x81$header" . pack('V', 0) . $blockhash
            . chr(scalar @instructions) . chr(scalar @keys) . join('', @keys)
            . join('', map { pack 'CCv', $_->[0], scalar @{ $_->[1] },
                                         length $_->[2] } @instructions)
            . join('', map { pack('C*', @{ $_->[1] }) . $_->[2] }
                           @instructions);
    } else {
        $message = ($form eq 'v0' ? "\x80" : '') . $header
            . compact(scalar @keys) . join('', @keys) . $blockhash
            . compact(scalar @instructions)
            . join('', map { chr($_->[0]) . compact(scalar @{ $_->[1] })
                             . pack('C*', @{ $_->[1] })
                             . compact(length $_->[2]) . $_->[2] }
                           @instructions);

        $message .= $how{looked_up} ? "\1" . sha256('table') . "\1\0\0" : "\0"
            if $form eq 'v0';
    }

    my @signatures = map { sign($_, $message) } @signers;
    my $whole = sub {
        my $all = join '', @_;
        return encode_base64($form eq 'v1' ? $message . $all
                             : compact(scalar @_) . $all . $message, '');
    };

    return $built{$id} = {
        taker => SampleTrades::base58(key_of($taker)->{public}),
        signature => SampleTrades::base58($signatures[0]),
        unsigned => $whole->(map { "\0" x 64 } @signatures),
        signed => $whole->(@signatures),
        sent => $whole->($how{payer} ? ("\0" x 64, @signatures[1 .. 1])
                                     : @signatures),
        version => $form eq 'legacy' ? 'legacy' : $form eq 'v1' ? 1 : 0,
        keys => [map { SampleTrades::base58($_) } @keys],
        count => $count, fee_at => $fee_at, fee_account => $fee_account,
        looked_up => $how{looked_up} ? [$fee_account] : [],
    };
}


# What Jupiter answers to an order of that trade.  Changes as in order_answer.

sub trade_order {
    my ($id, $how, %changes) = @_;
    my $trade = build($id, %{ $how // {} });
    my $height = chain()->{began} ? block_height(chain()) + 150 : 0;

    return SampleTrades::order_answer(
        requestId => $id, transaction => $trade->{unsigned},
        taker => $trade->{taker}, lastValidBlockHeight => "$height", %changes);
}


sub trade_signed {
    return built($_[0])->{sent};
}


sub trade_id {
    return built($_[0])->{signature};
}


sub block_height {
    my ($chain) = @_;

    return slot_now($chain) - $SKIPPED + ($chain->{height_ahead} // 0);
}


# A trade is on chain: by how much its fee account grew (from `before`), or
# what else happened.  `as`: what is found under the signature of `id` is
# another trade, `commitment` how final it is.

sub land {
    my ($id, %what) = @_;
    my $trade = built($what{as} // $id);
    my $mint = $what{mint} // $MINT{SOL};
    my $before = $what{before} // 5000;
    my $after = $before + ($what{fee} // 0);
    my @balances = (1000000) x $trade->{count};
    my $tokens = sub {
        my ($amount) = @_;
        return { accountIndex => $trade->{fee_at}, mint => $mint,
                 owner => $REFERRAL_ACCOUNT,
                 programId => $PROGRAM{$what{token} // 'token'},
                 uiTokenAmount => { amount => "$amount", decimals => 9,
                                    uiAmount => undef,
                                    uiAmountString => "$amount" } };
    };

    my $result = {
        slot => $what{slot} // slot_now(chain()), blockTime => time,
        version => $trade->{version},
        transaction => [$trade->{signed}, 'base64'],
        meta => {
            err => $what{err}, status => { Ok => undef }, fee => 5000,
            preBalances => [@balances], postBalances => [@balances],
            preTokenBalances => $what{created} ? [] : [$tokens->($before)],
            postTokenBalances => $what{closed} ? [] : [$tokens->($after)],
            innerInstructions => $what{inner} // [],
            logMessages => [], rewards => [], computeUnitsConsumed => 100,
            loadedAddresses => { writable => $trade->{looked_up},
                                 readonly => [] },
            %{ $what{meta} // {} },
        },
    };

    chain(sub {
        $_[0]{transactions}{built($id)->{signature}} = {
            result => $result, commitment => $what{commitment} // 'finalized',
            addresses => [@{ $trade->{keys} }, $trade->{fee_account}],
        };
    });
}


# --- trades through the edge

# Orders and executes; `build` as in build(), `order` as in order_answer(),
# `taker` who orders when that isn't who signs, `ref` a code, `answer` what
# Jupiter says to the execute.  Returns the signature that is booked.

sub traded {
    my ($id, %how) = @_;
    my $bps = $how{ref} ? 90 : 100;
    my $order = trade_order($id, $how{build}, feeBps => $bps,
        platformFee => { feeBps => $bps, feeMint => $MINT{SOL} },
        %{ $how{order} // {} });
    my $answer = $how{answer} // SampleTrades::execute_answer(
        signature => $how{signature} // trade_id($id));

    StubJupiter::start({
        order => sub { StubJupiter::http(200, $order) },
        execute => sub { ref $answer eq 'CODE' ? $answer->(@_)
                         : StubJupiter::http(200, $answer) },
    });

    TradingEdge::get(TradingEdge::order(
        id => $id, $how{ref} ? (ref => $how{ref}) : (),
        taker => $how{taker} // built($id)->{taker}));
    my $executed = TradingEdge::execute(
        requestId => $id, signedTransaction => trade_signed($id));

    Test::More::is($executed->{header}{'jupref-trade'},
                   $how{outcome} // 'executed', "$id went through the edge");

    return $how{signature} // trade_id($id);
}


# The trade as the API tells it.

sub told {
    my ($signature) = @_;
    my ($found) = grep { $_->{signature} eq $signature }
                       @{ TradingEdge::api('/v1/trades?limit=100')->{data} };

    return $found;
}


# Waits until it isn't executed or unknown any more; "rejected wrong_taker".

sub ruled {
    my ($signature, $seconds) = @_;
    my $until = Time::HiRes::time() + ($seconds // 3 * Talk::patience());

    while (Time::HiRes::time() < $until) {
        my $told = told($signature);

        return $told->{state} . ($told->{reason} ? " $told->{reason}" : '')
            if $told && $told->{state} !~ /^(?:executed|unknown)$/;
        Time::HiRes::sleep(0.1);
    }

    return 'still ' . (told($signature) // { state => 'not there' })->{state};
}


# --- the nodes

sub start {
    my (@names) = @_;

    $folder = $ENV{JUPREF_SUITE};
    $file = state_file();
    save({ began => Time::HiRes::time(), nodes => {}, transactions => {},
           accounts => {} });

    start_node($_) for @names;
}


sub socket_of {
    my ($name) = @_;

    return "$ENV{JUPREF_SUITE}/node.$name.$$.sock";
}


# An upstream block of nodes.

sub upstream {
    my (@names) = @_;

    return 'upstream solana { jupref_freshest max_lag=20s; '
           . join('', map { 'server unix:' . socket_of($_) . '; ' } @names)
           . '}';
}


sub start_node {
    my ($name) = @_;
    my $path = socket_of($name);

    unlink $path;

    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        or die "cannot listen on $path: $!";
    my $log = "$folder/node.$name.$$.asked";
    unlink $log;

    my $child = fork // die "fork: $!";

    if ($child == 0) {
        local $SIG{CHLD} = 'IGNORE';
        local $SIG{PIPE} = 'IGNORE';
        eval { serve($name, $listener, $log) };
        print STDERR "# node $name: $@" if $@;
        POSIX::_exit(0);
    }

    $nodes{$name} = { child => $child, log => $log, path => $path };
}


sub stop_node {
    my ($name) = @_;
    my $node = delete $nodes{$name} or return;

    kill 'KILL', $node->{child};
    waitpid $node->{child}, 0;
    unlink $node->{path};
}


sub stop {
    stop_node($_) for keys %nodes;
    unlink $file if $file;
}


# The calls that a node got, of a method where one is given.

sub asked {
    my ($name, $method) = @_;
    my $log = "$folder/node.$name.$$.asked";

    open my $in, '<', $log or return;
    my @calls = map { $json->decode($_) } <$in>;

    return grep { !defined $method || $_->{method} eq $method } @calls;
}


# One process serves all connections of a node: it ends with its parent.

sub serve {
    my ($name, $listener, $log) = @_;
    my $parent = getppid;
    my $all = IO::Select->new($listener);
    my %unread;

    while (getppid == $parent) {
        for my $ready ($all->can_read(0.5)) {

            if ($ready == $listener) {
                my $connection = $listener->accept or next;
                $all->add($connection);
                $unread{$connection} = '';
                next;
            }

            if (!sysread $ready, $unread{$ready}, 65536, length $unread{$ready})
            {
                $all->remove($ready);
                delete $unread{$ready};
                close $ready;
                next;
            }

            while ($unread{$ready} =~ /^(.*?\r\n)\r\n/s) {
                my $head = $1;
                my ($length) = $head =~ /^Content-Length: *(\d+)/mi;
                my $size = length($head) + 2 + ($length // 0);

                last if length $unread{$ready} < $size;

                my $request = substr $unread{$ready}, 0, $size, '';
                my $answer = StubNode::has_good_host($head)
                    ? answer($name, substr($request, length($head) + 2), $log)
                    : response(400, 'invalid host');

                # a connection that was left is seen at its next read

                syswrite $ready, $answer;
            }
        }
    }
}


sub answer {
    my ($name, $body, $log) = @_;
    my $call = eval { $json->decode($body) };
    my $chain = chain();
    my $says = $chain->{nodes}{$name} // {};

    return response(400, '{"error":"bad"}') if ref $call ne 'HASH';

    # when it was under way: a slow node answers one call after the other

    my $began = Time::HiRes::time();
    Time::HiRes::sleep($says->{slow})
        if $says->{slow} && $call->{method} =~ /Transaction$|Statuses$/;

    open my $out, '>>', $log;
    syswrite $out, $json->encode({ %$call, began => $began,
                                   ended => Time::HiRes::time() }) . "\n";
    close $out;

    if (my $only = $says->{only}) {
        $says = {} if !grep { $_ eq $call->{method} } @$only;
    }

    return response(@{ $says->{http} }) if $says->{http};

    my ($result, $error) = ($says->{error})
        ? (undef, $says->{error}) : result($chain, $says, $call);

    return response(200, $json->encode({ jsonrpc => '2.0', id => $call->{id},
        defined $error ? (error => $error) : (result => $result) }));
}


sub response {
    my ($status, $body, @headers) = @_;

    return "HTTP/1.1 $status Node\r\nContent-Type: application/json\r\n"
           . join('', map { "$_\r\n" } @headers)
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


# (result, error) of a call.

sub result {
    my ($chain, $says, $call) = @_;
    my ($method, $params) = @$call{qw(method params)};
    my $slot = slot_now($chain) - ($says->{behind} // 0);
    my $answer = __PACKAGE__->can("says_$method")
        or return (undef, { code => -32601, message => 'Method not found' });

    return $answer->($chain, $says, $slot, @{ $params // [] });
}


sub says_getHealth { return 'ok' }
sub says_getGenesisHash { return $GENESIS }
sub says_getMaxShredInsertSlot { return $_[2] }


sub commitment_lag {
    my ($config) = @_;

    return ref $config && ($config->{commitment} // '') eq 'processed' ? 0 : 2;
}


sub says_getSlot { return $_[2] - commitment_lag($_[3]) }


sub says_getBlockHeight {
    my ($chain, $says, $slot, $config) = @_;

    return $says->{height} // block_height($chain) - commitment_lag($config);
}


sub says_getLatestBlockhash {
    my ($chain, $says, $slot) = @_;

    return { context => { slot => $slot },
             value => { blockhash => SampleTrades::wallet("hash of $slot"),
                        lastValidBlockHeight => block_height($chain) + 150 } };
}


# A node may not know some, or show another one in its place.

sub known {
    my ($chain, $says, $signature) = @_;

    return if $says->{forgets} || grep { $_ eq $signature }
                                       @{ $says->{hides} // [] };
    my $other = ($says->{shows} // {})->{$signature};

    return $chain->{transactions}{$other // $signature};
}


sub says_getSignatureStatuses {
    my ($chain, $says, $slot, $signatures, $config) = @_;

    return (undef, { code => -32602, message => 'Too many inputs' })
        if @$signatures > 256;

    return { context => { slot => $slot }, value => [map {
        my $known = $says->{status_null}
                    ? undef : known($chain, $says, $_);
        my $recent = $known
                     && $known->{result}{slot} > $slot - 300 / $SLOT_TIME;

        !$known || !($recent || $config->{searchTransactionHistory}) ? undef
        : { slot => $known->{result}{slot},
            confirmations => $known->{commitment} eq 'finalized' ? undef : 1,
            err => $known->{result}{meta}{err},
            status => { Ok => undef },
            confirmationStatus => $says->{status} // $known->{commitment} }
    } @$signatures] };
}


sub says_getTransaction {
    my ($chain, $says, $slot, $signature, $config) = @_;

    return (undef, { code => -32011, message => 'Transaction history is not '
                     . 'available from this node' })
        if $says->{without_history};

    my $known = $says->{transaction_null}
                ? undef : known($chain, $says, $signature);

    return (undef) if !$known || $known->{commitment} ne 'finalized';

    my $wanted = $says->{version} // $known->{result}{version};

    return (undef, { code => -32015, message => "Transaction version ($wanted)"
            . ' is not supported by the requesting client. Please try the '
            . 'request again with the following configuration parameter: '
            . "\"maxSupportedTransactionVersion\": $wanted" })
        if $wanted ne 'legacy'
           && $wanted > ($config->{maxSupportedTransactionVersion} // -1);

    # an amount that only this node tells

    if (my $added = ($says->{adds} // {})->{$signature}) {
        my $told = $known->{result}{meta}{postTokenBalances}[0]{uiTokenAmount};
        $told->{amount} += $added;
        $told->{uiAmountString} = $told->{amount} = "$told->{amount}";
    }

    return $known->{result};
}


sub says_getSignaturesForAddress {
    my ($chain, $says, $slot, $address, $config) = @_;
    my $all = $chain->{transactions};
    my @found = @{ noise($chain, $address, $config) };
    my @listed = sort { $all->{$b}{result}{slot} <=> $all->{$a}{result}{slot}
                       || $a cmp $b }
                grep { my $one = $all->{$_};
                       grep { $_ eq $address } @{ $one->{addresses} } }
                grep { known($chain, $says, $_) } keys %$all;

    @found = sort { $b->{slot} <=> $a->{slot} }
             (@found, map { { signature => $_,
                              slot => $all->{$_}{result}{slot},
                              err => $all->{$_}{result}{meta}{err},
                              memo => undef,
                              blockTime => $all->{$_}{result}{blockTime},
                              confirmationStatus => 'finalized' } } @listed);

    if (defined(my $before = $config->{before})) {
        shift @found while @found && $found[0]{signature} ne $before;
        shift @found;
    }

    splice @found, $config->{limit} // 1000 if @found > ($config->{limit} // 1000);

    return \@found;
}


# Failed transactions of anybody that name an account (or several), so many,
# the newest of `slot`: they cost their sender next to nothing.

sub crowd {
    my ($address, $count, $slot, $time) = @_;

    chain(sub { $_[0]{crowd} = {
        addresses => ref $address ? $address : [$address], count => $count,
        slot => $slot, time => $time // time } });
}


# Those of the page that is asked for.

sub noise {
    my ($chain, $address, $config) = @_;
    my $crowd = $chain->{crowd};
    my $first = 1;

    return [] if !$crowd || !grep { $_ eq $address } @{ $crowd->{addresses} };

    if (($config->{before} // '') =~ /^23{80}([A-HJK]{7})$/) {
        ($first = $1) =~ tr/A-HJK/0-9/;
    }

    my $last = $first + ($config->{limit} // 1000);
    $last = $crowd->{count} if $last > $crowd->{count};

    return [map {
        my $number = sprintf '%07d', $_;

        $number =~ tr/0-9/A-HJK/;
        { signature => '2' . '3' x 80 . $number, slot => $crowd->{slot},
          err => { InstructionError => [0, 'Custom'] }, memo => undef,
          blockTime => $crowd->{time}, confirmationStatus => 'finalized' };
    } $first .. $last];
}


sub says_getMultipleAccounts {
    my ($chain, $says, $slot, $addresses, $config) = @_;

    return { context => { slot => $slot - 2 }, value => [map {
        my $account = ($says->{accounts} // {})->{$_}
                      // $chain->{accounts}{$_};

        $account && do {
            my $data = decode_base64($account->{data});
            my $slice = $config->{dataSlice};
            my $space = length $data;

            $data = substr $data, $slice->{offset}, $slice->{length}
                if $slice && $slice->{offset} < $space;

            { owner => $account->{owner}, lamports => $account->{lamports},
              executable => $account->{executable}, rentEpoch => 0,
              space => $space, data => [encode_base64($data, ''), 'base64'] };
        };
    } @$addresses] };
}


END {
    my $status = $?;
    stop() if $folder && $$ == ($ENV{CHAIN_OWNER} // 0);
    $? = $status;
}


1;
