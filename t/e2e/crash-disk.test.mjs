/*
 * A disk that is full, fails, or may not be written: trades go on as Jupiter
 * has them, nothing more is acknowledged, everything says so, and a reload
 * takes it up again when the cause is gone.
 *
 * The full disk is a small tmpfs, which takes root to mount.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { after, test } from "node:test";

import { Jupiter, randomWallet } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, eventually, isAlive, pause }
    from "./crash-nginx.mjs";
import { ROOT } from "./nginx.mjs";

const EIO = 5;
const STOPPED = /the journal has stopped, nothing is booked until nginx is /;
const EXPECTED = [STOPPED, /the journal stays stopped/, /exited on signal 9/,
                  /the journal could not be written to its end/];

const jupiter = new Jupiter();

await jupiter.start();
after(() => jupiter.stop());


async function stage(make) {
    const nginx = await CrashNginx.create({
        jupiter, codes: { amy: randomWallet(), bob: randomWallet() },
        http: "jupref_snapshot off;",
    });

    nginx.zone = "8m";
    make?.(nginx);
    await nginx.mustStart();

    return { nginx, load: new Load(nginx, jupiter) };
}


async function tradeFor(load, milliseconds) {
    load.start();
    await pause(milliseconds);
    await load.stop();
    await load.countUnbooked();
    assert.deepEqual(load.errors, []);
}


/* Trades until the journal has stopped, and some time on. */
async function tradeIntoIt({ nginx, load }) {
    load.start();
    await eventually("the journal stops", async () =>
        (await nginx.metrics()).jupref_journal_stopped === 1);
    await pause(200);
    await load.stop();
    await load.countUnbooked();
    assert.deepEqual(load.errors, []);
}


/* All that is to be seen of a stopped journal. */
async function isStopped({ nginx, load }, alerts) {
    const before = await nginx.metrics();
    const inTime = 'jupref_commits_total{outcome="in_time"}';
    const stopped = 'jupref_unattributed_total{reason="journal_stopped"}';

    for (let i = 0; i < 5; i++) {
        await load.swap();              /* which compares every byte */
    }

    await load.countUnbooked();

    const now = await nginx.metrics();

    assert.equal(now.jupref_journal_stopped, 1);
    assert.equal(now[inTime], before[inTime]);
    assert.equal(now[stopped], before[stopped] + 5);
    assert.equal(now['jupref_journal_events{at="synced"}'],
                 before['jupref_journal_events{at="synced"}']);

    const { code, reasons } = await nginx.ready();

    assert.equal(code, 503);
    assert.deepEqual(reasons, ["the journal stopped at an error of the disk"]);

    const wallet = randomWallet();
    const refused = await nginx.admin("POST", "referrers",
                                      { wallet, tier: "referred" });

    assert.equal(refused.status, 503, String(refused.body));
    assert.equal(JSON.parse(refused.body).code, "journal_stopped");
    assert.ok(Number(refused.headers["retry-after"]) > 0);
    assert.equal(alertsOf(nginx), alerts);
}


const alertsOf = (nginx) => nginx.log().split("\n").filter((line) =>
    line.includes("[alert]") && STOPPED.test(line)).length;


async function goesOn({ nginx, load }) {
    const seen = nginx.log().length;

    await nginx.reload();
    assert.match(nginx.log().slice(seen),
                 /the journal's tail is whole again, it goes on/);
    assert.equal((await nginx.metrics()).jupref_journal_stopped, 0);
    assert.equal((await nginx.ready()).code, 200);
    await load.checkAll();

    const { unbooked } = load;

    await tradeFor(load, 200);
    assert.equal(load.unbooked, unbooked);
    await load.checkAll();
}


async function isThereAfterAStart({ load }) {
    await load.killAll();
    await load.checkAll({ afterStart: true });
}


/* A small tmpfs with the state directory on it; null, or why it can't be. */
function mount(nginx) {
    const disk = `${nginx.dir}/disk`;

    fs.mkdirSync(disk);
    nginx.state = `${disk}/state`;

    try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0755",
                               "tmpfs", disk], { stdio: "pipe" });
    } catch (error) {
        return String(error.stderr);
    }

    return null;
}


async function unmount(nginx) {
    await nginx.stop();
    execFileSync("umount", ["-l", `${nginx.dir}/disk`]);
    await nginx.remove();
}


