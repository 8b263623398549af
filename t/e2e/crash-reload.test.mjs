/*
 * What an operator does while trades go on: reloads, another size of the zone,
 * a new binary and the way back.  No client notices, nothing is lost, and
 * nothing is counted twice.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import { after, test } from "node:test";

import { portIsFree } from "../../conf-examples/sandbox/edge.mjs";
import { Jupiter, randomWallet } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, eventually, isAlive, kill, pause }
    from "./crash-nginx.mjs";

const EXPECTED = [/exited on signal 9/];

const jupiter = new Jupiter();

await jupiter.start();
jupiter.delay = () => Math.floor(Math.random() * 10);

const nginx = await CrashNginx.create({
    jupiter, codes: { amy: randomWallet(), bob: randomWallet() },
    http: "jupref_snapshot interval=1s keep=2;",
});
const load = new Load(nginx, jupiter);

after(async () => {
    await nginx.remove();
    await jupiter.stop();
});

await nginx.mustStart();


/* Acts in the middle of the load, and looks at everything. */
async function underLoad(act, { killed = false } = {}) {
    const errors = load.errors.length;
    const unmatched = load.unmatched;

    load.start({ keepAlive: false });
    await pause(200);

    const shown = await act();

    await pause(200);
    await load.stop();
    await load.noneLate();
    await load.countUnbooked();
    assert.equal(load.unbooked, 0);
    assert.equal((await nginx.ready()).code, 200);
    await load.checkAll();

    if (!killed) {
        assert.deepEqual(load.errors.slice(errors), []);
        assert.equal(load.unmatched, unmatched);
    }

    return shown;
}


const capacity = async () =>
    (await nginx.metrics())['jupref_ledger_capacity_rows{table="trades"}'];


test("reloads under load", () => underLoad(async () => {
    for (let i = 0; i < 4; i++) {
        await nginx.reload();
    }
}));


for (const [what, size] of [["larger", "48m"], ["smaller", "16m"],
                            ["larger again", "32m"]]) {
    test(`a ${what} zone by a reload under load`, async () => {
        const before = await capacity();

        await underLoad(() => {
            nginx.zone = size;
            return nginx.reload();
        });

        const now = await capacity();

        assert.ok(what === "smaller" ? now < before : now > before,
                  `${before} rows, then ${now}`);
    });
}


test("a zone that is too small for what is kept is refused by name",
     async () => {
    const before = await capacity();
    const size = nginx.zone;

    await fillReferrers();
    nginx.zone = "8m";

    const complaint = await underLoad(() => nginx.reloadRefused());

    assert.match(complaint, /the zone has room for \d+ rows of table "\w+", /);
    assert.equal(await capacity(), before);
    nginx.zone = size;
    await underLoad(() => nginx.reload());
});


/* Referrers, until there are more than a zone of 8m has room for. */
async function fillReferrers() {
    const rows = 'jupref_ledger_rows{table="referrers"}';
    const act = async () => {
        const { status } = await nginx.admin("POST", "referrers", {
            wallet: randomWallet(), tier: "referred" });

        assert.equal(status, 201);
    };

    while ((await nginx.metrics())[rows] < 600) {
        await Promise.all(Array.from({ length: 32 }, act));
    }
}


test("a new binary under load, then the old one goes", async () => {
    const { old, next } = await underLoad(async () => {
        const masters = await nginx.upgrade();

        await pause(300);

        const workers = nginx.workers(masters.old);

        nginx.signal("SIGQUIT", masters.old);
        await nginx.gone(masters.old, ...workers);

        return masters;
    });

    assert.equal(nginx.master, next);
    assert.ok(!isAlive(old));
    await underLoad(() => nginx.reload());
});


test("a new binary with a larger zone under load", async () => {
    const before = await capacity();

    await underLoad(async () => {
        nginx.zone = "40m";

        const { old } = await nginx.upgrade();
        const workers = nginx.workers(old);

        await pause(100);
        nginx.signal("SIGQUIT", old);
        await nginx.gone(old, ...workers);
    });

    assert.ok(await capacity() > before);
});


test("a new binary under load, and back to the old one", async () => {
    const { old } = await underLoad(async () => {
        const masters = await nginx.upgrade();
        const workers = nginx.workers(masters.next);

        await pause(300);
        nginx.signal("SIGQUIT", masters.next);
        await nginx.gone(masters.next, ...workers);
        await eventually("the old master has its name back",
                         () => nginx.master === masters.old);

        return masters;
    });

    assert.ok(isAlive(old));
    await underLoad(() => nginx.reload());
});


test("a new binary that is killed leaves the old one at work", async () => {
    await underLoad(async () => {
        const { old, next } = await nginx.upgrade();

        for (const pid of [next, ...nginx.workers(next)]) {
            kill(pid);
        }

        await eventually("the old master has its name back",
                         () => nginx.master === old);
    }, { killed: true });
    await underLoad(() => nginx.reload());
});


test("an old binary that is killed leaves the new one at work", async () => {
    await underLoad(async () => {
        const { old } = await nginx.upgrade();
        const workers = nginx.workers(old);

        for (const pid of [old, ...workers]) {
            kill(pid);
        }

        await nginx.gone(old, ...workers);
        fs.rmSync(`${nginx.dir}/nginx.pid.oldbin`, { force: true });
    }, { killed: true });
    await underLoad(() => nginx.reload());
});


test("another nginx on the same directory is refused by name", async () => {
    const other = `${nginx.dir}/other.conf`;
    const { master } = nginx;

    await underLoad(async () => {
        let port = nginx.port + 1;

        while (!await portIsFree(port)) {
            port++;
        }

        fs.writeFileSync(other, fs.readFileSync(`${nginx.dir}/nginx.conf`,
                                                "utf8")
            .replace("/nginx.pid", "/other.pid")
            .replace(`127.0.0.1:${nginx.port}`, `127.0.0.1:${port}`));

        const words = await nginx.run(["-c", other]);

        assert.match(words, new RegExp(`\\[emerg\\] "state=.*/state" of `
            + `"jupref_zone" is in use by another nginx, pid \\d+: `));
        assert.equal(nginx.master, master);
    });
});


test("a master that is killed alone leaves its workers with the directory",
     async () => {
    const { master } = nginx;
    const workers = nginx.workers();

    kill(master);
    await nginx.gone(master);
    await load.swap();
    assert.match(await nginx.start(), /is in use by another nginx/);

    for (const pid of workers) {
        kill(pid);
    }

    await nginx.gone(...workers);
    jupiter.life++;
    await nginx.mustStart();
    await load.checkAll({ afterStart: true });
});


test("all of it is there after a last start", async () => {
    await load.killAll();
    await load.checkAll({ afterStart: true });
    assert.deepEqual(nginx.trouble(
        ...EXPECTED, /in use by another nginx/, /can't be recovered, zone/),
                     []);
});
