# Orders as Jupiter answers them, and what a trader and Jupiter then say.
#
# The answers below are real ones of the sandbox, of each form a transaction
# comes in, byte for byte; a test changes single members of them.  Wallets and
# signatures are made from a word, so that tests can name people instead of
# keys.  An edge compares messages and verifies no signature, so any 64 bytes
# will sign here.

package SampleTrades;

use strict;
use warnings;

use Digest::SHA qw(sha256 sha512);
use Exporter 'import';
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);

our @EXPORT = qw(%MINT $REFERRAL_ACCOUNT $REQUEST_ID wallet signature
                 order_args order_answer transaction signed_transaction
                 execute_body execute_answer first_signature);


our $REFERRAL_ACCOUNT = '9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj';

our %MINT = (
    SOL  => 'So11111111111111111111111111111111111111112',
    USDC => 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v',
    BONK => 'DezXAZ8z7PnrnRJjz3wXBoRCixCa6xjnB7YaB1pPB263',
);

my $json = JSON::PP->new->canonical;

my %orders = do {
    local $/ = '';
    map { /^(\w+)\n(\{.*\})$/m } <DATA>;
};

my %members = map { $_ => $json->decode($orders{$_}) } keys %orders;

# the order that is meant where none is named

our $REQUEST_ID = $members{v0}{requestId};


# Both are asked for often, and base58 is slow here.

my (%wallets, %signatures);

sub wallet {
    return $wallets{$_[0]} //= base58(sha256($_[0]));
}


sub signature {
    return $signatures{$_[0]} //= base58(sha512($_[0]));
}


# 100000000 base units of SOL for USDC by "tom", unless said otherwise; an
# undefined value leaves the argument out.

sub order_args {
    my (%given) = @_;
    my %args = (inputMint => $MINT{SOL}, outputMint => $MINT{USDC},
                amount => 100000000, taker => wallet('tom'), %given);
    my @names = (qw(inputMint outputMint amount taker), sort grep {
                     !/^(?:inputMint|outputMint|amount|taker)$/ } keys %given);

    return join '&', map { "$_=$args{$_}" } grep { defined $args{$_} } @names;
}


# A real answer, or one with members changed; \'none' takes a member away.

sub order_answer {
    my (%changes) = @_;
    my $form = delete $changes{form} // 'v0';

    return $orders{$form} if !%changes;
    return changed({ %{ $members{$form} } }, %changes);
}


sub execute_answer {
    my (%changes) = @_;

    return changed({
        status => 'Success', code => 0, slot => '447200004',
        signature => signature('landed'),
        totalInputAmount => '100000000', totalOutputAmount => '14859052',
        inputAmountResult => '99100000', outputAmountResult => '14859052',
    }, %changes);
}


sub execute_body {
    my (%changes) = @_;
    my $form = delete $changes{form} // 'v0';

    return changed({
        requestId => $members{$form}{requestId},
        signedTransaction => signed_transaction($form),
    }, %changes);
}


sub changed {
    my ($members, %changes) = @_;

    while (my ($name, $value) = each %changes) {
        if (ref $value eq 'SCALAR') {
            delete $members->{$name};
        } else {
            $members->{$name} = $value;
        }
    }

    return $json->encode($members);
}


# Unsigned, base64.

