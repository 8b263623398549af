/*
 * The unsigned transaction of an order, in the wire form asked for.
 *
 * A routed swap is what Jupiter's aggregator builds: compute budget, token
 * accounts that are missing, SOL wrapped, one route_v2, SOL unwrapped; the
 * taker pays and is the only signer.  An RFQ swap is the order engine's fill:
 * the market maker pays and signs first, so nobody knows the transaction's id
 * before it has.
 */

import { AddressLookupTableAccount, ComputeBudgetProgram, MessageV1,
         SystemProgram, TransactionMessage } from "@solana/web3.js";

import { MAKER_STOCK } from "./market.mjs";
import { AGGREGATOR, EVENT_AUTHORITY, ORDER_ENGINE, UNKNOWN_ROUTER,
         fillInstruction, routeInstruction, vaultOf } from "./router.mjs";
import { NATIVE_MINT, closeAccount, createAssociatedAccount, readable,
         syncNative, transferChecked, writable } from "./tokens.mjs";
import { unsignedTransaction } from "./wire.mjs";

export const PRIORITY_FEE = 69_000n;

const COMPUTE_UNITS = 300_000;
const UNIT_PRICE = PRIORITY_FEE * 1_000_000n / BigInt(COMPUTE_UNITS);
const LOADED_DATA_LIMIT = 1 << 20;
const RFQ_LIFE_SEC = 55n;


/* Returns the unsigned wire bytes and what building them came to. */
export function buildTransaction(market, swap) {
    const { blockhash, lastValidBlockHeight } =
        market.chain.latestBlockhash("confirmed");
    const plan = swap.rfq ? rfqPlan(market, swap) : routedPlan(market, swap);
    const message = compile(market, swap, plan, blockhash);

    return {
        raw: unsignedTransaction(message),
        lastValidBlockHeight,
        payer: plan.payer,
        accountsToOpen: plan.accountsToOpen,
    };
}


function routedPlan(market, swap) {
    const { quote, taker } = swap;
    const receiver = swap.receiver ?? taker;
    const source = market.tokenAccount(taker, quote.input);
    const unwraps = quote.output.key.equals(NATIVE_MINT);
    const owner = unwraps ? taker : receiver;
    const destination = market.tokenAccount(owner, quote.output);
    const before = [];
    const after = [];

    if (quote.input.key.equals(NATIVE_MINT)) {
        before.push(
            createAssociatedAccount(taker, taker, NATIVE_MINT),
            SystemProgram.transfer({ fromPubkey: taker, toPubkey: source,
                                     lamports: quote.inAmount }),
            syncNative(source));
        after.push(closeAccount(source, taker, taker));
    }

    const missing = market.chain.tokenAccount(destination) === null;

    if (unwraps || missing) {
        before.push(createAssociatedAccount(taker, owner, quote.output.key,
                                            quote.output.program));
    }

    if (unwraps) {
        after.push(closeAccount(destination, receiver, taker));
    }

    const { programId, vault } = router(market, swap);
    const pools = { taker, source, destination, authority: vault,
                    owner: vault };
    const route = routeInstruction({
        programId,
        accounts: routeAccounts(market, quote, pools, programId),
        inAmount: quote.inAmount,
        quotedOut: quote.stepOut,
        slippageBps: swap.slippageBps,
        feeBps: quote.feeBps,
        transfers: transfers(market, swap, pools),
    });

    return { payer: taker, accountsToOpen: missing && !unwraps ? 1 : 0,
             instructions: [...before, ...feeAccount(market, swap), route,
                            ...oddities(market, swap, pools), ...after] };
}


/* The aggregator, or one nobody knows, which is given something to deal in. */
function router(market, { quote, unknownRouter }) {
    if (!unknownRouter) {
        return { programId: AGGREGATOR, vault: market.vault };
    }

    const [vault] = vaultOf(UNKNOWN_ROUTER);

    for (const mint of [quote.input, quote.output]) {
        market.setBalance(vault, mint, MAKER_STOCK);
    }

    return { programId: UNKNOWN_ROUTER, vault };
}


/* The fee's token account, if the swap is told to open it. */
function feeAccount({ referralAccount }, { quote, taker, opensFeeAccount }) {
    return opensFeeAccount ? [createAssociatedAccount(
        taker, referralAccount, quote.feeMint.key, quote.feeMint.program)] : [];
}


/* What a swap is told to have besides: a fee that comes by itself, a claim. */
function oddities(market, { quote, taker, feeBy, claims },
                  { source, destination }) {
    const also = [];

    if (feeBy === "fee-by-transfer") {
        also.push(transferChecked({
            source: quote.onInput ? source : destination, mint: quote.feeMint,
            destination: quote.feeAccount, owner: taker,
            amount: quote.feeAmount,
        }));
    }

    if (claims) {
        const { referral, chain } = market;
        const held = chain.tokenAccount(quote.feeAccount)?.amount ?? 0n;

        for (const owner of [referral.partner, referral.admin]) {
            market.openTokenAccount(owner, quote.feeMint);
        }

        also.push(referral.claimInstructions(
            quote.feeMint, taker, held + quote.feeAmount).at(-1));
    }

    return also;
}


