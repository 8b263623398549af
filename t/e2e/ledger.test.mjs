/*
 * What counts and what doesn't: once, never, later, and for whom.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, openStage, pause } from "./edge.mjs";

const stage = await openStage({ codes: {
    once: { tier: "referred" }, fail: { tier: "referred" },
    lost: { tier: "referred" }, none: { tier: "referred" },
    crowd: { tier: "referred" },
    drop: { tier: "referred" }, kept: { tier: "referred" },
    top: { tier: "premium" }, mid: { tier: "premium", parent: "top" },
    low: { tier: "premium", parent: "mid" },
} });

const ORDER = "/swap/v2/order";
const EXECUTE = "/swap/v2/execute";


function args(code, amount = 10_000_000) {
    return stage.pair("SOL", "USDC", amount, { ref: code });
}


test("a swap counts once, however often it is submitted again", async () => {
    const trader = await stage.trader();
    const { order, signed, executed } = await trader.swap(args("once"));
    const earned = await stage.earned("once", "SOL");

    for (let i = 0; i < 3; i++) {
        const again = await trader.execute(EXECUTE, signed,
                                           order.json.requestId);

        assert.equal(again.text, executed.text);
    }

    assert.equal(await stage.executedBy("once"), 1);
    assert.equal(await stage.earned("once", "SOL"), earned);
    assert.equal((await stage.stats("once")).volumeUsd, "1.500000");
});


test("submitted many times at once, a swap still counts once", async () => {
    const before = await stage.executedBy("once");
    const trader = await stage.trader();
    const order = await trader.order(ORDER, args("once"));
    const signed = trader.sign(order.json.transaction);
    const answers = await Promise.all(Array.from({ length: 8 }, () =>
        trader.execute(EXECUTE, signed, order.json.requestId)));

    assert.ok(answers.every(({ json }) => json.status === "Success"));
    assert.equal(await stage.executedBy("once"), before + 1);
});


test("many traders at once are all counted, and nothing twice", async () => {
    const before = await stage.stats("crowd");
    const traders = await Promise.all(Array.from(
        { length: 24 }, () => stage.trader()));
    const swaps = await Promise.all(traders.map((trader, i) =>
        trader.swap(args("crowd", 10_000_000 + i))));
    const fees = await Promise.all(swaps.map(({ executed }) =>
        stage.feeOnChain(executed.json.signature, stage.mints.SOL)));
    const after = await stage.stats("crowd");

    assert.equal(Number(before.trades.executed), 0);
    assert.equal(Number(after.trades.executed), 24);
    assert.equal(Number(after.boundWallets), 24);
    assert.equal(await stage.earned("crowd", "SOL"), fees.reduce(
        (sum, fee) => sum + fee * 8000n / 10_000n * 2000n / 10_000n, 0n));
});


test("without totals in the answer a swap counts, and the estimate is the "
     + "order's rate", async () => {
    const trader = await stage.trader({ BONK: 500_000_000n });
    const { executed } = await trader.swap(
        stage.pair("BONK", "USDC", 500_000_000, { ref: "drop" }),
        { executeHeaders: { "x-sandbox": "no-totals" } });
    const fee = await stage.feeOnChain(executed.json.signature,
                                       stage.mints.USDC);
    const { data } = await stage.api("/v1/trades?limit=1");

    assert.equal(executed.json.totalOutputAmount, undefined);
    assert.equal(executed.headers.get("jupref-trade"), "executed");
    assert.equal(data[0].signature, executed.json.signature);
    assert.equal(BigInt(data[0].estimatedFee), fee);
});


test("a failed swap earns nothing and frees its order", async () => {
    const trader = await stage.trader();
    const { order, signed, executed } = await trader.swap(
        args("fail"), { executeHeaders: { "x-sandbox": "fail=6001" } });

    assert.equal(executed.json.code, 6001);
    assert.equal(executed.headers.get("jupref-trade"), "failed");

    const again = await trader.execute(EXECUTE, signed, order.json.requestId);

    assert.equal(again.text, executed.text);
    assert.equal(again.headers.get("jupref-trade"), "unmatched");

    const stats = await stage.stats("fail");

    assert.equal(Number(stats.trades.executed), 0);
    assert.deepEqual(stats.balances, []);
    assert.equal(stats.volumeUsd, "0.000000");
});


for (const whim of ["lost=500", "lost=502", "cut"]) {
    test(`an answer lost by "${whim}" is unknown until the swap is submitted `
         + "again", async () => {
        const before = await stage.executedBy("lost");
        const trader = await stage.trader();
        const order = await trader.order(ORDER, args("lost"));
        const signed = trader.sign(order.json.transaction);
        const first = await trader.execute(
            EXECUTE, signed, order.json.requestId, { "x-sandbox": whim })
            .catch(() => null);

        assert.ok(first === null || first.json?.status !== "Success");
        assert.equal(await stage.executedBy("lost"), before);

        if (whim !== "cut") {
            assert.equal(first.headers.get("jupref-trade"), "unknown");
        }

        const second = await trader.execute(EXECUTE, signed,
                                            order.json.requestId);

        assert.equal(second.json.status, "Success");
        assert.equal(second.headers.get("jupref-trade"), "executed");
        assert.equal(await stage.executedBy("lost"), before + 1);
    });
}


for (const code of [-1001, -2001]) {
    test(`code ${code} is unknown, not failed`, async () => {
        const trader = await stage.trader();
        const order = await trader.order(ORDER, args("lost"));
        const signed = trader.sign(order.json.transaction);
        const first = await trader.execute(
            EXECUTE, signed, order.json.requestId,
            { "x-sandbox": `code=${code}` });

        assert.equal(first.json.code, code);
        assert.equal(first.headers.get("jupref-trade"), "unknown");
    });
}


for (const code of [-1000, -1005, -2004]) {
    test(`code ${code} is failed`, async () => {
        const trader = await stage.trader();
        const { executed } = await trader.swap(
            args("fail"), { executeHeaders: { "x-sandbox": `code=${code}` } });

        assert.equal(executed.json.code, code);
        assert.equal(executed.headers.get("jupref-trade"), "failed");
    });
}


test("an execute of no order of ours goes through, unmatched", async () => {
    const trader = await stage.trader();
    const answer = await trader.execute(EXECUTE, "AQ==", "no-such-order");

    assert.equal(answer.status, 400);
    assert.equal(answer.json.code, -1);
    assert.equal(answer.headers.get("jupref-trade"), "unmatched");
});


test("another transaction under an order's requestId is unmatched",
     async () => {
    const trader = await stage.trader();
    const order = await trader.order(ORDER, args("none"));
    const other = await trader.order(ORDER, args("none", 11_000_000));
    const wrong = await trader.execute(
        EXECUTE, trader.sign(other.json.transaction), order.json.requestId);

    assert.equal(wrong.json.code, -3);
    assert.equal(wrong.headers.get("jupref-trade"), "unmatched");
    assert.equal(await stage.executedBy("none"), 0);

    /* and the order is still good for its own */
    const right = await trader.execute(
        EXECUTE, trader.sign(order.json.transaction), order.json.requestId);

    assert.equal(right.headers.get("jupref-trade"), "executed");
    assert.equal(await stage.executedBy("none"), 1);
});


