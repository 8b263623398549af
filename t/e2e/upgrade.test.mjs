/*
 * An upgrade from the version before: its state directory, whose first
 * segments were removed, is gone on with.
 *
 * former/layout2.tar.gz was written by a module whose ledger is of layout 2:
 * `state` and `keys`, and in `told.json` its codes and the trial balance that
 * it told.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { Jupiter } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, WORKER_USER } from "./crash-nginx.mjs";
import { eventually, pause } from "./edge.mjs";
import { ROOT } from "./nginx.mjs";

const FORMER = `${ROOT}/t/e2e/former/layout2.tar.gz`;
const unpacked = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-former-"));

execFileSync("tar", ["-xzf", FORMER, "-C", unpacked]);

const told = JSON.parse(fs.readFileSync(`${unpacked}/told.json`, "utf8"));
const jupiter = new Jupiter();

await jupiter.start();

const nginx = await CrashNginx.create({
    jupiter, codes: told.codes, http: "jupref_snapshot interval=1s keep=2;" });

fs.cpSync(`${unpacked}/state`, nginx.state, { recursive: true });
fs.copyFileSync(`${unpacked}/keys`, nginx.keyring);

if (WORKER_USER) {
    execFileSync("chown", ["-R", `${WORKER_USER}:`, nginx.state]);
}

after(async () => {
    await nginx.remove();
    await jupiter.stop();
    fs.rmSync(unpacked, { recursive: true, force: true });
});


function snapshots() {
    return fs.readdirSync(`${nginx.state}/snapshots`).sort();
}


function verify() {
    return execFileSync(`${ROOT}/build/jupref-journal`,
                        ["verify", `--state=${nginx.state}`,
                         `--keyring=${nginx.keyring}`], { encoding: "utf8" });
}


test("the journal's tool knows what the former version wrote", () => {
    assert.match(verify(), /^good: .* 0 faults/m);
});


test("a state whose first segments are gone is laid out anew", async () => {
    await nginx.mustStart();

    const { body } = await nginx.admin("GET", "trial-balance");

    assert.deepEqual(JSON.parse(body), told.trialBalance);
    assert.match(nginx.log(),
                 /1 snapshots are of an older layout: the newest is laid out/);
});


test("trades go on, and a snapshot of this version takes its place",
     async () => {
    const before = snapshots();
    const load = new Load(nginx, jupiter);

    load.start();
    await pause(500);
    await load.stop();
    await eventually("the former snapshot is gone", () =>
        snapshots().some((name) => name.endsWith(".snapshot"))
        && !snapshots().includes(before[0]), 30_000);
    assert.doesNotMatch(nginx.log(), /\[(alert|emerg|error)\]/);
});


test("a start begins with it, and the books are the same", async () => {
    const { body } = await nginx.admin("GET", "trial-balance");

    await nginx.stop();
    await nginx.mustStart();
    assert.deepEqual((await nginx.admin("GET", "trial-balance")).body, body);
    assert.equal(nginx.log().match(/laid out anew/g).length, 1);
    await nginx.stop();
    assert.match(verify(), /^good: .* 0 faults/m);
});
