/*
 * Proof on a real chain: what arrives in the fee accounts is what is booked,
 * whatever else happens to these accounts meanwhile.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { VersionedTransaction } from "@solana/web3.js";

import { eventually, openStage } from "./edge.mjs";
import { assertJson, fences, runShell } from "./pages.mjs";

const PROOF_MS = 30_000;

const stage = await openStage({
    codes: { amy: { tier: "referred" } },
    expects: /jupref: incident /,
    verify: true,
});
const key = { headers: { authorization: `Bearer ${stage.edge.adminKey}` } };

/* Each mint's fees as the books should have them. */
const booked = {};


async function told(signature) {
    const { data } = await stage.api("/v1/trades?limit=100");

    return data.find((trade) => trade.signature === signature);
}


async function ruled(signature) {
    let trade;

    await comes(`a ruling on ${signature}`, async () => {
        trade = await told(signature);
        return trade && !["executed", "unknown"].includes(trade.state);
    });

    return trade;
}


async function swap(input, output, { whims = "", execute = "",
                                     amount = 100_000_000n } = {}) {
    const trader = await stage.trader(
        input === "SOL" ? {} : { [input]: amount });
    const { executed } = await trader.swap(
        stage.pair(input, output, amount, { ref: "amy" }),
        { orderHeaders: { "x-sandbox": whims },
          executeHeaders: { "x-sandbox": execute } });

    return executed.json.signature;
}


/* Trades, and sees the ruling's fee against the chain's own account of it. */
async function verified(symbol, ...args) {
    const signature = await swap(...args);
    const trade = await ruled(signature);
    const fee = await stage.feeOnChain(signature, stage.mints[symbol]);

    assert.equal(trade.state, "verified", trade.reason);
    assert.equal(trade.feeMint, stage.mints[symbol]);
    assert.equal(BigInt(trade.verifiedFee), fee);
    booked[symbol] = (booked[symbol] ?? 0n) + fee;

    return fee;
}


/* Waits; a connection that a worker closed when it ended is no answer. */
function comes(what, holds) {
    return eventually(what, async () => {
        try {
            return await holds();
        } catch (error) {
            if (error.message === "fetch failed") {
                return false;
            }

            throw error;
        }
    }, PROOF_MS);
}


/* The agent looks at all accounts when it begins. */
async function report(symbol, holds) {
    const before = new Date().toISOString();
    let found;

    stage.edge.reload();
    await comes(`a report on ${symbol}`, async () => {
        const { data } = await stage.api("/v1/admin/reconciliation", 200, key);

        found = data.find(({ mint }) => mint === stage.mints[symbol]);

        return found && found.checkedAt > before && (!holds || holds(found));
    });

    return found;
}


test("docs/api.md's calls about accounts are answered as it shows",
     async () => {
    await verified("SOL", "SOL", "USDC", { amount: 10_000_000n });
    await stage.control({ deposit: { mint: "SOL", amount: "777" } });
    await report("SOL", ({ unexplained }) => unexplained === "777");
    await comes("the whole look", async () => {
        const { reasons } = await stage.api("/health");

        return reasons.length > 0;
    });

    for (const heading of ["GET /v1/admin/fee-integrity",
                           "GET /v1/admin/reconciliation",
                           "GET /v1/admin/incidents",
                           "POST /v1/admin/incidents/{kind}/clear"]) {
        const [command, answer] = fences("docs/api.md").filter(
            (one) => one.heading === heading);
        const output = await runShell(command.text, {
            cwd: stage.edge.dir, env: { KEY: stage.edge.adminKey },
            replace: [["http://127.0.0.1:8080", stage.url]],
        });

        assertJson(JSON.parse(output), JSON.parse(answer.text), heading);
    }

    const [asks] = fences("docs/verification.md").filter(
        (one) => one.language === "sh");
    const payer = await stage.trader();
    const { data } = JSON.parse(await runShell(asks.text, {
        cwd: stage.edge.dir, env: { KEY: stage.edge.adminKey },
        replace: [["http://127.0.0.1:8080", stage.url],
                  ["PAYER_WALLET", payer.wallet]],
    }));

    assert.ok(data.length > 0);
});


for (const whims of ["", "legacy", "v1", "rfq"]) {
    test(`a swap is proved: ${whims || "v0"}`, async () => {
        assert.ok(await verified("SOL", "SOL", "USDC", { whims }) > 0n);
    });
}


