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
import { CrashNginx, eventually, isAlive, pause } from "./crash-nginx.mjs";
import { ROOT } from "./nginx.mjs";

const ROUNDS = Number(process.env.CRASH_BOOKING_ROUNDS || 24);
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
const told = { masters: 0, promised: 0 };

after(async () => {
    await nginx.remove();
    await jupiter.stop();
});


/* Behind so many instructions with so many locks; 0: the first one to come. */
function arm(steps, depth = 1, pid = 0) {
    const numbers = Buffer.alloc(12);

    numbers.writeInt32LE(pid, 0);
    numbers.writeInt32LE(depth, 4);
    numbers.writeInt32LE(steps, 8);
    fs.writeFileSync(death, numbers, { flag: fs.existsSync(death) ? "r+"
                                                                  : "w" });
}


const armedSteps = () => fs.readFileSync(death).readInt32LE(8);


const steps = (round) =>
    1 + crypto.randomInt(LONGEST[round % LONGEST.length]);


/* Who comes after a dead worker recovers what that left half-done. */
async function isMended() {
    await eventually("the ledger is whole again", async () =>
        (await nginx.ready()).code === 200);
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
    await isMended();
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


/* The one who recovers what another left half-done dies over that, too. */
async function successorDies(round) {
    load.start();

    for (let i = 0; i < 3; i++) {
        const workers = nginx.workers();

        /* inside a booking for sure, whose worker dies a moment later */
        arm(1_000 + crypto.randomInt(3_000));
        await eventually("it has begun to die", () => armedSteps() === 0);
        arm(steps(round + i), 2 + round % 2);
        await eventually("a worker has died", () =>
            nginx.workers().some((pid) => !workers.includes(pid)));
        await pause(60);
        arm(0);
    }

    await isMended();
    await load.stop();
    await load.noneLate();
    await load.countUnbooked();
    await load.checkAll();
}


/*
 * The master lays the ledger out anew and dies over the exchange, which is
 * where it holds two locks.  Its workers go on without it, until all of it is
 * started again.
 */
async function masterDies(round) {
    const { master } = nginx;

    load.start();
    await pause(50);
    await load.countUnbooked();
    nginx.zone = nginx.zone === "24m" ? "32m" : "24m";
    nginx.configure();
    arm(steps(round), 2, master);
    nginx.signal("SIGHUP", master);

    for (let i = 0; i < 20 && isAlive(master); i++) {
        await pause(25);
    }

    arm(0);
    told.masters += !isAlive(master);
    await load.stop();
    await load.killAll();
    await load.checkAll({ afterStart: true });
}


for (let i = 0; i < Math.ceil(ROUNDS / 5); i++) {
    test(`death ${i + 1} of who recovers`, { skip }, () => successorDies(i));
    test(`death ${i + 1} of a master over a reload`, { skip },
         () => masterDies(i));
}


test("some of them were inside a booking", { skip }, (t) => {
    const count = (pattern) => nginx.log().split("\n")
        .filter((line) => pattern.test(line)).length;
    const damaged = count(/a process died while it was booking/);
    const recovered = count(/the ledger in which a process died is recovered/);

    for (const trade of load.trades.values()) {
        told.promised += trade.promised === true;
    }

    t.diagnostic(`${damaged} deaths left a damaged ledger, ${recovered} were `
                 + `recovered by a successor, ${told.masters} masters died `
                 + `over a reload, ${told.promised} promised, `
                 + `${load.unbooked} unbooked`);
    assert.ok(damaged > 0 && recovered > 0 && told.masters > 0);
    assert.deepEqual(nginx.trouble(...EXPECTED), []);
});
