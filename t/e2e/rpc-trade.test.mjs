/*
 * The whole of it: front ends that know only web3.js and the edge's /rpc and
 * /swap trade while nodes fail around them.  In the end every credited unit
 * has a finalized transaction behind it, and nothing else was credited.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { VersionedTransaction } from "@solana/web3.js";

import { eventually, pause } from "./edge.mjs";
import { Havoc } from "./havoc.mjs";
import * as flows from "./rpc-flows.mjs";
import { openRpcStage, unanswered } from "./rpc-stage.mjs";

const PROVED_MS = 60_000;
const OPEN = ["executed", "unknown"];
const CREDITED = ["verified", "available"];

const stage = await openRpcStage({
    codes: { amy: { tier: "premium" }, zoe: { tier: "premium",
                                              parent: "amy" } },
    verify: true,
    expects: /jupref: node "[^"]+" of upstream "solana" is out, /,
});
const { chain } = stage;
const connection = flows.web3(stage.endpoint);

await stage.control({ createTokenAccount: {
    owner: stage.info.referralAccount, mint: "TAXED" } });
after(() => flows.closeWeb3(connection));


/* Swaps that end in a fee: how they are ordered and how they are sent. */
const GOOD = [
    { pair: ["SOL", "USDC"], by: "execute" },
    { pair: ["SOL", "USDC"], by: "send" },
    { pair: ["USDC", "SOL"], by: "send" },
    { pair: ["USDC", "BONK"], by: "execute" },
    { pair: ["BONK", "USDC"], by: "send" },
    { pair: ["SOL", "USDC"], by: "execute", whims: "legacy" },
    { pair: ["USDC", "BONK"], by: "send", whims: "legacy" },
    { pair: ["TAXED", "USDC"], by: "execute" },
    { pair: ["TAXED", "USDC"], by: "send", whims: "fee-side=input" },
    { pair: ["USDC", "BONK"], by: "execute",
      whims: "fee-side=output, opens-fee-account" },
    { pair: ["SOL", "USDC"], by: "execute", whims: "rfq" },
];

/* Swaps that don't, whatever their answers say. */
const BAD = [
    { pair: ["SOL", "USDC"], by: "execute", executing: "fail=6001" },
    { pair: ["SOL", "USDC"], by: "execute", whims: "unknown-router" },
    { pair: ["SOL", "USDC"], by: "execute", whims: "no-fee" },
    { pair: ["USDC", "BONK"], by: "execute", whims: "claims" },
    { pair: ["SOL", "USDC"], by: "send", whims: "unknown-router" },
    { pair: ["SOL", "USDC"], by: "execute", executing: "never-lands" },
];

const AMOUNTS = { SOL: 100_000_000n, USDC: 20_000_000n, BONK: 800_000_000n,
                  TAXED: 50_000_000n };


/* One trade of a new wallet; the signature it ends in. */
async function trade({ pair: [input, output], by, whims = "",
                       executing = "" }, code) {
    const { keypair, wallet: taker } = await stage.trader(
        input === "SOL" ? {} : { [input]: AMOUNTS[input] });
    const amount = AMOUNTS[input];

    const query = new URLSearchParams({
        taker, ref: code, inputMint: stage.mints[input],
        outputMint: stage.mints[output], amount: amount.toString() });
    const order = await stage.api(`/swap/v2/order?${query}`, 200,
                                  { headers: { "x-sandbox": whims } });
    const transaction = VersionedTransaction.deserialize(
        Buffer.from(order.transaction, "base64"));

    transaction.sign([keypair]);

    if (by === "send") {
        return sent(transaction, keypair.publicKey);
    }

    const { signature } = await stage.api("/swap/v2/execute", 200, {
        method: "POST", headers: { "content-type": "application/json",
                                   "x-sandbox": executing },
        body: JSON.stringify({
            requestId: order.requestId, signedTransaction: Buffer.from(
                transaction.serialize()).toString("base64") }),
    });

    return signature;
}


/* A front end that lands its swaps itself. */
async function sent(transaction, wallet) {
    const before = await connection.getBalance(wallet);
    const signature = await connection.sendRawTransaction(
        transaction.serialize(), { preflightCommitment: "confirmed" });

    const minContextSlot = await flows.web3Confirmed(connection, signature);

    assert.notEqual(await connection.getBalance(wallet, { minContextSlot }),
                    before);

    return signature;
}


