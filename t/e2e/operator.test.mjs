/*
 * What an operator does while trades go on: register referrers, give them
 * codes, change their terms, let a later click win, watch the numbers.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trader } from "../../conf-examples/sandbox/trader.mjs";
import { openStage } from "./edge.mjs";

const stage = await openStage({
    codes: { one: { tier: "referred" }, two: { tier: "referred" } },
    replace: [["jupref_attribution      first window=30d;",
               "jupref_attribution      last window=1h cookie=came_by;"]],
});

const ORDER = "/swap/v2/order";


function args(more = {}) {
    return stage.pair("SOL", "USDC", 10_000_000, more);
}


async function codeOf(trader, more = {}) {
    const { headers } = await trader.order(ORDER, args(more));

    return headers.get("jupref-code");
}


test("a referrer registered through the API earns at once", async () => {
    const referrer = new Trader({ url: stage.url });

    await stage.admin("POST", "referrers",
                      { wallet: referrer.wallet, tier: "premium" }, 201);
    await stage.admin("POST", "codes",
                      { code: "newcomer", wallet: referrer.wallet }, 201);

    const trader = await stage.trader();

    await trader.click("/r/newcomer");

    const { order, executed } = await trader.swap(args());
    const stats = await stage.api(`/v1/referrers/${referrer.wallet}`);
    const fee = await stage.feeOnChain(executed.json.signature,
                                       stage.mints.SOL);

    assert.equal(order.headers.get("jupref-code"), "newcomer");
    assert.equal(Number(stats.trades.executed), 1);
    assert.equal(BigInt(stats.balances[0].estimated),
                 fee * 8000n / 10_000n * 4000n / 10_000n);

    const code = await stage.api("/v1/codes/newcomer");

    assert.equal(code.referrer, referrer.wallet);
    assert.equal(code.tier, "premium");
    assert.equal(code.feeBps, 100);
    assert.equal(code.discountBps, 10);
    assert.equal(code.chargedBps, 90);
    assert.equal(code.status, "active");
    assert.equal(Number(code.clicks), 1);
    assert.equal(Number(code.boundWallets), 1);
});


test("a suspended referrer's links attribute nothing until active again",
     async () => {
    const wallet = stage.referrer("two").wallet;

    await stage.admin("PATCH", `referrers/${wallet}`, { status: "suspended" });
    assert.equal(await codeOf(await stage.trader(), { ref: "two" }), null);

    await stage.admin("PATCH", `referrers/${wallet}`, { status: "active" });
    assert.equal(await codeOf(await stage.trader(), { ref: "two" }), "two");
});


test("the administrator's API is closed to others", async () => {
    const body = JSON.stringify({ wallet: stage.mints.SOL });

    for (const authorization of [undefined, "Bearer wrong"]) {
        const response = await fetch(`${stage.url}/v1/admin/referrers`, {
            method: "POST", body,
            headers: { "content-type": "application/json",
                       ...(authorization ? { authorization } : {}) },
        });

        assert.equal(response.status, 401);
        assert.equal(response.headers.get("content-type"),
                     "application/problem+json");

        const problem = await response.json();

        assert.equal(problem.status, 401);
        assert.ok(problem.type && problem.title && problem.code);
    }
});


test("with `last` a later click wins", async () => {
    const trader = await stage.trader();

    await trader.click("/r/one");
    assert.deepEqual([...trader.cookies.keys()], ["came_by"]);
    await trader.swap(args());
    await trader.click("/r/two");

    const { order } = await trader.swap(args());

    assert.equal(order.headers.get("jupref-code"), "two");
    assert.equal(await codeOf(trader), "two");
});


test("metrics and health tell what happened", async () => {
    const metrics = await (await fetch(`${stage.url}/metrics`)).text();

    assert.match(metrics, /^# TYPE jupref_\w+ counter$/m);
    assert.match(metrics, /^jupref_\w+(\{[^}]*\})? [0-9.]+$/m);
    assert.equal((await fetch(`${stage.url}/health`)).status, 200);
    assert.equal((await fetch(`${stage.url}/live`)).status, 200);
});
