/*
 * kill -9 under load, at random moments: a worker, all workers, everything.
 * What was told is in the ledger after every one of them, once.
 *
 * CRASH_ROUNDS= sets how many there are.
 */

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, test } from "node:test";

import { Jupiter, randomWallet } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, eventually, pause } from "./crash-nginx.mjs";

const ROUNDS = Number(process.env.CRASH_ROUNDS || 105);
const KINDS = ["all", "worker", "workers", "all", "worker"];
const EXPECTED = [/exited on signal 9/, /a process died while it was booking/,
                  /a booking was cut off half-way/];

const jupiter = new Jupiter();

await jupiter.start();

const nginx = await CrashNginx.create({
    jupiter, codes: { amy: randomWallet(), bob: randomWallet() },
    http: "jupref_snapshot interval=1s keep=2;",
});
const load = new Load(nginx, jupiter);

await nginx.mustStart();

after(async () => {
    await nginx.remove();
    await jupiter.stop();
});

/* some take long enough to be cut in the middle */
jupiter.delay = () => (crypto.randomInt(8) === 0 ? crypto.randomInt(150)
                                                 : crypto.randomInt(4));

const told = { promised: 0, cut: 0 };


async function round(kind) {
    load.start();
    await pause(50 + crypto.randomInt(300));
    await load.noneLate();

    if (kind === "all") {
        await load.killAll();
    } else {
        await nginx.kill(kind);
    }

    await pause(50 + crypto.randomInt(100));

    await load.stop();
    await eventually("the ledger is whole", async () =>
        (await nginx.ready()).code === 200);
    await load.noneLate();
    await load.countUnbooked();
    await load.checkAll({ afterStart: kind === "all" });
}


for (let i = 0; i < ROUNDS; i++) {
    const kind = KINDS[i % KINDS.length];

    test(`round ${i + 1}: kill -9 of ${kind}`, () => round(kind));
}


test("an execute that Jupiter hasn't answered is kept as unknown", async () => {
    const usual = jupiter.delay;
    const before = new Set(load.trades.keys());
    const arrived = () => [...load.trades.keys()].find((signature) =>
        !before.has(signature) && jupiter.arrived.has(signature));

    jupiter.delay = () => "never";

    const swap = load.swap().catch(() => {});

    await eventually("it has reached Jupiter", arrived);
    await nginx.settled();
    await load.killAll();
    await swap;
    jupiter.delay = usual;

    const { booked } = await load.checkAll({ afterStart: true });

    assert.equal(booked.get(arrived()), "unknown");
});


test("all of it is there after a last start", async (t) => {
    await load.killAll();

    const found = await load.checkAll({ afterStart: true });

    for (const trade of load.trades.values()) {
        told.promised += trade.promised === true;
        told.cut += trade.cut === true;
    }

    const unknown = [...found.booked.values()]
        .filter((state) => state === "unknown").length;

    t.diagnostic(`${told.promised} promised, ${told.cut} cut, `
                 + `${unknown} of them unknown, ${load.errors.length} errors`);
    assert.ok(told.promised > ROUNDS);
    assert.ok(unknown > 0);
    assert.deepEqual(nginx.trouble(...EXPECTED), []);
});