test("an order placed past the edge is unmatched and earns nothing",
     async () => {
    const { fees: before } = await stage.api("/v1/platform");
    const trader = await stage.trader();

    trader.url = stage.sandbox.url;

    const order = await trader.order(
        ORDER, stage.pair("SOL", "USDC", 1_000_000));

    trader.url = stage.url;

    const executed = await trader.execute(
        EXECUTE, trader.sign(order.json.transaction), order.json.requestId);

    assert.equal(executed.json.status, "Success");
    assert.equal(executed.headers.get("jupref-trade"), "unmatched");
    assert.deepEqual((await stage.api("/v1/platform")).fees, before);
});


test("three levels share by the terms of the code", async () => {
    const trader = await stage.trader();
    const { executed } = await trader.swap(args("low", 123_456_789));
    const fee = await stage.feeOnChain(executed.json.signature,
                                       stage.mints.SOL);
    const partner = fee * 8000n / 10_000n;
    const preview = await stage.api("/v1/fees?code=low&amount=123456789");

    assert.equal(await stage.earned("low", "SOL"), partner * 4000n / 10_000n);
    assert.equal(await stage.earned("mid", "SOL"), partner * 500n / 10_000n);
    assert.equal(await stage.earned("top", "SOL"), partner * 100n / 10_000n);

    assert.equal(BigInt(preview.fee), fee);
    assert.deepEqual(preview.levels.map(({ wallet }) => wallet),
                     ["low", "mid", "top"].map(
                         (code) => stage.referrer(code).wallet));

    for (const [i, code] of ["low", "mid", "top"].entries()) {
        assert.equal(BigInt(preview.levels[i].amount),
                     await stage.earned(code, "SOL"));
    }

    assert.equal(BigInt(preview.fee), BigInt(preview.jupiterCut)
                 + BigInt(preview.platform)
                 + preview.levels.reduce((sum, level) =>
                     sum + BigInt(level.amount), 0n));
});