async function trades() {
    const all = [];
    let cursor = "";
    let page;

    do {
        page = await stage.api(`/v1/trades?limit=50${cursor}`);
        all.push(...page.data);
        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (page.hasMore);

    return all;
}


/* What the chain says the fee account of a mint got by a transaction. */
function received(signature, mint) {
    const { meta } = chain.find(signature);
    const held = (balances) => BigInt(balances.find(
        (one) => one.owner === stage.info.referralAccount
            && one.mint === mint)?.uiTokenAmount.amount ?? 0);

    return held(meta.postTokenBalances) - held(meta.preTokenBalances);
}


/* People who put tokens into the fee account, or claim what is there. */
async function meddle() {
    for (let i = 1; i <= 5; i++) {
        await stage.control({
            deposit: { mint: ["SOL", "USDC"][i % 2], amount: `${i}000007` } });
        await pause(400);
        await stage.control({ claim: { mint: "SOL" } });
    }
}


async function tradeAll(list, code) {
    const signatures = [];

    for (const one of list) {
        signatures.push(await trade(one, code));
    }

    return signatures;
}


test("all credited is on the chain, finalized, and all that earned a fee is "
     + "credited", async () => {
    const havoc = new Havoc(stage.cluster);
    let good;
    let bad;

    havoc.start();

    try {
        [good, bad] = await Promise.all([
            tradeAll(GOOD, "zoe"), tradeAll(BAD, "amy"), meddle()]);

        await havoc.stop();

        /* what never landed is given up when its blockhash has expired */
        await stage.control({ advanceSlots: 160 });

        await eventually("every trade is proved", async () =>
            (await trades()).every(({ state }) => !OPEN.includes(state)),
                         PROVED_MS);
    } catch (error) {
        error.message += `\n${havoc.story}\n${unanswered(stage)}\n`
            + JSON.stringify(await trades().catch(String), null, 1);
        throw error;
    } finally {
        await havoc.stop();
    }

    const all = await trades();
    const credited = all.filter(({ state }) => CREDITED.includes(state));

    good.forEach((signature, i) => {
        const told = all.find((one) => one.signature === signature);

        assert.ok(CREDITED.includes(told?.state),
                  `${JSON.stringify(GOOD[i])}: ${JSON.stringify(told)}`);
    });
    assert.deepEqual(credited.map(({ signature }) => signature)
        .filter((signature) => !good.includes(signature)), []);
    assert.equal(all.some(({ signature, state }) => bad.includes(signature)
                          && CREDITED.includes(state)), false);

    for (const { signature, verifiedFee, feeMint } of credited) {
        const record = chain.find(signature);

        assert.equal(record.meta.err, null);
        assert.ok(record.slot <= chain.slot("finalized"));
        assert.equal(BigInt(verifiedFee), received(signature, feeMint));
        assert.ok(BigInt(verifiedFee) > 0n);
    }

    await booksAgree(credited);
});


/* The books hold, per mint, what the chain says, divided to the last unit. */
async function booksAgree(credited) {
    const { data } = await stage.admin("GET", "trial-balance");
    const sums = {};

    for (const { feeMint, verifiedFee, commissions } of credited) {
        sums[feeMint] ??= { fees: 0n, commissions: 0n };
        sums[feeMint].fees += BigInt(verifiedFee);

        for (const { amount } of commissions) {
            sums[feeMint].commissions += BigInt(amount);
        }
    }

    assert.deepEqual(data.map(({ mint }) => mint).sort(),
                     Object.keys(sums).sort());

    for (const { mint, accounts, balanced } of data) {
        const side = (name, which) => BigInt(accounts.find(
            ({ account }) => account === name)[which]);

        assert.equal(balanced, true);
        assert.equal(side("jupiter_unclaimed", "debit"), sums[mint].fees);
        assert.equal(side("pending", "credit"), sums[mint].commissions);
    }
}


test("who brought the traders has it in their numbers", async () => {
    const { trades: counted, balances } = await stage.stats("zoe");
    const level2 = await stage.stats("amy");

    assert.equal(Number(counted.verified), GOOD.length);
    assert.ok(balances.every(({ pending }) => BigInt(pending) > 0n));
    assert.ok(level2.balances.some(({ pending }) => BigInt(pending) > 0n));
});
