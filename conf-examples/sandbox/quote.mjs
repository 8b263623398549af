/*
 * The price of a swap and the fee on it, by Jupiter's rules.
 *
 *   - The fee is taken in the input or the output mint, whichever stands
 *     first in Jupiter's order (SOL, stables, others).
 *   - A referral fee goes whole to the referral account's token account of
 *     that mint; if there is none, the fee is silently Jupiter's default.
 *   - On the input side it is known beforehand; on the output side it is a
 *     share of what the route really gave.
 *
 * Amounts are base units and never leave BigInt.
 */

import { PublicKey } from "@solana/web3.js";

const BPS = 10_000n;
const POOL_SPREAD_BPS = 5n;


/*
 * `feeSide` puts the fee on that side whatever the order says, and
 * `opensFeeAccount` grants it though there is no token account for it.
 */
export function quote(market, { input, output, inAmount, referralAccount,
                                referralFeeBps, driftBps, feeSide,
                                opensFeeAccount }) {
    const usual = input.priority < output.priority ? input : output;
    const feeMint = { input, output }[feeSide] ?? usual;
    const fee = feeTerms(market, feeMint, input, output, referralAccount,
                         referralFeeBps, opensFeeAccount);
    const onInput = feeMint === input;
    const feeIn = onInput ? share(inAmount, fee.bps) : 0n;
    const routeIn = inAmount - feeIn;

    const quoted = poolOutput(input, output, routeIn);
    const routeOut = quoted * (BPS + driftBps) / BPS;
    const feeOut = onInput ? 0n : share(routeOut, fee.bps);
    const quotedFee = onInput ? feeIn : share(quoted, fee.bps);

    return {
        input, output, inAmount, feeMint, onInput,
        feeBps: fee.bps,
        feeAccount: fee.account,
        referralAccount: fee.granted ? referralAccount : null,
        feeAmount: onInput ? feeIn : feeOut,
        quotedFee,
        routeIn, routeOut,
        stepOut: poolOutput(input, output, inAmount),
        outAmount: quoted - (onInput ? 0n : quotedFee),
        outReceived: routeOut - feeOut,
        inMicroUsd: microUsd(input, inAmount),
        outMicroUsd: microUsd(output, quoted - (onInput ? 0n : quotedFee)),
    };
}


function feeTerms(market, feeMint, input, output, referralAccount,
                  referralFeeBps, opensFeeAccount)
{
    if (referralAccount !== null) {
        const account = market.tokenAccount(new PublicKey(referralAccount),
                                            feeMint);

        if (opensFeeAccount
            || market.chain.tokenAccount(account)?.initialized)
        {
            return { bps: referralFeeBps, account, granted: true };
        }
    }

    return { bps: defaultFeeBps(input, output), granted: false,
             account: market.tokenAccount(market.jupiterFees, feeMint) };
}


function defaultFeeBps(input, output) {
    const kinds = [input.kind, output.kind];

    if (kinds.includes("other")) {
        return 10;
    }

    return kinds.includes("sol") ? 2 : 0;
}


function poolOutput(input, output, amount) {
    const scale = 10n ** BigInt(output.decimals);
    const unscale = 10n ** BigInt(input.decimals);
    const fair = amount * input.microUsd * scale / (output.microUsd * unscale);

    return fair * (BPS - POOL_SPREAD_BPS) / BPS;
}


function share(amount, bps) {
    return amount * BigInt(bps) / BPS;
}


function microUsd(mint, amount) {
    return amount * mint.microUsd / 10n ** BigInt(mint.decimals);
}