test("the leaderboard has the referrers by what they brought", async () => {
    const { data } = await stage.api("/v1/leaderboard?by=volume&limit=10");
    const volumes = data.map(({ volumeUsd }) => Number(volumeUsd));

    assert.ok(data.length >= 3);
    assert.deepEqual(data.map(({ rank }) => rank),
                     data.map((_, i) => i + 1));
    assert.deepEqual(volumes, [...volumes].sort((a, b) => b - a));
    assert.equal(data[0].wallet, stage.referrer("crowd").wallet);
});


test("a fee mint without token account shows in the fee integrity",
     async () => {
    const find = async (mint) => (await stage.api("/v1/platform"))
        .feeIntegrity.find((one) => one.mint === mint);
    const trader = await stage.trader({ BONK: 2_000_000_000n });
    const { order, executed } = await trader.swap(
        stage.pair("BONK", "TAXED", 1_000_000_000, { ref: "drop" }));

    assert.equal(executed.headers.get("jupref-trade"), "executed");
    assert.equal(order.json.feeMint, stage.mints.BONK);

    const missing = await find(stage.mints.BONK);
    const account = stage.info.mints.find(({ symbol }) => symbol === "BONK");

    assert.equal(Number(missing.asked), 1);
    assert.equal(Number(missing.granted), 0);
    assert.equal(Number(missing.dropped), 1);
    assert.equal(missing.referralTokenAccount, account.referralTokenAccount);

    /* nothing reached us, so nothing is owed */
    assert.equal(await stage.earned("drop", "BONK"), 0n);

    await stage.control({ createTokenAccount: {
        owner: stage.info.referralAccount, mint: "BONK" } });
    await trader.swap(stage.pair("BONK", "TAXED", 1_000_000_000,
                                 { ref: "drop" }));

    const healed = await find(stage.mints.BONK);

    assert.equal(Number(healed.granted), 1);
    assert.equal(Number(healed.dropped), 1);
    assert.ok(await stage.earned("drop", "BONK") > 0n);
});


test("an order that states no fee mint is unstated, and is still traded",
     async () => {
    const trader = await stage.trader();
    const { executed } = await trader.swap(
        args("drop"), { orderHeaders: { "x-sandbox": "no-fee-mint" } });

    assert.equal(executed.json.status, "Success");
    assert.equal(executed.headers.get("jupref-trade"), "executed");
});


test("a reload of the configuration keeps every number", async () => {
    const trader = await stage.trader();
    const order = await trader.order(ORDER, args("kept"));
    const before = await stage.api("/v1/platform");
    const log = stage.edge.errorLog.length;

    stage.edge.reload();
    await eventually("the workers of before the reload are gone", () =>
        stage.edge.errorLog.slice(log)
            .match(/worker process \d+ exited/g)?.length === 2);
    await pause(100);            /* our side sees their connections closed */

    assert.deepEqual((await stage.api("/v1/platform")).fees, before.fees);

    /* an order from before is executed after */
    const executed = await trader.execute(
        EXECUTE, trader.sign(order.json.transaction), order.json.requestId);

    assert.equal(executed.headers.get("jupref-trade"), "executed");
    assert.equal(await stage.executedBy("kept"), 1);
});
