/*
 * POST /execute: checks the signed transaction against its order, puts it on
 * the chain, and tells what came of it.
 *
 * The same transaction may be sent again for two minutes and gets the same
 * answer.  Amounts: `total*` are the wallet's view, `*Result` the route's; the
 * fee is the difference on its side.
 */

import { VersionedTransaction } from "@solana/web3.js";

import { firstSignature } from "./chain.mjs";
import { programErrorCode } from "./errors.mjs";
import { messageBytes } from "./wire.mjs";

const RESUBMISSION_MS = 120_000;
const BLANK_SIGNATURE = Buffer.alloc(64);

const REFUSED = {
    [-1]: "Order not found, it might have expired",
    [-2]: "Invalid signed transaction",
    [-3]: "Invalid message bytes",
    [-4]: "Missing requestId",
    [-5]: "Missing signedTransaction",
};

const FAILED = {
    [-1000]: "Failed to land", [-1001]: "Unknown error",
    [-1002]: "Invalid transaction", [-1003]: "Transaction not fully signed",
    [-1004]: "Invalid block height", [-1005]: "Transaction expired",
    [-1006]: "Transaction timed out", [-2000]: "Failed to land",
    [-2001]: "Unknown error", [-2002]: "Invalid payload",
    [-2003]: "Quote expired", [-2004]: "Swap rejected",
    [-2005]: "Internal error",
    6001: "Slippage tolerance exceeded", 6024: "Insufficient funds",
};


/* The orders that may still be executed, by requestId. */
export class Orders {
    #orders = new Map();

    add(order) {
        order.until = Date.now() + RESUBMISSION_MS;
        this.#orders.set(order.requestId, order);
        this.#forgetOld();
    }

    find(requestId) {
        this.#forgetOld();

        return this.#orders.get(requestId) ?? null;
    }

    #forgetOld() {
        for (const [requestId, { until }] of this.#orders) {
            if (until < Date.now()) {
                this.#orders.delete(requestId);
            }
        }
    }
}


export function answerExecute(market, orders, generation, text, whims) {
    const body = readBody(text);
    const { signedTransaction, requestId } = body ?? {};

    if (typeof requestId !== "string" || requestId === "") {
        return refused(-4);
    }

    if (typeof signedTransaction !== "string" || signedTransaction === "") {
        return refused(-5);
    }

    const order = orders.find(requestId);

    if (order === null) {
        return refused(-1);
    }

    const raw = Buffer.from(signedTransaction, "base64");
    const transaction = readTransaction(raw);

    if (transaction === null) {
        return refused(-2);
    }

    if (!messageBytes(raw).equals(messageBytes(order.built.raw))) {
        return refused(-3);
    }

    if (order.answer?.for === signedTransaction) {
        return order.answer;
    }

    const answer = execute(market, order, { raw, transaction }, generation,
                           whims);

    if (answer.landed) {
        order.answer = Object.assign(answer, { for: signedTransaction });
        order.until = Date.now() + RESUBMISSION_MS;
    }

    if (whims.has("lost")) {
        return { status: Number(whims.get("lost") ?? 500),
                 body: { error: "Internal server error" } };
    }

    return answer;
}


function readBody(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}


function readTransaction(raw) {
    try {
        return VersionedTransaction.deserialize(raw);
    } catch {
        return null;
    }
}


function refused(code) {
    return { status: 400, body: { error: REFUSED[code], code } };
}


function execute(market, order, { raw, transaction }, generation, whims) {
    const { chain } = market;

    if (order.swap.rfq && !whims.has("maker-refuses")) {
        transaction.sign([market.maker]);
        raw = Buffer.from(transaction.serialize());
    }

    const signature = firstSignature(transaction);

    if (whims.has("code")) {
        return notLanded(Number(whims.get("code")), signature);
    }

    if (whims.has("signature") || whims.has("never-lands")) {
        return landed(phantom(chain, whims.get("signature") ?? signature),
                      order, generation, whims);
    }

    if (whims.has("later")) {
        chain.processLater(raw, Number(whims.get("later")));
        return notLanded(-1006, signature);
    }

    if (transaction.signatures.some((one) => BLANK_SIGNATURE.equals(one))) {
        return notLanded(order.swap.rfq ? -2004 : -1003);
    }

    if (chain.refusal(transaction) === "BlockhashNotFound") {
        return notLanded(-1005, signature);
    }

    market.setFailure(Number(whims.get("fail") ?? order.fail));
    const record = chain.process(raw);

    market.setFailure(0);

    return record.meta.err === "SignatureFailure"
        ? notLanded(-1002, signature)
        : landed(record, order, generation, whims);
}


/* What Jupiter would know of a transaction that it says has landed. */
function phantom(chain, signature) {
    return { signature, slot: chain.slot(), meta: { err: null } };
}


function notLanded(code, signature) {
    return { status: 200,
             body: { status: "Failed", signature, slot: "0", code,
                     error: FAILED[code] ?? "Unknown error" } };
}


/* Amounts are there on failure too, as Jupiter has them. */
function landed(record, { swap }, generation, whims) {
    const failed = record.meta.err !== null;
    const code = failed ? programErrorCode(record.meta.err) ?? -1000 : 0;
    const { quote } = swap;

    return {
        status: 200, landed: true,
        body: {
            status: failed ? "Failed" : "Success",
            signature: record.signature,
            slot: record.slot.toString(),
            code,
            error: failed
                ? FAILED[code] ?? `custom program error: #${code}` : undefined,
            ...(whims.has("no-totals") ? {} : {
                totalInputAmount: quote.inAmount.toString(),
                totalOutputAmount: quote.outReceived.toString(),
            }),
            inputAmountResult: quote.routeIn.toString(),
            outputAmountResult: quote.routeOut.toString(),
            swapEvents: generation === "ultra" ? [{
                inputMint: quote.input.address,
                inputAmount: quote.routeIn.toString(),
                outputMint: quote.output.address,
                outputAmount: quote.routeOut.toString(),
            }] : undefined,
        },
    };
}
