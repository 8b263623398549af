/*
 * docs/runbook.md, command by command, on a real nginx with a journal: what
 * the page says to do is done, in its order, and what it shows is compared.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { after, test } from "node:test";

import { PEOPLE } from "../../conf-examples/sandbox/edge.mjs";
import { eventually, pause } from "./edge.mjs";
import { Nginx, ROOT, writeKeyring } from "./nginx.mjs";
import { assertShows, fences, read, runShell } from "./pages.mjs";

const PAGE = "docs/runbook.md";
const MINIMAL = "conf-examples/minimal/nginx.conf";
const NGINX = process.env.NGINX || "/usr/sbin/nginx";
const TROUBLE = /\[(alert|emerg)\]|Sanitizer|runtime error:/;

const wallet = Object.fromEntries(Object.entries(PEOPLE).map(
    ([name, keypair]) => [name, keypair.publicKey.toBase58()]));
const nginx = new Nginx();
const state = `${nginx.dir}/state`;
const backup = `${nginx.dir}/backup`;
const key = "0123456789abcdef".repeat(3);
const { NGINX: _, ...environment } = process.env;
const expected = [];                    /* trouble that a test asked for */
let events = 0;


/* A daemon keeps what its standard error is: not the shell's. */
const OWN_NGINX = `nginx() {
    local status=0

    env -u NGINX '${NGINX}' -p '${nginx.dir}' -c '${nginx.dir}/nginx.conf' \
        -e '${nginx.dir}/error.log' "$@" > nginx.out 2>&1 || status=$?
    cat nginx.out
    return "$status"
}
`;


writeKeyring(`${nginx.dir}/keys`);
await nginx.adopt(read(MINIMAL), [
    ["REFERRAL_ACCOUNT", wallet.dave],
    ["REFERRER_WALLET", wallet.alice],
    ["KEY_SHA256", spawnSync("sha256sum", { input: key, encoding: "utf8" })
        .stdout.slice(0, 64)],
    ["/etc/jupref/keys", `${nginx.dir}/keys`],
    ["server    api.jup.ag:443", "server 127.0.0.1:1"],
    ["/etc/ssl/certs/ca-certificates.crt", `${nginx.dir}/nginx.conf`],
    [/proxy_ssl_(verify|trusted_certificate).*;/, ""],
    ["jupref_tier             default", "jupref_snapshot interval=1s keep=2;\n"
     + "    jupref_tier             default"],
]);
fs.mkdirSync(backup, { mode: 0o700 });

command();

after(() => {
    if (fs.existsSync(`${nginx.dir}/nginx.pid`)) {
        command("-s", "stop");
    }

    const log = fs.readFileSync(`${nginx.dir}/error.log`, "utf8");

    fs.rmSync(nginx.dir, { recursive: true, force: true });
    assert.deepEqual(log.split("\n").filter((line) => TROUBLE.test(line)
        && !expected.some((pattern) => pattern.test(line))), []);
});


function command(...options) {
    execFileSync(NGINX, ["-p", nginx.dir, "-c", `${nginx.dir}/nginx.conf`,
                         "-e", `${nginx.dir}/error.log`, ...options],
                 { env: environment, stdio: "ignore" });
}


/* The n-th block of commands under a heading, and what the page shows. */
function block(heading, index) {
    const all = fences(PAGE).filter((one) => one.heading === heading);
    const at = all.map((one, i) => [one, i]).filter(
        ([one]) => one.language === "sh")[index]?.[1];

    assert.notEqual(at, undefined, `${heading}: block ${index}`);

    return { text: all[at].text,
             shows: all[at + 1]?.language === "text" ? all[at + 1] : null };
}


let blocks = 0;

async function runs(heading, index, { shown = true } = {}) {
    const { text, shows } = block(heading, index);
    const output = await runShell(OWN_NGINX + text, {
        cwd: nginx.dir,
        env: { PATH: `${ROOT}/build:${process.env.PATH}` },
        replace: [["http://127.0.0.1:8080", nginx.url],
                  ["/var/lib/jupref", state],
                  ["/etc/jupref/keys", `${nginx.dir}/keys`],
                  ["/etc/nginx/nginx.conf", `${nginx.dir}/nginx.conf`],
                  ["/run/nginx.pid", `${nginx.dir}/nginx.pid`],
                  ["/backup/jupref", backup],
                  ["www-data:", `${os.userInfo().username}:`]],
    });

    blocks++;

    if (shows && shown) {
        assertShows(output, shows.text.replaceAll("/var/lib/jupref", state),
                    `${heading}, block ${index}`);
    }

    return output;
}


async function ready() {
    const answer = await fetch(`${nginx.url}/ready`).catch(() => null);

    return answer?.status === 200;
}