const filler = (nginx) => `${nginx.dir}/disk/filler`;


/* Not a byte is left. */
function fill(nginx) {
    const file = fs.openSync(filler(nginx), "w");
    let size = 1 << 16;

    while (size > 0) {
        try {
            fs.writeSync(file, Buffer.alloc(size, 1));
        } catch (error) {
            assert.equal(error.code, "ENOSPC");
            size >>= 1;
        }
    }

    fs.closeSync(file);
}


test("a full disk", async (t) => {
    let refused = null;
    const edge = await stage((nginx) => {
        refused = mount(nginx);
    });
    const { nginx, load } = edge;

    if (refused !== null) {
        await nginx.remove();
        t.skip(`a tmpfs can't be mounted here: ${refused}`);
        return;
    }

    t.after(() => unmount(nginx));

    await t.test("before, all is well", async () => {
        await tradeFor(load, 200);
        await load.noneLate();
        await load.checkAll();
    });

    await t.test("trades go on, nothing is acknowledged", async () => {
        fill(nginx);
        await tradeIntoIt(edge);
        await isStopped(edge, alertsOf(nginx));
        assert.ok(alertsOf(nginx) >= 1 && alertsOf(nginx) <= 2);
    });

    await t.test("a reload while it is full changes nothing", async () => {
        await nginx.reload();
        assert.match(nginx.log(), /\[alert\].*the journal stays stopped/);
        await isStopped(edge, alertsOf(nginx));
    });

    await t.test("with room again a reload takes it up", async () => {
        fs.rmSync(filler(nginx));
        await goesOn(edge);
    });

    await t.test("and a start finds the same", () =>
        isThereAfterAStart(edge));

    await t.test("killed and started while it is full", async () => {
        await tradeFor(load, 100);
        await load.checkAll();
        fill(nginx);
        await tradeIntoIt(edge);
        await load.forgetLate();
        await load.killAll();
        await load.check();
        await tradeIntoIt(edge);
        fs.rmSync(filler(nginx));
        await goesOn(edge);
        await isThereAfterAStart(edge);
    });

    assert.deepEqual(nginx.trouble(...EXPECTED), []);
});


for (const [what, number] of [["sync", 1], ["write", 2]]) {
    test(`EIO of a ${what}`, async (t) => {
        let file;
        const set = (errno) => {
            const numbers = Buffer.alloc(16);

            numbers.writeInt32LE(errno, 4 * number);
            fs.writeFileSync(file, numbers,
                             { flag: fs.existsSync(file) ? "r+" : "w",
                               mode: 0o666 });
        };

        const edge = await stage((nginx) => {
            file = `${nginx.dir}/faults`;
            set(0);
            process.env.FAULTY_DISK = file;
            nginx.preload = `${nginx.dir}/faulty_disk.so`;
            execFileSync("gcc", ["-O2", "-shared", "-fPIC", "-o",
                                 nginx.preload,
                                 `${ROOT}/t/tools/faulty_disk.c`, "-ldl"]);
        });
        const { nginx, load } = edge;

        t.after(() => nginx.remove());

        await tradeFor(load, 100);
        await load.checkAll();
        set(EIO);
        await tradeIntoIt(edge);
        await isStopped(edge, alertsOf(nginx));
        assert.match(nginx.log(), /\[alert\].*5: Input\/output error/);
        set(0);
        await goesOn(edge);
        await isThereAfterAStart(edge);
        assert.deepEqual(nginx.trouble(...EXPECTED), []);
    });
}


test("a state directory that may only be read refuses the start", async (t) => {
    const nginx = await CrashNginx.create({ jupiter, codes: {} });
    const refused = mount(nginx);

    nginx.zone = "8m";

    if (refused !== null) {
        await nginx.remove();
        t.skip(`a tmpfs can't be mounted here: ${refused}`);
        return;
    }

    t.after(() => unmount(nginx));

    const remount = (how) =>
        execFileSync("mount", ["-o", `remount,${how}`, `${nginx.dir}/disk`]);

    await nginx.mustStart();

    const { master } = nginx;

    await nginx.stop();
    assert.ok(!isAlive(master));
    remount("ro");
    assert.match(await nginx.start(),
                 /state\/lock" for "jupref_zone" can't be opened \(30: /);
    remount("rw");
    await nginx.mustStart();
});
