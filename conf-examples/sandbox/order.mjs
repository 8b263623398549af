/*
 * GET /order: a priced swap and the transaction that makes it.
 *
 * Refuses what Jupiter refuses with 400, answers 200 with an errorCode for
 * what can't be built for this taker, and keeps each order until it may be
 * executed no longer.  Swap v2 and Ultra differ in a few fields and in the
 * router's name.
 */

import crypto from "node:crypto";

import { PublicKey } from "@solana/web3.js";

import { SIGNATURE_FEE } from "./chain.mjs";
import { Literal, decimalText } from "./json.mjs";
import { quote } from "./quote.mjs";
import { NATIVE_MINT } from "./tokens.mjs";
import { PRIORITY_FEE, buildTransaction, expiry } from "./transaction.mjs";

const REFERRAL_FEE = { least: 50, most: 255 };
const MOST_TOKENS = 2n ** 64n - 1n;
const DEFAULT_SLIPPAGE_BPS = 50;
const OPTIONAL = ["slippageBps", "referralAccount", "referralFee", "receiver",
                  "payer", "priorityFeeLamports", "jitoTipLamports",
                  "excludeRouters", "excludeDexes"];

const UNBUILDABLE = {
    1: "Insufficient funds",
    2: "Insufficient SOL for gas",
};


export function answerOrder(market, orders, generation, args, whims) {
    const requestId = whims.has("rfq") ? crypto.randomUUID() : timeOrderedId();
    const started = performance.now();
    const refused = refusal(market, args);

    if (refused !== null) {
        return { status: 400, body: refused };
    }

    const swap = readSwap(market, args, whims);

    if (swap === null || swap.quote.outReceived <= 0n) {
        return { status: 400,
                 body: { requestId, error: "Failed to get quotes" } };
    }

    const order = { requestId, generation, swap, args,
                    fail: Number(whims.get("fail") ?? 0),
                    errorCode: 0, built: null };

    if (swap.taker !== null) {
        order.errorCode = shortage(market, swap);

        if (order.errorCode === 0) {
            order.built = buildTransaction(market, swap);
            orders.add(order);
        }
    }

    return { status: 200,
             body: orderBody(market, order, whims,
                             performance.now() - started) };
}


/* The body of a 400, or null. */
function refusal(market, args) {
    for (const name of ["inputMint", "outputMint"]) {
        if (publicKey(args.get(name)) === null) {
            return { error: `Invalid ${name}` };
        }
    }

    if (args.get("inputMint") === args.get("outputMint")) {
        return { error: "inputMint cannot be same as outputMint" };
    }

    if (!/^[0-9]+$/.test(args.get("amount") ?? "")
        || BigInt(args.get("amount")) > MOST_TOKENS
        || BigInt(args.get("amount")) === 0n)
    {
        return issue("amount", "Expected a positive integer");
    }

    for (const name of ["taker", "receiver", "payer"]) {
        if (args.has(name) && publicKey(args.get(name)) === null) {
            return { error: `Invalid ${name}` };
        }
    }

    const slippage = args.get("slippageBps");

    if (args.has("slippageBps")
        && !(/^[0-9]+$/.test(slippage) && Number(slippage) <= 10_000))
    {
        return issue("slippageBps", "Expected an integer from 0 to 10000");
    }

    return referralRefusal(market, args);
}


function referralRefusal(market, args) {
    const account = args.get("referralAccount");
    const fee = args.get("referralFee");

    if (args.has("referralAccount") !== args.has("referralFee")) {
        return { error: "referralAccount and referralFee must be provided "
                        + "together" };
    }

    if (account === null) {
        return null;
    }

    if (args.has("integratorFeeBps") || args.has("platformFeeBps")) {
        return { error: "referralFee cannot be combined with another fee" };
    }

    if (!/^[0-9]+$/.test(fee) || Number(fee) < REFERRAL_FEE.least
        || Number(fee) > REFERRAL_FEE.most)
    {
        return issue("referralFee", "Expected an integer from 50 to 255");
    }

    if (publicKey(account) === null
        || !market.referral.isReferralAccount(publicKey(account)))
    {
        return { error: "Invalid referralAccount" };
    }

    return null;
}


function issue(path, message) {
    return { success: false,
             error: { name: "ZodError",
                      issues: [{ code: "custom", path: [path], message }] } };
}


function readSwap(market, args, whims) {
    const input = market.mint(args.get("inputMint"));
    const output = market.mint(args.get("outputMint"));

    if (input === null || output === null) {
        return null;
    }

    return {
        quote: quote(market, {
            input, output,
            inAmount: BigInt(args.get("amount")),
            referralAccount: args.get("referralAccount"),
            referralFeeBps: Number(args.get("referralFee")),
            driftBps: BigInt(whims.get("drift") ?? 1),
            feeSide: whims.get("fee-side"),
            opensFeeAccount: whims.has("opens-fee-account"),
        }),
        taker: publicKey(args.get("taker")),
        receiver: publicKey(args.get("receiver")),
        slippageBps: Number(args.get("slippageBps") ?? DEFAULT_SLIPPAGE_BPS),
        rfq: whims.has("rfq"),
        feeBy: ["no-fee", "fee-by-transfer"].find((one) => whims.has(one))
            ?? "router",
        opensFeeAccount: whims.has("opens-fee-account"),
        claims: whims.has("claims"),
        unknownRouter: whims.has("unknown-router"),
        form: whims.has("rfq") ? "v0"
            : ["legacy", "v1"].find((form) => whims.has(form)) ?? "v0",
    };
}


