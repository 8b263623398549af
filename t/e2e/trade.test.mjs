/*
 * The way of a trade: click, order, execute, and the referrer's numbers.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trader } from "../../conf-examples/sandbox/trader.mjs";
import { exchange, openStage } from "./edge.mjs";

const stage = await openStage({ codes: {
    amy: { tier: "referred" }, ben: { tier: "referred" },
    cat: { tier: "referred" }, dan: { tier: "referred" },
    eve: { tier: "referred" }, fay: {},
} });

const APIS = { v2: "/swap/v2", ultra: "/ultra/v1" };
const PARTNER_BPS = 8000n;
const REFERRED_SHARE_BPS = 2000n;


function commission(fee) {
    return fee * PARTNER_BPS / 10_000n * REFERRED_SHARE_BPS / 10_000n;
}


for (const [name, api] of Object.entries(APIS)) {
    const code = { v2: "amy", ultra: "ben" }[name];

    test(`${name}: a click, an order and an execute end in the referrer's `
         + "numbers", async () => {
        const trader = await stage.trader();
        const click = await trader.click(`/r/${code}`);

        assert.equal(click.status, 302);
        assert.equal(click.headers.get("location"), "/");
        assert.equal(click.headers.get("cache-control"), "no-store");
        assert.ok(trader.cookies.has("__Host-jupref"));

        const { order, executed } = await trader.swap(
            stage.pair("SOL", "USDC", 100_000_000), { api });

        assert.equal(order.headers.get("jupref-code"), code);
        assert.equal(order.headers.get("jupref-fee-bps"), "90");
        assert.equal(order.headers.get("jupref-discount-bps"), "10");
        assert.equal(order.json.feeBps, 90);
        assert.equal(executed.headers.get("jupref-trade"), "executed");

        const fee = await stage.feeOnChain(executed.json.signature,
                                           stage.mints.SOL);
        const stats = await stage.stats(code);

        assert.equal(fee, 900_000n);
        assert.equal(Number(stats.clicks), 1);
        assert.equal(Number(stats.boundWallets), 1);
        assert.equal(Number(stats.trades.executed), 1);
        assert.equal(Number(stats.trades.unknown), 0);
        assert.equal(stats.volumeUsd, "15.000000");
        assert.equal(stats.tier, "referred");
        assert.equal(await stage.earned(code, "SOL"), commission(fee));
    });


    for (const [side, input, output, amount] of [
        ["input", "USDC", "BONK", 7_654_321n],
        ["output", "BONK", "USDC", 987_654_321n],
    ]) {
        test(`${name}: a fee on the ${side} side is estimated as what reached `
             + "the fee account", async () => {
            const before = await stage.earned(code, "USDC");
            const trader = await stage.trader({ [input]: amount });
            const { order, executed } = await trader.swap(
                stage.pair(input, output, amount, { ref: code }), { api });

            assert.equal(order.json.feeMint, stage.mints.USDC);

            const fee = await stage.feeOnChain(executed.json.signature,
                                               stage.mints.USDC);
            const { data } = await stage.api("/v1/trades?limit=1");
            const [trade] = data;

            assert.ok(fee > 0n);
            assert.equal(trade.signature, executed.json.signature);
            assert.equal(BigInt(trade.estimatedFee), fee);
            assert.equal(await stage.earned(code, "USDC") - before,
                         commission(fee));
        });
    }


    test(`${name}: a client that knows only Jupiter's API trades unchanged`,
         async () => {
        const trader = await stage.trader();
        const { order, executed } = await trader.swap(
            stage.pair("SOL", "USDC", 50_000_000, { slippageBps: "30",
                                                    clientPlatform: "x.y" }),
            { api });

        assert.equal(order.text, stage.seen(`${api}/order`).answer.text);
        assert.equal(executed.text, stage.seen(`${api}/execute`).answer.text);
        assert.equal(executed.json.status, "Success");
        assert.equal(order.headers.has("jupref-code"), false);
        assert.equal(order.headers.get("jupref-fee-bps"), "100");
        assert.equal(await stage.feeOnChain(executed.json.signature,
                                            stage.mints.SOL), 500_000n);
    });
}


test("the upstream sees our referral terms once, whatever the client sends",
     async () => {
    const trader = await stage.trader();
    const url = `${stage.url}/swap/v2/order?taker=${trader.wallet}`
        + "&referralAccount=mine&ReferralAccount=mine&referral%41ccount=mine"
        + "&referralFee=255&referralFee=254&REFERRALFEE=253"
        + "&platformFeeBps=99&feeAccount=mine&integratorFeeBps=77&ref=amy"
        + `&inputMint=${stage.mints.SOL}&outputMint=${stage.mints.USDC}`
        + "&amount=1000000&payer=" + trader.wallet;
    const { status } = await exchange(url);
    const names = stage.seenArgs("/swap/v2/order").map(([name]) => name);

    assert.equal(status, 200);
    assert.deepEqual(stage.seenArgs("/swap/v2/order"), [
        ["taker", trader.wallet],
        ["inputMint", stage.mints.SOL], ["outputMint", stage.mints.USDC],
        ["amount", "1000000"], ["payer", trader.wallet],
        ["referralAccount", stage.info.referralAccount],
        ["referralFee", "90"],
    ], names.join(" "));
});


test("what else the client sends arrives in its own bytes", async () => {
    const trader = await stage.trader();
    const query = `taker=${trader.wallet}&excludeDexes=Raydium+CLMM,%4detor`
        + `&inputMint=${stage.mints.SOL}&&empty=&outputMint=${stage.mints.USDC}`
        + "&amount=1000000&x=%2F%zz";

    await exchange(`${stage.url}/swap/v2/order?${query}`);

    assert.ok(stage.seen("/swap/v2/order").url.startsWith(
        `/swap/v2/order?${query}&referral`), stage.seen("/swap/v2/order").url);
});


test("without referral terms of its own an order Jupiter refuses goes through "
     + "untouched", async () => {
    const query = `inputMint=nonsense&outputMint=${stage.mints.USDC}&amount=1`;
    const answer = await exchange(`${stage.url}/swap/v2/order?${query}`);

    assert.equal(answer.status, 400);
    assert.equal(answer.body.toString(), '{"error":"Invalid inputMint"}');
});


test("a quote without taker passes, and nothing is booked", async () => {
    const before = await stage.executedBy("fay");
    const query = new URLSearchParams(stage.pair("SOL", "USDC", 1_000_000,
                                                 { ref: "fay" }));
    const answer = await exchange(`${stage.url}/swap/v2/order?${query}`);

    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).transaction, null);
    assert.equal(await stage.executedBy("fay"), before);
});


test("an order that can't be built passes, and nothing is booked", async () => {
    const trader = await stage.trader();
    const { status, json } = await trader.order(
        "/swap/v2/order", stage.pair("USDC", "SOL", 1_000_000, { ref: "fay" }));

    assert.equal(status, 200);
    assert.equal(json.transaction, "");
    assert.equal(json.errorCode, 1);
});


test("the header Jupref-Code attributes as the ref argument does, in any case",
     async () => {
    for (const [headers, more] of [[{ "jupref-code": "FAY" }, {}],
                                   [{}, { ref: "Fay" }]]) {
        const trader = await stage.trader();
        const order = await trader.order(
            "/swap/v2/order", stage.pair("SOL", "USDC", 1_000_000, more),
            headers);

        assert.equal(order.headers.get("jupref-code"), "fay");
    }
});


test("an unknown code is redirected without a cookie and attributes nothing",
     async () => {
    const trader = await stage.trader();
    const click = await trader.click("/r/nobody");

    assert.equal(click.status, 302);
    assert.equal(trader.cookies.size, 0);

    const order = await trader.order(
        "/swap/v2/order",
        stage.pair("SOL", "USDC", 1_000_000, { ref: "nobody" }));

    assert.equal(order.status, 200);
    assert.equal(order.headers.has("jupref-code"), false);
});


test("a forged cookie attributes nothing", async () => {
    const trader = await stage.trader();

    await trader.click("/r/cat");

    const [[name, value]] = trader.cookies;

    trader.cookies.set(name, value.slice(0, -2)
                       + (value.endsWith("AA") ? "BB" : "AA"));

    const order = await trader.order("/swap/v2/order",
                                     stage.pair("SOL", "USDC", 1_000_000));

    assert.equal(order.headers.has("jupref-code"), false);
});


test("the first binding sticks, whatever the wallet clicks later", async () => {
    const trader = await stage.trader();

    await trader.click("/r/cat");
    await trader.swap(stage.pair("SOL", "USDC", 10_000_000));
    await trader.click("/r/dan");

    const { order } = await trader.swap(
        stage.pair("SOL", "USDC", 10_000_000, { ref: "dan" }));

    assert.equal(order.headers.get("jupref-code"), "cat");
    assert.equal(await stage.executedBy("cat"), 2);
    assert.equal(await stage.executedBy("dan"), 0);
    assert.equal(Number((await stage.stats("cat")).boundWallets), 1);
});


test("a wallet stays bound in another browser", async () => {
    const trader = await stage.trader();

    await trader.click("/r/eve");
    await trader.swap(stage.pair("SOL", "USDC", 10_000_000));

    const elsewhere = new Trader({ url: stage.url, keypair: trader.keypair });
    const order = await elsewhere.order(
        "/swap/v2/order", stage.pair("SOL", "USDC", 10_000_000));

    assert.equal(order.headers.get("jupref-code"), "eve");
});


test("who trades by their own code earns nothing and pays as anybody",
     async () => {
    const { keypair } = stage.referrer("fay");
    const trader = await stage.trader({}, keypair);
    const { order, executed } = await trader.swap(
        stage.pair("SOL", "USDC", 10_000_000, { ref: "fay" }));

    assert.equal(executed.json.status, "Success");
    assert.equal(order.headers.has("jupref-code"), false);
    assert.equal(order.headers.get("jupref-fee-bps"), "100");
    assert.equal(await stage.executedBy("fay"), 0);
    assert.deepEqual((await stage.stats("fay")).balances, []);
});


test("the trades list names the swap and shortens the taker", async () => {
    const trader = await stage.trader();
    const { order, executed } = await trader.swap(
        stage.pair("SOL", "USDC", 20_000_000, { ref: "dan" }));
    const { data } = await stage.api("/v1/trades?limit=1");
    const [trade] = data;

    assert.equal(trade.signature, executed.json.signature);
    assert.equal(trade.state, "executed");
    assert.equal(trade.taker, trader.wallet.slice(0, 4) + "…"
                 + trader.wallet.slice(-4));
    assert.equal(trade.code, "dan");
    assert.equal(trade.referrer, stage.referrer("dan").wallet);
    assert.equal(trade.inputMint, stage.mints.SOL);
    assert.equal(trade.outputMint, stage.mints.USDC);
    assert.equal(trade.inAmount, "20000000");
    assert.equal(trade.feeMint, stage.mints.SOL);
    assert.equal(trade.feeBps, 90);
    assert.equal(trade.volumeUsd, "3.000000");
    assert.equal(String(trade.slot), executed.json.slot);
    assert.equal(trade.router, order.json.router);
});


test("the trades list pages from the newest to the oldest", async () => {
    const seen = [];
    let cursor = "";
    let page;

    do {
        page = await stage.api(`/v1/trades?limit=3${cursor}`);
        seen.push(...page.data.map(({ signature }) => signature));
        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (page.hasMore);

    const { totals } = await stage.api("/v1/platform");

    assert.equal(new Set(seen).size, seen.length);
    assert.equal(seen.length, Number(totals.trades.executed));
});


test("the platform's books add up, per mint, to the unit", async () => {
    const { fees, totals } = await stage.api("/v1/platform");

    assert.ok(fees.length > 0);
    assert.ok(Number(totals.trades.executed) > 0);

    for (const { received, jupiterCut, platform, referrers } of fees) {
        assert.equal(BigInt(received), BigInt(jupiterCut) + BigInt(platform)
                     + BigInt(referrers));
    }
});
