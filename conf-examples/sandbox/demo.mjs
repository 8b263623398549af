/*
 * One swap of a new trader through the edge, and the receipt of it.
 *
 * The trader knows the edge's address and a referral link, nothing else; what
 * the receipt says of the fee is read back from the chain, and what it says of
 * the referrer from the edge's API.
 */

import { decimalText } from "./json.mjs";
import { Trader } from "./trader.mjs";

const SWAP = { input: "SOL", output: "USDC", amount: 100_000_000n };

/* Finality takes 32 slots of 214 ms, the proof a look or two more. */
const PROOF_MS = 30_000;


export async function tradeOnce({ url, sandboxUrl, code, referrer }) {
    const info = await json(`${sandboxUrl}/sandbox/info`);
    const mint = (symbol) => info.mints.find((one) => one.symbol === symbol);
    const trader = new Trader({ url, sandboxUrl });

    await trader.fund();

    const click = await trader.click(`/r/${code}`);

    if (click.status !== 302) {
        throw new Error(`the link answered HTTP ${click.status}`);
    }

    const { order, executed } = await trader.swap({
        inputMint: mint(SWAP.input).mint,
        outputMint: mint(SWAP.output).mint,
        amount: SWAP.amount.toString(),
    });

    if (executed.json?.status !== "Success") {
        throw new Error(`the swap failed: HTTP ${executed.status} `
                        + executed.text);
    }

    const transaction = await rpc(url, "getTransaction", [
        executed.json.signature,
        { commitment: "confirmed", maxSupportedTransactionVersion: 1 },
    ]);

    const proof = await proved(url, executed.json.signature);

    return {
        url, code, info, trader, order, executed, transaction, proof,
        terms: await json(`${url}/v1/fees?code=${code}`
                          + `&amount=${order.json.inAmount}`),
        referrer: await json(`${url}/v1/referrers/${referrer}`),
    };
}


/* The trade as it is when its proof has come, or when that takes too long. */
async function proved(url, signature) {
    const began = Date.now();
    let trade;

    do {
        const { data } = await json(`${url}/v1/trades?limit=20`);

        trade = data.find((one) => one.signature === signature);

        if (trade === undefined || trade.state !== "executed") {
            break;
        }

        await new Promise((resolve) => setTimeout(resolve, 250));
    } while (Date.now() < began + PROOF_MS);

    return { ...trade, seconds: ((Date.now() - began) / 1000).toFixed(1) };
}


export function receipt(trade) {
    const { url, code, order, executed, terms, referrer, trader,
            proof } = trade;
    const amount = (mint, units) => amountText(trade.info, mint, units);
    const { json: swap } = order;

    return lines([
        ["clicked", `${url}/r/${code}`],
        ["trader", trader.wallet],
        ["swapped", `${amount(swap.inputMint, executed.json.totalInputAmount)}`
            + ` for ${amount(swap.outputMint,
                             executed.json.totalOutputAmount)}`],
        ["fee", `${amount(swap.feeMint, feeOnChain(trade))} at `
            + `${swap.feeBps} bps, read back from the chain`],
        ["saved", `${amount(swap.inputMint, terms.saved)}, `
            + `${terms.discountBps} bps for coming by ${code}`],
        ["signature", executed.json.signature],
        ["landed", `slot ${executed.json.slot}; the edge says `
            + `"${executed.headers.get("jupref-trade")}"`],
        ["proved", proof.state === "verified"
            ? `${amount(proof.feeMint, proof.verifiedFee)} arrived in slot `
                + `${proof.slot}, say the nodes ${proof.seconds} s later`
            : `not yet: the trade is ${proof.state}`],
    ]) + "\n" + lines([
        ["referrer", referrer.wallet],
        ["tier", `${referrer.tier}, ${referrer.status}`],
        ["came", `${count(referrer.clicks, "click")}, `
            + count(referrer.boundWallets, "wallet")],
        ["traded", `${count(swaps(referrer.trades), "trade")}, volume $`
            + referrer.volumeUsd],
        ...referrer.balances.flatMap((balance) => commissions(
            balance, (units) => amount(balance.mint, units))),
    ]);
}


/* Those that Jupiter has reported as done, verified by now or not. */
function swaps({ executed, verified, available }) {
    return Number(executed) + Number(verified) + Number(available);
}


function commissions({ estimated, pending }, amount) {
    const rows = [[estimated, "an estimate until verified on chain"],
                  [pending, "verified on chain"]];

    return rows.filter(([units]) => BigInt(units) > 0n)
        .map(([units, what]) => ["commission", `${amount(units)} (${what})`]);
}


/* What the referral account's token account of the fee mint grew by. */
export function feeOnChain({ info, order, transaction }) {
    const { meta } = transaction;
    const held = (balances) => BigInt(balances.find(
        ({ owner, mint }) => owner === info.referralAccount
            && mint === order.json.feeMint)?.uiTokenAmount.amount ?? 0);

    return held(meta.postTokenBalances) - held(meta.preTokenBalances);
}


function amountText(info, address, units) {
    const mint = info.mints.find((one) => one.mint === address);

    return `${decimalText(BigInt(units), mint.decimals)} ${mint.symbol}`;
}


function count(number, noun) {
    return `${number} ${noun}${Number(number) === 1 ? "" : "s"}`;
}


function lines(rows) {
    return rows.map(([name, text]) => `  ${name.padEnd(12)}${text}\n`).join("");
}


async function json(url) {
    const response = await fetch(url);
    const text = await response.text();

    if (!response.ok) {
        throw new Error(`${url} answered HTTP ${response.status} ${text}`);
    }

    return JSON.parse(text);
}


async function rpc(url, method, params) {
    for (let attempt = 0; attempt < 20; attempt++) {
        const response = await fetch(`${url}/rpc`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        });
        const { result, error } = await response.json();

        if (error) {
            throw new Error(`${method}: ${error.message}`);
        }

        if (result !== null) {
            return result;
        }

        await new Promise((resolve) => setTimeout(resolve, 200));
    }

    throw new Error(`${method} found nothing`);
}