/* Jupiter's errorCode: what the taker lacks for this swap, 0 for nothing. */
function shortage(market, { taker, quote, rfq }) {
    const lamports = market.chain.balance(taker);
    const gas = rfq ? 0n : SIGNATURE_FEE + PRIORITY_FEE;

    if (quote.input.key.equals(NATIVE_MINT)) {
        return lamports < quote.inAmount ? 1
            : lamports < quote.inAmount + gas ? 2 : 0;
    }

    const account = market.tokenAccount(taker, quote.input);
    const held = market.chain.tokenAccount(account)?.amount ?? 0n;

    return held < quote.inAmount ? 1 : lamports < gas ? 2 : 0;
}


function orderBody(market, order, whims, milliseconds) {
    const { swap, args, built } = order;
    const { quote: priced } = swap;
    const manual = OPTIONAL.some((name) => args.has(name));
    const payer = swap.rfq ? market.maker.publicKey : swap.taker;
    const pays = swap.taker === null ? null : payer.toBase58();
    const rent = BigInt(built?.accountsToOpen ?? 0) * market.chain.rent(165);
    const number = whims.has("quoted-numbers")
        ? (value) => value.toString() : (value) => value;

    return {
        mode: manual ? "manual" : "ultra",
        swapType: swap.rfq ? "rfq" : "aggregator",
        router: routerName(swap, order.generation),
        requestId: order.requestId,
        inputMint: priced.input.address,
        outputMint: priced.output.address,
        inAmount: priced.inAmount.toString(),
        outAmount: priced.outAmount.toString(),
        otherAmountThreshold: threshold(swap).toString(),
        inUsdValue: usd(priced.inMicroUsd, whims),
        outUsdValue: usd(priced.outMicroUsd, whims),
        swapUsdValue: usd(priced.inMicroUsd, whims),
        priceImpact: new Literal("-0.05"),
        priceImpactPct: "-0.0005",
        swapMode: "ExactIn",
        slippageBps: number(swap.rfq ? 0 : swap.slippageBps),
        routePlan: [routeStep(market, priced, swap.rfq)],
        referralAccount: priced.referralAccount ?? undefined,
        feeMint: whims.has("no-fee-mint") ? undefined : priced.feeMint.address,
        feeBps: number(priced.feeBps),
        platformFee: platformFee(priced, order.generation, whims, number),
        signatureFeeLamports: number(swap.rfq ? 0n : SIGNATURE_FEE),
        signatureFeePayer: pays,
        prioritizationFeeLamports: number(swap.rfq ? 0n : PRIORITY_FEE),
        prioritizationFeePayer: pays,
        rentFeeLamports: number(swap.rfq ? 0n : rent),
        rentFeePayer: pays,
        transaction: transactionText(order),
        lastValidBlockHeight: built?.lastValidBlockHeight.toString()
            ?? (swap.taker ? "" : undefined),
        gasless: swap.rfq,
        taker: swap.taker?.toBase58() ?? null,
        totalTime: Math.max(1, Math.round(milliseconds)),
        ...rfqFields(market, swap),
        ...generationFields(order.generation),
        ...errorFields(order.errorCode),
    };
}


function routerName({ rfq }, generation) {
    if (rfq) {
        return "jupiterz";
    }

    return generation === "ultra" ? "iris" : "metis";
}


function threshold({ quote, slippageBps, rfq }) {
    return rfq ? quote.outAmount
        : quote.outAmount * BigInt(10_000 - slippageBps) / 10_000n;
}


function usd(micro, whims) {
    const text = decimalText(micro, 6);

    return whims.has("quoted-numbers") ? text : new Literal(text);
}


function routeStep(market, priced, rfq) {
    return {
        percent: 100, bps: 10_000,
        usdValue: new Literal(decimalText(priced.inMicroUsd, 6)),
        swapInfo: {
            ammKey: market.tokenAccount(market.vault, priced.input).toBase58(),
            label: rfq ? "JupiterZ" : "Sandbox Pool",
            inputMint: priced.input.address,
            outputMint: priced.output.address,
            inAmount: priced.inAmount.toString(),
            outAmount: priced.stepOut.toString(),
        },
    };
}


/* v2 leaves the amount out where it isn't exact; Ultra always writes one. */
function platformFee(priced, generation, whims, number) {
    const exact = priced.onInput || generation === "ultra";

    return {
        amount: exact ? priced.quotedFee.toString() : undefined,
        feeBps: number(priced.feeBps),
        feeMint: whims.has("no-fee-mint") ? undefined : priced.feeMint.address,
    };
}


function transactionText({ built, swap, errorCode }) {
    if (swap.taker === null) {
        return null;
    }

    return errorCode === 0 ? built.raw.toString("base64") : "";
}


function rfqFields(market, { rfq }) {
    return rfq ? { quoteId: crypto.randomUUID(),
                   maker: market.maker.publicKey.toBase58(),
                   expireAt: expiry().toString() } : {};
}


function generationFields(generation) {
    return generation === "ultra"
        ? {} : { jitOptimized: false, guaranteedPrice: false };
}


function errorFields(errorCode) {
    if (errorCode === 0) {
        return {};
    }

    const text = UNBUILDABLE[errorCode];

    return { errorCode, errorMessage: text, error: text };
}


function publicKey(text) {
    try {
        return /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text ?? "")
            ? new PublicKey(text) : null;
    } catch {
        return null;
    }
}


/* A version 7 UUID: its first 48 bits are the time. */
function timeOrderedId() {
    const bytes = crypto.randomBytes(16);

    bytes.writeUIntBE(Date.now(), 0, 6);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);

    return bytes.toString("hex")
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
