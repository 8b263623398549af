/*
 * A worker dies while it holds the ledger's lock or the journal's, at any
 * instruction between.  The others notice, a reload mends what is half-done
 * from the journal, and nothing that was told is lost or counted twice.
 *
 * CRASH_BOOKING_ROUNDS= sets how many deaths there are.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import { after, test } from "node:test";

import { Jupiter, randomWallet } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, eventually, pause } from "./crash-nginx.mjs";
import { ROOT } from "./nginx.mjs";

const ROUNDS = Number(process.env.CRASH_BOOKING_ROUNDS || 40);
const LONGEST = [200, 4_000, 20_000, 60_000];   /* instructions */
const EXPECTED = [/exited on signal 9/, /a process died while it was booking/,
                  /a booking was cut off half-way/];

const skip = process.arch === "x64" ? false
    : "instructions can be counted on x86-64 only";

const jupiter = new Jupiter();

await jupiter.start();

const nginx = await CrashNginx.create({
    jupiter, codes: { amy: randomWallet(), bob: randomWallet() },
    http: "jupref_snapshot interval=1s keep=2;",
});
const load = new Load(nginx, jupiter);
const death = `${nginx.dir}/death`;
const told = { damaged: 0, promised: 0 };

after(async () => {
    await nginx.remove();
    await jupiter.stop();
});


/* Pid 0: the first one to come. */
function arm(steps, pid = 0) {
    const numbers = Buffer.alloc(8);

    numbers.writeInt32LE(pid, 0);
    numbers.writeInt32LE(steps, 4);
    fs.writeFileSync(death, numbers, { flag: fs.existsSync(death) ? "r+"
                                                                  : "w" });
}


const steps = (round) =>
    1 + crypto.randomInt(LONGEST[round % LONGEST.length]);


async function mend() {
    const { code, reasons } = await nginx.ready();

    if (code !== 200) {
        assert.match(reasons.join(), /a booking was cut off half-way/);
        told.damaged++;
        await nginx.reload();
    }

    assert.deepEqual(await nginx.ready(),
                     { code: 200, status: "ok", ledger: "journal",
                       reasons: [] });
}


async function dies(round) {
    const workers = nginx.workers();

    load.start();
    arm(steps(round));
    await eventually("a worker has died", () =>
        nginx.workers().some((pid) => !workers.includes(pid)));
    await pause(40);
    await mend();
    await pause(40);
    await load.stop();
    await load.noneLate();
    await load.countUnbooked();
    await load.checkAll();
}


test("the edge starts with death in it", { skip }, async () => {
    nginx.preload = `${nginx.dir}/death.so`;
    execFileSync("gcc", ["-O2", "-shared", "-fPIC", "-o", nginx.preload,
                         `${ROOT}/t/tools/dying_process.c`, "-ldl"]);
    arm(0);
    process.env.DYING_PROCESS = death;
    await nginx.mustStart();
});


for (let i = 0; i < ROUNDS; i++) {
    test(`death ${i + 1} under a lock`, { skip }, async () => {
        await dies(i);

        if (i % 8 === 7) {
            await load.killAll();
            await load.checkAll({ afterStart: true });
        }
    });
}


test("some of them were inside a booking", { skip }, async (t) => {
    for (const trade of load.trades.values()) {
        told.promised += trade.promised === true;
    }

    t.diagnostic(`${told.damaged} of ${ROUNDS} left a damaged ledger, `
                 + `${told.promised} promised, ${load.unbooked} unbooked`);
    assert.ok(told.damaged > 0);
    assert.deepEqual(nginx.trouble(...EXPECTED), []);
});