test("a Token-2022 mint's own fee is taken off what is booked", async () => {
    await stage.control({ createTokenAccount: {
        owner: stage.info.referralAccount, mint: "TAXED" } });

    const fee = await verified("TAXED", "TAXED", "USDC",
                               { whims: "fee-side=input" });

    assert.equal(fee, 891_000n, "90 bps of the amount, less 1 %");
});


for (const [what, whims, execute, reason] of [
    ["a router that nobody knows", "unknown-router", "", "unknown_router"],
    ["a fee that doesn't come", "no-fee", "", "fee_missing"],
    ["a claim in the same transaction", "claims", "", "claim_in_transaction"],
]) {
    test(`${what} earns nothing`, async () => {
        const trade = await ruled(await swap("SOL", "USDC",
                                             { whims, execute }));

        assert.equal(trade.state, "rejected");
        assert.equal(trade.reason, reason);
    });
}


test("what Jupiter reports and never lands has expired once its blockhash has",
     async () => {
    const signature = await swap("SOL", "USDC", { execute: "never-lands" });

    await stage.control({ advanceSlots: 200 });
    assert.equal((await ruled(signature)).state, "expired");
});


test("the referrer is paid for what was proved, and nothing else",
     async () => {
    const { balances } = await stage.stats("amy");
    const pending = (symbol) => BigInt(balances.find(
        ({ mint }) => mint === stage.mints[symbol])?.pending ?? 0);

    for (const symbol of Object.keys(booked)) {
        assert.ok(pending(symbol) > 0n, symbol);
        assert.ok(pending(symbol) <= booked[symbol] * 8n / 10n * 2n / 10n,
                  symbol);
    }
});


test("the accounts hold what the books say", async () => {
    const { data } = await stage.api("/v1/admin/fee-integrity", 200, key);

    assert.ok(data.length > 0);

    for (const symbol of Object.keys(booked)) {
        const found = await report(symbol,
                                   ({ verified: sum, complete }) => complete
                                       && sum === booked[symbol].toString());

        assert.equal(found.reason, undefined, symbol);
    }
});


test("a deposit isn't taken for a fee, and is named", async () => {
    const before = await report("SOL");
    const { signatures } = await stage.control({
        deposit: { mint: "SOL", amount: "777" } });
    const found = await report("SOL", ({ transactions }) => transactions.some(
        ({ signature }) => signature === signatures.deposit));
    const named = found.transactions.find(
        ({ signature }) => signature === signatures.deposit);

    assert.equal(named.kind, "deposit");
    assert.equal(named.amount, "777");
    assert.equal(found.verified, before.verified);
});


test("a claim is booked, once", async () => {
    const before = await report("TAXED");

    assert.equal(before.unexplained, "0");
    await stage.control({ claim: { mint: "TAXED" } });

    const found = await report("TAXED", ({ claimed }) => claimed !== "0");

    assert.equal(found.claimed, booked.TAXED.toString());
    assert.equal(found.balance, "0");
    assert.equal(found.unexplained, "0");
    assert.equal((await report("TAXED")).claimed, found.claimed);
});


test("the transaction that makes a missing account makes it", async () => {
    const payer = await stage.trader();
    const bonk = async (query = "") => {
        const { data } = await stage.api(`/v1/admin/fee-integrity${query}`,
                                         200, key);

        return data.find(({ mint }) => mint === stage.mints.BONK);
    };

    await payer.order("/swap/v2/order", stage.pair("BONK", "TAXED", 1_000_000n),
                      { "x-sandbox": "fee-side=input" });
    stage.edge.reload();
    await comes("BONK's account is missed", async () =>
        (await bonk())?.accounts[0]?.state === "missing");

    const { createTransaction } = (await bonk(`?payer=${payer.wallet}`))
        .accounts[0];
    const transaction = VersionedTransaction.deserialize(
        Buffer.from(createTransaction, "base64"));

    transaction.sign([payer.keypair]);
    await stage.rpc("sendTransaction",
                    Buffer.from(transaction.serialize()).toString("base64"),
                    { encoding: "base64", preflightCommitment: "confirmed" });

    stage.edge.reload();
    await comes("it is open", async () =>
        (await bonk()).accounts[0].state === "open");
    assert.ok(await verified("BONK", "BONK", "TAXED",
                             { whims: "fee-side=input",
                               amount: 800_000_000n }) > 0n);
});


test("a share that Jupiter has changed is told", async () => {
    await stage.control({ referral: { shareBps: 7500 } });
    stage.edge.reload();
    await comes("the incident", async () => {
        const { reasons } = await stage.api("/health");

        return reasons.some((reason) => /referral account/.test(reason));
    });
    await stage.control({ referral: { shareBps: 8000 } });
});