/* Something that the journal has to keep; its answer. */
async function write() {
    const answer = await fetch(`${nginx.url}/v1/admin/codes`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`,
                   "content-type": "application/json" },
        body: JSON.stringify({ code: `code-${++events}`,
                               wallet: wallet.alice }),
    });

    await answer.arrayBuffer();

    return answer.status;
}


async function hasCode(number) {
    const answer = await fetch(`${nginx.url}/v1/codes/code-${number}`);

    return answer.status === 200;
}


function stat() {
    return JSON.parse(execFileSync(
        `${ROOT}/build/jupref-journal`,
        ["stat", "--json", `--state=${state}`, `--keyring=${nginx.dir}/keys`],
        { encoding: "utf8" }));
}


/* A new segment has begun behind a snapshot. */
async function nextSegment() {
    const { segments, snapshots } = stat();

    await eventually("a snapshot", async () => {
        await write();
        await pause(200);
        return stat().snapshots.at(-1)?.seq > (snapshots.at(-1)?.seq ?? 0);
    }, 20_000);
    await eventually("a new segment", async () => {
        await write();
        return stat().segments.length > segments.length;
    }, 20_000);
}


test("all is well on a new edge", async () => {
    await eventually("nginx is ready", ready, 20_000);
    assert.equal(await write(), 201);
    await nextSegment();
    await runs("Is all well", 0);
});


test("a backup that is taken while nginx writes is good", async () => {
    const writing = (async () => {
        for (let i = 0; i < 10; i++) {
            await write();
        }
    })();

    await runs("Backup", 0);
    await writing;
    await runs("Backup", 0);
    await runs("Backup", 1);
});


test("a restored edge has what the backup had", async () => {
    const last = events;

    await runs("Backup", 0);
    await runs("Restore", 0);
    await eventually("nginx is ready", ready, 20_000);
    assert.ok(await hasCode(1));
    assert.ok(await hasCode(last));
    assert.equal(await write(), 201);
});


test("a seal key is rotated, and the old one taken out", async () => {
    await runs("Rotate the seal key", 0);
    await eventually("the reload is done", async () =>
        await write() === 201);
    await runs("Rotate the seal key", 1);
    await nextSegment();
    await nextSegment();

    await runs("Rotate the seal key", 2);
    assert.deepEqual(stat().keys.map(({ id }) => id), ["2026b"]);

    await runs("Rotate the seal key", 3);
    await pause(500);
    assert.equal(await write(), 201);
    assert.ok(await ready());
    assert.ok(await hasCode(1));
});


test("a damaged journal is refused by nginx, told, repaired, and goes on",
     async () => {
    await pause(1500);
    await nextSegment();
    assert.equal(await write(), 201);

    const last = events;

    command("-s", "quit");
    await eventually("nginx has ended", () =>
        !fs.existsSync(`${nginx.dir}/nginx.pid`), 10_000);

    /* the last segment's first record, which no snapshot has */

    const { segments, snapshots } = stat();
    const broken = segments.at(-1);

    assert.ok(broken.firstSeq > snapshots.at(-1).seq);

    const name = `${state}/journal/${String(broken.firstSeq)
        .padStart(20, "0")}.segment`;
    const file = fs.openSync(name, "r+");

    fs.writeSync(file, Buffer.alloc(32, 0xa5), 0, 32, 172 + 60);
    fs.closeSync(file);

    expected.push(/can't be recovered/);
    assert.throws(() => command());

    await runs("nginx doesn't start", 0);
    await runs("nginx doesn't start", 1);
    await runs("nginx doesn't start", 2);
    await eventually("nginx is ready", ready, 20_000);
    assert.equal(await hasCode(last), false);
    assert.ok(await hasCode(1));
    assert.equal(await write(), 201);
});


test("archived segments are put back and exported", async () => {
    const output = await runs("Archive old segments", 0);

    assert.equal(output, "");
    assert.match(fs.readFileSync(`${nginx.dir}/trades-2026.csv`, "utf8"),
                 /^signature,status,executedAt,/);
});


test("the zone's size is changed by a reload", async () => {
    const shown = await runs("Change the zone's size", 0);
    const rows = Number(/^codes +\d+ +(\d+)/m.exec(shown)[1]);

    await runs("Change the zone's size", 1);

    await eventually("the zone is larger", async () => {
        const { capacities } = await (await fetch(
            `${nginx.url}/v1/platform`)).json();

        return capacities.codes.capacity >= rows * 0.99;
    }, 20_000);
    assert.ok(await hasCode(1));
    assert.equal(await write(), 201);
});


test("an upgrade stops nginx and starts it with what was kept", async () => {
    await runs("Upgrade", 0);
    await runs("Upgrade", 1);
    assert.ok(await hasCode(1));
    assert.equal(await write(), 201);
});


test("a disk that was full is gone on with by a reload", async (context) => {
    await runs("The disk is full, or fails", 0);

    if (process.getuid() !== 0
        || spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700",
                               "jupref-test", backup]).status !== 0)
    {
        context.skip("no small disk can be mounted here");
        await runs("The disk is full, or fails", 1);
        return;
    }

    try {
        await onSmallDisk();
    } finally {
        spawnSync("umount", ["-l", backup]);
    }
});


/* A second edge, on a disk with room for little. */
async function onSmallDisk() {
    const conf = fs.readFileSync(`${nginx.dir}/nginx.conf`, "utf8");

    command("-s", "quit");
    await eventually("nginx has ended", () =>
        !fs.existsSync(`${nginx.dir}/nginx.pid`), 10_000);
    fs.writeFileSync(`${nginx.dir}/nginx.conf`,
                     conf.replaceAll(state, `${backup}/state`)
                         .replace(/jupref_snapshot .*/, "jupref_snapshot off;"));

    expected.push(/journal has stopped|journal stays stopped/,
                  /No space left on device/);
    command();
    await eventually("nginx is ready", ready, 20_000);
    fs.writeFileSync(`${backup}/filler`, "");

    for (let room = 4096; ; ) {
        try {
            fs.appendFileSync(`${backup}/filler`, Buffer.alloc(room));
        } catch {
            break;
        }
    }

    let status = 201;

    for (let i = 0; i < 100 && status === 201; i++) {
        status = await write();
    }

    assert.equal(status, 503);
    assert.equal(await ready(), false);

    fs.rmSync(`${backup}/filler`);
    await runs("The disk is full, or fails", 1);
    assert.equal(await write(), 201);
}


test("no command of the page was left out", () => {
    const all = fences(PAGE).filter(({ language }) => language === "sh");
    const twice = 2;                    /* of the backup's first block */

    assert.equal(blocks - twice, all.length);
});
