/*
 * An nginx with a journal that a test kills, stops, upgrades and starts again:
 * a real master, in the background, with two workers.
 *
 * Its port is below those that the system gives to clients, so that none of
 * them can take it while nginx is away.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { portIsFree } from "../../conf-examples/sandbox/edge.mjs";
import { eventually, exchange, pause } from "./edge.mjs";
import { ROOT } from "./nginx.mjs";

const run = promisify(execFile);

const NGINX = process.env.NGINX || "/usr/sbin/nginx";
const MODULE = path.resolve(
    ROOT, process.env.JUPREF_MODULE || "build/ngx_http_jupref_module.so");
const REFERRAL_ACCOUNT = "9EeS1eGdUys9aMeBeERctHqZnbJyPNGbpveR1t7jNmLj";
const FIRST_PORT = 20800;
const PORTS = 100;
const PATIENCE_MS = 20_000;

/* What nginx runs its workers as, when it can choose. */
export const WORKER_USER = process.getuid() === 0 ? "www-data" : null;


export class CrashNginx {
    #generation = 0;

    /* `codes` maps a code to its owner's wallet; `http` is added as it is. */
    static async create({ jupiter, codes, http = "", preload = "" }) {
        const nginx = new CrashNginx();

        nginx.dir = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-crash-"));
        fs.chmodSync(nginx.dir, 0o755);
        fs.mkdirSync(`${nginx.dir}/empty`);
        nginx.port = await lowPort();
        nginx.url = `http://127.0.0.1:${nginx.port}`;
        nginx.adminKey = crypto.randomBytes(24).toString("base64url");
        nginx.keyring = `${nginx.dir}/keys`;
        nginx.writeKeyring(["one"]);

        Object.assign(nginx, {
            jupiter, codes, http, preload,
            state: `${nginx.dir}/state`, zone: "24m", edge: "",
        });

        return nginx;
    }

    /* A seal key for each id; the first one seals, secrets stay the same. */
    writeKeyring(ids) {
        const secret = (word) => crypto.createHash("sha256")
            .update(`${this.dir} ${word}`).digest("hex");

        fs.writeFileSync(this.keyring, [
            `cookie one ${secret("cookie")}\n`,
            ...ids.map((id) => `seal ${id} ${secret(id)}\n`),
        ].join(""), { mode: 0o600 });
    }

    configure() {
        const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

        this.#generation++;
        fs.writeFileSync(`${this.dir}/nginx.conf`, `
load_module ${MODULE};
${WORKER_USER ? `user ${WORKER_USER};` : ""}
worker_processes 2;
worker_shutdown_timeout 10s;
pid ${this.dir}/nginx.pid;
error_log ${this.dir}/error.log info;

events { worker_connections 512; }

http {
    jupref_zone             main ${this.zone} state=${this.state}${
        this.edge && ` edge=${this.edge}`};
    jupref_keyring          ${this.keyring};
    jupref_referral_account ${REFERRAL_ACCOUNT};
    jupref_api_key          root role=admin sha256=${
        crypto.createHash("sha256").update(this.adminKey).digest("hex")};
    jupref_tier             default  fee=100;
    jupref_tier             referred fee=100 discount=10 share=20%;
    jupref_tier             premium  fee=100 discount=10 share=40%;
    jupref_commit_timeout   10s;
    ${Object.entries(this.codes).map(([code, wallet]) =>
        `jupref_code ${code} referrer=${wallet} tier=referred;`).join("\n    ")}
    ${this.http}

    access_log off;
    ${temporary.map((name) =>
        `${name}_temp_path ${this.dir}/${name};`).join("\n    ")}

    upstream jupiter {
        server ${this.jupiter.address} max_fails=0;
        keepalive 32;
    }

    proxy_http_version 1.1;
    proxy_set_header   Connection "";

    server {
        listen 127.0.0.1:${this.port};
        location = /swap/v2/order { jupref_order; proxy_pass http://jupiter; }
        location = /swap/v2/execute {
            jupref_execute;
            proxy_pass http://jupiter;
        }
        location /r/        { jupref_link; }
        location /v1/       { jupref_api; }
        location = /metrics { jupref_metrics; }
        location = /ready   { jupref_health ready; }
        location = /generation { return 200 ${this.#generation}; }
    }
}
`);
    }

    /* Its words when it refuses to start, null when it has started. */
    async start() {
        this.configure();
        fs.rmSync(`${this.dir}/nginx.pid`, { force: true });

        const refused = await this.run([], this.preload
                                           ? { LD_PRELOAD: this.preload } : {});

        if (refused === null) {
            await eventually("nginx answers", () => this.#isCurrent(),
                             PATIENCE_MS);
        }

        return refused;
    }

    /* nginx with further arguments; null or its words. */
    async run(args, more = {}) {
        /* nginx would take a variable NGINX for sockets it inherited */
        const { NGINX: _, ...env } = process.env;

        try {
            await run(NGINX, ["-p", this.dir, "-c", `${this.dir}/nginx.conf`,
                              "-e", `${this.dir}/error.log`, ...args],
                      { env: { ...env, ...more } });

            return null;
        } catch (error) {
            return error.stderr || error.message;
        }
    }

    async mustStart() {
        const refused = await this.start();

        assert.equal(refused, null);
    }