sub transaction {
    return $members{$_[0] // 'v0'}{transaction};
}


# Signed with bytes made from a word, by everybody, or by all but the first
# where a maker signs later.  Legacy and v0 start with their signatures, v1 ends
# in them.

sub signed_transaction {
    my ($form, $word, $maker_signs_later) = @_;
    my $bytes = decode_base64(transaction($form // 'v0'));
    my $signature = sha512($word // 'tom signs');
    my $v1 = (ord $bytes) == 0x81;
    my $signers = ord substr $bytes, $v1 ? 1 : 0, 1;
    my $at = $v1 ? length($bytes) - 64 * $signers : 1;

    for my $signer (($maker_signs_later ? 1 : 0) .. $signers - 1) {
        substr $bytes, $at + 64 * $signer, 64, $signature;
    }

    return encode_base64($bytes, '');
}


# What a wallet would show as the id of a signed transaction.

sub first_signature {
    my $bytes = decode_base64($_[0]);

    return base58(ord $bytes == 0x81
                  ? substr $bytes, length($bytes) - 64 * ord(substr $bytes, 1),
                           64
                  : substr $bytes, 1, 64);
}


sub base58 {
    my ($bytes) = @_;
    my @digits;

    for my $byte (unpack 'C*', $bytes) {
        my $carry = $byte;

        for my $digit (@digits) {
            $carry += $digit << 8;
            $digit = $carry % 58;
            $carry = int $carry / 58;
        }

        while ($carry) {
            push @digits, $carry % 58;
            $carry = int $carry / 58;
        }
    }

    my ($zeroes) = $bytes =~ /^(\0*)/;
    my $alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

    return '1' x length($zeroes)
           . join '', map { substr $alphabet, $_, 1 } reverse @digits;
}


1;

__DATA__
v0
{"mode":"manual","swapType":"aggregator","router":"metis","requestId":"01a204df-2ac3-7fbf-b640-e28fae0fba42","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14857567","otherAmountThreshold":"14783279","inUsdValue":15,"outUsdValue":14.857567,"swapUsdValue":15,"priceImpact":-0.05,"priceImpactPct":"-0.0005","swapMode":"ExactIn","slippageBps":50,"routePlan":[{"percent":100,"bps":10000,"usdValue":15,"swapInfo":{"ammKey":"8fiuQHkjvg7f9kLrq712GrNQZ9a6LXZ7hns1vKfmsQEY","label":"Sandbox Pool","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14992500"}}],"referralAccount":"9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj","feeMint":"So11111111111111111111111111111111111111112","feeBps":90,"platformFee":{"amount":"900000","feeBps":90,"feeMint":"So11111111111111111111111111111111111111112"},"signatureFeeLamports":5000,"signatureFeePayer":"HmnKcyA7N51QvAB8rA1ZsXVJy2E5d7Tc1ub2yu6Fak8s","prioritizationFeeLamports":69000,"prioritizationFeePayer":"HmnKcyA7N51QvAB8rA1ZsXVJy2E5d7Tc1ub2yu6Fak8s","rentFeeLamports":2039280,"rentFeePayer":"HmnKcyA7N51QvAB8rA1ZsXVJy2E5d7Tc1ub2yu6Fak8s","transaction":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAQAFCPkzyoRE3S+1J3IPnAOnp+/zeuKQ5CNFs6duDWpMzh78hjj+K90vxUZLBzgCBlkBbGn9wUVFZLVyfMqOpSp2g0bzAoiyNLUphRGOMrv0eNpPJYh5gXeznWIG2jbRNH4ENwMGRm/lIRcy/+ytunLDm+e8jOW7xfcSayxDmzpAAAAAjJclj04kifG7PRApFI4NgwtaE5na/xCEBI572Nvp+FkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAbd9uHXZaGT2cvhRs7reawctIXtX1s3kTqM9YV+/wCpBHnVW/IxwG7udMVuzmgVB/2xst6j9I5RArHNola8E4/DzRItRW464OtA9QglNmeNGlUXkyI0LsxE5+T5wUleeggDAAUC4JMEAAMACQNwggMAAAAAAAQGAAEACwUGAQEFAgABDAIAAAAA4fUFAAAAAAYBAQERBAYAAgAMBQYBAQcOAAECCwwGBgcNBwgOCQpRu2T6zDHErxQA4fUFAAAAAHTE5AAAAAAAMgBaAAAAAQMMAAUJAABgJegFAAAAAA0EAgsFBgAALLviAAAAAAABAwoABQkAAKC7DQAAAAAAAwj+BgMBAAABCQG/fyWTZrm2DNO3pwgYMXCvSuNqWlo9z5IGDg5rvlcqFQMVCwwEBgcBAA==","lastValidBlockHeight":"425500152","gasless":false,"taker":"HmnKcyA7N51QvAB8rA1ZsXVJy2E5d7Tc1ub2yu6Fak8s","totalTime":64,"jitOptimized":false,"guaranteedPrice":false}

legacy
{"mode":"manual","swapType":"aggregator","router":"metis","requestId":"01a204df-2b83-7220-bb92-dfd387afe844","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14857567","otherAmountThreshold":"14783279","inUsdValue":15,"outUsdValue":14.857567,"swapUsdValue":15,"priceImpact":-0.05,"priceImpactPct":"-0.0005","swapMode":"ExactIn","slippageBps":50,"routePlan":[{"percent":100,"bps":10000,"usdValue":15,"swapInfo":{"ammKey":"8fiuQHkjvg7f9kLrq712GrNQZ9a6LXZ7hns1vKfmsQEY","label":"Sandbox Pool","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14992500"}}],"referralAccount":"9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj","feeMint":"So11111111111111111111111111111111111111112","feeBps":90,"platformFee":{"amount":"900000","feeBps":90,"feeMint":"So11111111111111111111111111111111111111112"},"signatureFeeLamports":5000,"signatureFeePayer":"HhSogY9LJKCrrC2nXJLaH3fUvbdSM71iLyexa4PgyMW4","prioritizationFeeLamports":69000,"prioritizationFeePayer":"HhSogY9LJKCrrC2nXJLaH3fUvbdSM71iLyexa4PgyMW4","rentFeeLamports":2039280,"rentFeePayer":"HhSogY9LJKCrrC2nXJLaH3fUvbdSM71iLyexa4PgyMW4","transaction":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAkP+BdmnLdgKQksAWek4N9bZUR61Euna9duAkxVkglFTZVDwH2Bmmt9a4SClaVh2DnkQugKCkLh562Aeq1vKuZdzEjz51qPyKxWbH0tffsRiWehtTWY+kLU7e+QQ61pzyvNhvCYMSr64Lxh07BBWmHYqp2XDEYjpFQ5aCztoJV/fLRx7UJ3twFKDgtq0vKvPPwhkOpm9eutpu8gnIr0An4GnYBjZPS3dLBHW7/bdBeJA0KwzHfso/6o8JBw+JdbY9r2AwZGb+UhFzL/7K26csOb57yM5bvF9xJrLEObOkAAAACMlyWPTiSJ8bs9ECkUjg2DC1oTmdr/EIQEjnvY2+n4WQabiFf+q4GE+2h/Y0YYwDXaxDncGus7VZig8AAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAG3fbh12Whk9nL4UbO63msHLSF7V9bN5E6jPWFfv8AqQNuP+m4QZSkUIHB/Wzkk6iUuDR+8fttzvle92QwiM1hBHnVW/IxwG7udMVuzmgVB/2xst6j9I5RArHNola8E4+0P/on9df2SnTAmx8pWHneSwmrNt/J3VFLMhqns4zl6GqGXeTuqmt92fpOjuB+DBaDMmuxzGSXk7nkhbJFek7Jq/2pYN9gyWDf9VZdjziWx9nX7FlLPfm97XD7YSuQxLkIBgAFAuCTBAAGAAkDcIIDAAAAAAAHBgABAAgJCgEBCQIAAQwCAAAAAOH1BQAAAAAKAQEBEQcGAAIACwkKAQEMDgABAggLCgoMDQwDDgQFUbtk+swxxK8UAOH1BQAAAAB0xOQAAAAAADIAWgAAAAEDDAAFCQAAYCXoBQAAAAANBAILBQYAACy74gAAAAAAAQMKAAUJAACguw0AAAAAAAMI/goDAQAAAQk=","lastValidBlockHeight":"425500153","gasless":false,"taker":"HhSogY9LJKCrrC2nXJLaH3fUvbdSM71iLyexa4PgyMW4","totalTime":16,"jitOptimized":false,"guaranteedPrice":false}

v1
{"mode":"manual","swapType":"aggregator","router":"metis","requestId":"01a204df-2bd0-75c8-a218-c976062ec622","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14857567","otherAmountThreshold":"14783279","inUsdValue":15,"outUsdValue":14.857567,"swapUsdValue":15,"priceImpact":-0.05,"priceImpactPct":"-0.0005","swapMode":"ExactIn","slippageBps":50,"routePlan":[{"percent":100,"bps":10000,"usdValue":15,"swapInfo":{"ammKey":"8fiuQHkjvg7f9kLrq712GrNQZ9a6LXZ7hns1vKfmsQEY","label":"Sandbox Pool","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14992500"}}],"referralAccount":"9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj","feeMint":"So11111111111111111111111111111111111111112","feeBps":90,"platformFee":{"amount":"900000","feeBps":90,"feeMint":"So11111111111111111111111111111111111111112"},"signatureFeeLamports":5000,"signatureFeePayer":"Et9k6qFtbxCbu8fmWLQGFwjiMEfnUE6nUWnj22oSfYJc","prioritizationFeeLamports":69000,"prioritizationFeePayer":"Et9k6qFtbxCbu8fmWLQGFwjiMEfnUE6nUWnj22oSfYJc","rentFeeLamports":2039280,"rentFeePayer":"Et9k6qFtbxCbu8fmWLQGFwjiMEfnUE6nUWnj22oSfYJc","transaction":"gQEACA8AAAAORlDFK1Yng23cqznVX0DnPOztphOYtWQaR9orCmoKQwYOzkJv6q9FGjSu29szwJ518TIvaNKWYAeCTVtFJeb8b1muv1ZNv3q1ibxBk7EypfUDu5g9YwOGAuiqWr2bkZ14pYhfiuJYVqsOgnWFPoVQ9oFkpW5Asn0rwvKYFpdkc6AwhvCYMSr64Lxh07BBWmHYqp2XDEYjpFQ5aCztoJV/fLRx7UJ3twFKDgtq0vKvPPwhkOpm9eutpu8gnIr0An4GnYBjZPS3dLBHW7/bdBeJA0KwzHfso/6o8JBw+JdbY9r2jJclj04kifG7PRApFI4NgwtaE5na/xCEBI572Nvp+FkGm4hX/quBhPtof2NGGMA12sQ53BrrO1WYoPAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABt324ddloZPZy+FGzut5rBy0he1fWzeROoz1hX7/AKkDbj/puEGUpFCBwf1s5JOolLg0fvH7bc75XvdkMIjNYQR51VvyMcBu7nTFbs5oFQf9sbLeo/SOUQKxzaJWvBOPtD/6J/XX9kp0wJsfKVh53ksJqzbfyd1RSzIap7OM5ehqhl3k7qprfdn6To7gfgwWgzJrscxkl5O55IWyRXpOyYgNAQAAAAAA4JMEAAAAEAAGBgEACAIMAAkBAQAGBgEACw5RAAkDAQAAAQAHCAkBAAECAAAAAOH1BQAAAAABEQACAAoICQEAAQIHCgkJCwwLAw0EBbtk+swxxK8UAOH1BQAAAAB0xOQAAAAAADIAWgAAAAEDDAAFCQAAYCXoBQAAAAANBAILBQYAACy74gAAAAAAAQMKAAUJAACguw0AAAAAAAMI/gEAAAkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","lastValidBlockHeight":"425500154","gasless":false,"taker":"Et9k6qFtbxCbu8fmWLQGFwjiMEfnUE6nUWnj22oSfYJc","totalTime":10,"jitOptimized":false,"guaranteedPrice":false}

rfq
{"mode":"manual","swapType":"rfq","router":"jupiterz","requestId":"7426f715-6444-4df4-a5c6-16b2051fee75","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14857567","otherAmountThreshold":"14857567","inUsdValue":15,"outUsdValue":14.857567,"swapUsdValue":15,"priceImpact":-0.05,"priceImpactPct":"-0.0005","swapMode":"ExactIn","slippageBps":0,"routePlan":[{"percent":100,"bps":10000,"usdValue":15,"swapInfo":{"ammKey":"8fiuQHkjvg7f9kLrq712GrNQZ9a6LXZ7hns1vKfmsQEY","label":"JupiterZ","inputMint":"So11111111111111111111111111111111111111112","outputMint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v","inAmount":"100000000","outAmount":"14992500"}}],"referralAccount":"9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj","feeMint":"So11111111111111111111111111111111111111112","feeBps":90,"platformFee":{"amount":"900000","feeBps":90,"feeMint":"So11111111111111111111111111111111111111112"},"signatureFeeLamports":0,"signatureFeePayer":"5YJa64uBbZL4mLP4AuuvmRUbuPVQvbG9ee8fP5vybiFj","prioritizationFeeLamports":0,"prioritizationFeePayer":"5YJa64uBbZL4mLP4AuuvmRUbuPVQvbG9ee8fP5vybiFj","rentFeeLamports":0,"rentFeePayer":"5YJa64uBbZL4mLP4AuuvmRUbuPVQvbG9ee8fP5vybiFj","transaction":"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAIABQtDc56qEhEgVjqumz+mxo3hxL+tN8j0efwS3Y9i0RYlCmnKLmQdZqby5Njb7+kRFtC+sNq2YezafDtlIl02NHvVtEPW9GQ5AEcTOQg3IjWTDOLgY/zZO+lM2ZzBKalrfR05Hotk1fDZ97KqilhqoRtCPG2Q1/lFE1gRRgWcHnKK65EqxoDuxGnALAV7j0dgu2F6IoBS/jpT5w4Vv/jk5wij9ksAe2QIiFRzyDa53yKIg5ecuxuemvragRmzynRfw9sDBkZv5SEXMv/srbpyw5vnvIzlu8X3EmssQ5s6QAAAAIyXJY9OJInxuz0QKRSODYMLWhOZ2v8QhASOe9jb6fhZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAG3fbh12Whk9nL4UbO63msHLSF7V9bN5E6jPWFfv8AqUpYSftyo7vpH9xbDmpX9jxaHLRbIGem7Qys02OVyKECHox1XCL5cIMp9LVYF5pjl4e8LGaD5520mZMHnPmZF4oIBgAFAuCTBAAGAAkDcIIDAAAAAAAHBgACAQwICQEBBwYAAwENCAkBAQgCAQMMAgAAAADh9QUAAAAACQEDAREKDgEAAwQCBQ0JDAkICg4LVqhgt6NcCiigAOH1BQAAAAAsu+IAAAAAAMdLA2sAAAAAWgAAAgYDAAcJAABgJegFAAAAAAUIBAEHBgAALLviAAAAAAACBg0ABwkAAKC7DQAAAAAAAwz9CQMDAAEBCQG/fyWTZrm2DNO3pwgYMXCvSuNqWlo9z5IGDg5rvlcqFQEVAwcGAQ==","lastValidBlockHeight":"425500154","gasless":true,"taker":"87xcs9nAGx1m3Y3tqJbC2jKN8rhKndJEgrYyijyKAbxG","totalTime":15,"quoteId":"a00a99e0-6cb4-4f00-8bc9-7ce7c939d3bf","maker":"5YJa64uBbZL4mLP4AuuvmRUbuPVQvbG9ee8fP5vybiFj","expireAt":"1795378119","jitOptimized":false,"guaranteedPrice":false}