/* The maker deals from its own wallet, in wrapped SOL where SOL is traded. */
function rfqPlan(market, swap) {
    const { quote, taker } = swap;
    const maker = market.maker.publicKey;
    const source = market.tokenAccount(taker, quote.input);
    const receiver = swap.receiver ?? taker;
    const destination = market.tokenAccount(receiver, quote.output);
    const pools = { taker, source, destination, authority: maker,
                    owner: maker };
    const missing = market.chain.tokenAccount(destination) === null;
    const before = [createAssociatedAccount(
        maker, receiver, quote.output.key, quote.output.program)];
    const after = [];

    if (quote.input.key.equals(NATIVE_MINT)) {
        before.push(createAssociatedAccount(maker, taker, NATIVE_MINT),
                    SystemProgram.transfer({ fromPubkey: taker,
                                             toPubkey: source,
                                             lamports: quote.inAmount }),
                    syncNative(source));
        after.push(closeAccount(source, maker, taker));
    }

    if (quote.output.key.equals(NATIVE_MINT)) {
        after.push(closeAccount(destination, taker, taker));
    }

    const fill = fillInstruction({
        accounts: fillAccounts(market, quote, pools),
        inAmount: quote.inAmount,
        outAmount: quote.routeOut,
        expireAt: expiry(),
        feeBps: quote.feeBps,
        transfers: transfers(market, swap, pools),
    });

    return { payer: maker, instructions: [...before, fill, ...after],
             accountsToOpen: missing ? 1 : 0 };
}


export function expiry() {
    return BigInt(Math.floor(Date.now() / 1000)) + RFQ_LIFE_SEC;
}


function routeAccounts(market, quote, pools, programId) {
    const { taker, source, destination, owner } = pools;

    return [
        readable(taker, true), writable(source), writable(destination),
        readable(quote.input.key), readable(quote.output.key),
        readable(quote.input.program), readable(quote.output.program),
        readable(programId), readable(EVENT_AUTHORITY), readable(programId),
        writable(quote.feeAccount), readable(owner),
        writable(market.tokenAccount(owner, quote.input)),
        writable(market.tokenAccount(owner, quote.output)),
    ];
}


function fillAccounts(market, quote, { taker, source, destination }) {
    const maker = market.maker.publicKey;

    return [
        readable(taker, true), readable(maker, true), writable(source),
        writable(market.tokenAccount(maker, quote.input)),
        writable(destination),
        writable(market.tokenAccount(maker, quote.output)),
        readable(quote.input.key), readable(quote.input.program),
        readable(quote.output.key), readable(quote.output.program),
        readable(SystemProgram.programId),
        readable(ORDER_ENGINE), readable(EVENT_AUTHORITY),
        writable(quote.feeAccount),
    ];
}


/* Input to the maker, output to the taker, the fee from the side it is on. */
function transfers(market, { quote, feeBy }, pools) {
    const { taker, source, destination, authority, owner } = pools;
    const poolIn = market.tokenAccount(owner, quote.input);
    const poolOut = market.tokenAccount(owner, quote.output);
    const move = (mint, from, to, by, amount) => ({
        source: from, destination: to, authority: by, amount,
        mint: mint.key, program: mint.program, decimals: mint.decimals,
    });
    const moves = [
        move(quote.input, source, poolIn, taker, quote.routeIn),
        move(quote.output, poolOut, destination, authority, quote.outReceived),
    ];

    if (quote.feeAmount > 0n && feeBy === "router") {
        moves.push(quote.onInput
            ? move(quote.input, source, quote.feeAccount, taker,
                   quote.feeAmount)
            : move(quote.output, poolOut, quote.feeAccount, authority,
                   quote.feeAmount));
    }

    return moves;
}


function compile(market, swap, { payer, instructions }, recentBlockhash) {
    const budget = [
        ComputeBudgetProgram.setComputeUnitLimit({ units: COMPUTE_UNITS }),
        ComputeBudgetProgram.setComputeUnitPrice({ microLamports: UNIT_PRICE }),
    ];
    const message = (list) => new TransactionMessage({
        payerKey: payer, recentBlockhash, instructions: list,
    });

    if (swap.form === "legacy") {
        return message([...budget, ...instructions]).compileToLegacyMessage();
    }

    if (swap.form === "v1") {
        const { header, staticAccountKeys, compiledInstructions } =
            message(instructions).compileToV0Message();

        return new MessageV1({
            header, staticAccountKeys, compiledInstructions, recentBlockhash,
            transactionConfig: {
                computeUnitLimit: COMPUTE_UNITS, heapSize: null,
                loadedAccountsDataSizeLimit: LOADED_DATA_LIMIT,
                priorityFee: Number(PRIORITY_FEE),
            },
        });
    }

    return message([...budget, ...instructions])
        .compileToV0Message([lookupTable(market)]);
}


function lookupTable(market) {
    return new AddressLookupTableAccount({
        key: market.lookupTable,
        state: {
            deactivationSlot: 2n ** 64n - 1n, lastExtendedSlot: 0,
            lastExtendedSlotStartIndex: 0, authority: undefined,
            addresses: market.lookupAddresses,
        },
    });
}