    async #isCurrent() {
        try {
            const { body } = await exchange(`${this.url}/generation`);

            return Number(body) === this.#generation;
        } catch {
            return false;
        }
    }

    get master() {
        return readPid(`${this.dir}/nginx.pid`);
    }

    workers(master = this.master) {
        return childrenOf(master);
    }

    log() {
        const file = `${this.dir}/error.log`;

        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    }

    signal(name, pid = this.master) {
        kill(pid, name);
    }

    /* One worker, all of them, or everything at once, by kill -9. */
    async kill(what) {
        const { master } = this;
        const workers = this.workers();

        if (what === "all") {
            kill(-master);
            await this.gone(master, ...workers);
            return;
        }

        const killed = what === "worker"
            ? [workers[crypto.randomInt(workers.length)]] : workers;

        for (const pid of killed) {
            kill(pid);
        }

        await this.gone(...killed);
        await eventually("the master has replaced its workers",
                         () => this.workers().length === 2, PATIENCE_MS);
    }

    async gone(...pids) {
        await eventually(`${pids} have ended`,
                         () => !pids.some(isAlive), PATIENCE_MS);
    }

    /* Until none but the new configuration's workers are left. */
    async reload() {
        const before = this.workers();

        this.configure();
        this.signal("SIGHUP");
        await eventually("the reload", async () =>
            await this.#isCurrent()
            && !before.some(isAlive) && this.workers().length === 2,
                         PATIENCE_MS);
    }

    /* Reloads what can't be, and gives nginx's complaint. */
    async reloadRefused() {
        const seen = this.log().length;
        const complaint = () =>
            /\[emerg\] \S+ (.*)/.exec(this.log().slice(seen))?.[1];

        this.configure();
        this.signal("SIGHUP");
        await eventually("a complaint", () => complaint(), PATIENCE_MS);

        return complaint();
    }

    /* A second master with workers of its own beside the first; both pids. */
    async upgrade() {
        const { master } = this;

        this.configure();
        this.signal("SIGUSR2");
        await eventually("the new master", () => {
            const next = this.master;

            return fs.existsSync(`${this.dir}/nginx.pid.oldbin`)
                && next && next !== master && this.workers(next).length === 2;
        }, PATIENCE_MS);

        return { old: master, next: this.master };
    }

    async stop() {
        const { master } = this;

        if (master && isAlive(master)) {
            const workers = this.workers();

            this.signal("SIGTERM", master);
            await this.gone(master, ...workers);
        }
    }

    /* Ends whatever is left of it; removes it, unless CRASH_KEEP= is set. */
    async remove() {
        for (const name of ["nginx.pid", "nginx.pid.oldbin"]) {
            const pid = readPid(`${this.dir}/${name}`);

            if (pid && isAlive(pid)) {
                const workers = this.workers(pid);

                for (const one of [pid, ...workers]) {
                    if (isAlive(one)) {
                        kill(one);
                    }
                }

                await this.gone(pid, ...workers);
            }
        }

        if (process.env.CRASH_KEEP) {
            console.error(`kept: ${this.dir}`);
        } else {
            fs.rmSync(this.dir, { recursive: true, force: true });
        }
    }

    async get(target, status = 200, headers = {}) {
        const answer = await exchange(this.url + target, { headers });

        assert.equal(answer.status, status,
                     `${target}: ${answer.status} ${answer.body}`);

        return JSON.parse(answer.body);
    }

    admin(method, target, body) {
        return exchange(`${this.url}/v1/admin/${target}`, {
            method, body: body && JSON.stringify(body),
            headers: { authorization: `Bearer ${this.adminKey}`,
                       "content-type": "application/json" },
        });
    }

    /* Samples by their name and labels. */
    async metrics() {
        const { body } = await exchange(`${this.url}/metrics`);

        return Object.fromEntries(String(body).split("\n")
            .filter((line) => line && !line.startsWith("#"))
            .map((line) => {
                const at = line.lastIndexOf(" ");

                return [line.slice(0, at), Number(line.slice(at + 1))];
            }));
    }

    async ready() {
        const { status, body } = await exchange(`${this.url}/ready`);

        return { code: status, ...JSON.parse(body) };
    }

    /* Every event that was appended is on disk. */
    async settled() {
        await eventually("all is synced", async () => {
            const metrics = await this.metrics();

            return metrics['jupref_journal_events{at="appended"}']
                === metrics['jupref_journal_events{at="synced"}'];
        }, PATIENCE_MS);
    }

    /* Lines of trouble that no pattern expects. */
    trouble(...expected) {
        return this.log().split("\n").filter((line) =>
            /\[(alert|emerg)\]|Sanitizer|runtime error:/.test(line)
            && !expected.some((pattern) => pattern.test(line)));
    }
}


async function lowPort() {
    for (let i = 0; i < PORTS; i++) {
        const port = FIRST_PORT + crypto.randomInt(PORTS);

        if (await portIsFree(port)) {
            return port;
        }
    }

    throw new Error(`no free port from ${FIRST_PORT} on`);
}


/* 0 while there is none: nginx renames and rewrites it during an upgrade. */
function readPid(file) {
    try {
        return Number(fs.readFileSync(file, "utf8"));
    } catch (error) {
        if (error.code !== "ENOENT") {
            throw error;
        }

        return 0;
    }
}


/* Never to 0 or -1, which would be this process's own group, or everything. */
export function kill(pid, name = "SIGKILL") {
    assert.ok(Number.isInteger(pid) && Math.abs(pid) > 1,
              `no process to signal: ${pid}`);
    process.kill(pid, name);
}


function childrenOf(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
            .split(" ").filter(Boolean).map(Number)
            .filter((child) => !isMaster(child));
    } catch {
        return [];
    }
}


function isMaster(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8")
            .startsWith("nginx: master");
    } catch {
        return false;
    }
}


/* A zombie, which nobody has asked about yet, has ended. */
export function isAlive(pid) {
    try {
        return !/^\d+ \(.*\) [ZX]/.test(
            fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
        return false;
    }
}

export { pause, eventually, exchange };
