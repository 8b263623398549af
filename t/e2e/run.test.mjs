/*
 * `make run` and `make swap` as a person has them: up with a receipt, one more
 * swap, down without a trace.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { freePort, portIsFree } from "../../conf-examples/sandbox/edge.mjs";
import { eventually } from "./edge.mjs";

const SANDBOX = fileURLToPath(
    new URL("../../conf-examples/sandbox", import.meta.url));
const BUILD = fileURLToPath(new URL("../../build", import.meta.url));

/* where the runs put their files: nobody else's are in it */
const SCRATCH = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-run-test-"));

after(() => fs.rmSync(SCRATCH, { recursive: true }));


function start(script, env) {
    const child = spawn(process.execPath, [path.join(SANDBOX, script)], {
        env: { ...process.env, TMPDIR: SCRATCH, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const run = { child, out: "", err: "" };

    child.stdout.on("data", (text) => {
        run.out += text;
    });
    child.stderr.on("data", (text) => {
        run.err += text;
    });
    run.ended = new Promise((resolve) => child.once("close", resolve));

    return run;
}


async function up(port) {
    const run = start("run.mjs", { PORT: String(port) });

    await eventually("the edge is up", () => {
        assert.equal(run.child.exitCode, null, run.err);
        return run.out.includes("until Ctrl-C");
    }, 30_000);

    return run;
}


function leftovers(port) {
    return [...fs.readdirSync(SCRATCH), ...fs.readdirSync(BUILD).filter(
        (name) => name === `sandbox-${port}.json`)];
}


function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}


for (const signal of ["SIGINT", "SIGTERM"]) {
    test(`make run trades once, stays up, and is gone after ${signal}`,
         async () => {
        const port = await freePort();
        const run = await up(port);

        assert.match(run.out, /swapped +0\.1 SOL for [0-9.]+ USDC/);
        assert.match(run.out, /fee +0\.0009 SOL at 90 bps/);
        assert.match(run.out, /saved +0\.0001 SOL/);
        assert.match(run.out, /signature +[1-9A-HJ-NP-Za-km-z]{64,88}\n/);
        assert.match(run.out, /came +1 click, 1 wallet\n/);
        assert.match(run.out, /traded +1 trade, volume \$15\.000000\n/);
        assert.match(run.out, /commission +0\.000144 SOL/);

        const dir = /logs +(\/\S+)/.exec(run.out)[1];
        const nginx = Number(fs.readFileSync(path.join(dir, "nginx.pid")));

        assert.ok(isAlive(nginx));

        const swap = start("swap.mjs", { PORT: String(port) });

        assert.equal(await swap.ended, 0, swap.err);
        assert.match(swap.out, /traded +2 trades, volume \$30\.000000\n/);

        run.child.kill(signal);
        assert.equal(await run.ended, 0, run.err);
        assert.equal(isAlive(nginx), false);
        assert.equal(await portIsFree(port), true);
        assert.deepEqual(leftovers(port), []);
    });
}


test("make run on a busy port says so and leaves nothing", async () => {
    const server = net.createServer();

    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

    const { port } = server.address();
    const run = start("run.mjs", { PORT: String(port) });

    assert.equal(await run.ended, 1);
    assert.match(run.err, new RegExp(`port ${port} of 127.0.0.1 is taken`));
    assert.deepEqual(leftovers(port), []);
    server.close();
});


test("make run that fails half-way leaves nothing", async () => {
    const port = await freePort();
    const run = start("run.mjs", { PORT: String(port),
                                   NGINX: "/nonexistent/nginx" });

    assert.equal(await run.ended, 1);
    assert.match(run.err, /did not start/);
    assert.deepEqual(leftovers(port), []);
});


test("an interrupt in the middle of the start leaves nothing", async () => {
    const port = await freePort();
    const run = start("run.mjs", { PORT: String(port) });

    await eventually("the edge is being started", () =>
        leftovers(port).length > 0 || run.child.exitCode !== null, 20_000);
    run.child.kill("SIGINT");
    await run.ended;
    assert.equal(await portIsFree(port), true);
    assert.deepEqual(leftovers(port), []);
});


test("make run whose reader goes away leaves nothing", async () => {
    const port = await freePort();
    const run = start("run.mjs", { PORT: String(port) });

    run.child.stdout.destroy();
    await run.ended;
    assert.equal(await portIsFree(port), true);
    assert.deepEqual(leftovers(port), []);
});


test("make swap without an edge says how to start one", async () => {
    const port = await freePort();
    const swap = start("swap.mjs", { PORT: String(port) });

    assert.equal(await swap.ended, 1);
    assert.match(swap.err, new RegExp(`make run PORT=${port}`));
});
