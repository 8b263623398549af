/*
 * Starts nginx with the module as the edge before a sandbox, and stops it.
 *
 * Everything the edge writes is in one new directory, removed at the end: its
 * configuration, keys, logs and temporary files.  The edge listens on loopback
 * only and runs as whoever starts it.
 */

import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Keypair } from "@solana/web3.js";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, "../..");

const NGINX = process.env.NGINX || "/usr/sbin/nginx";
const MODULE = path.resolve(
    ROOT, process.env.JUPREF_MODULE || "build/ngx_http_jupref_module.so");

const START_MS = 20_000;
const STOP_MS = 10_000;


/* The people of the sandbox; the same wallets in every run. */
export const PEOPLE = Object.fromEntries(
    ["alice", "bob", "carol", "dave"].map((name) => [
        name,
        Keypair.fromSeed(crypto.createHash("sha256")
            .update(`jupref sandbox ${name}`).digest()),
    ]));


/*
 * `http` and `server` are lines to add to those blocks; `replace` is a list
 * of [text, text] to put in place of others in the configuration.
 */
export async function startEdge({ sandbox, port, http = "", server = "",
                                  replace = [] }) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-"));

    try {
        return await start({ dir, sandbox, http, server, replace,
                             port: port ?? await freePort() });
    } catch (error) {
        fs.rmSync(dir, { recursive: true, force: true });
        throw error;
    }
}


async function start({ dir, sandbox, port, http, server, replace }) {
    const adminKey = crypto.randomBytes(24).toString("base64url");
    const conf = path.join(dir, "nginx.conf");

    if (!fs.existsSync(MODULE)) {
        throw new Error(`${MODULE} is missing: run \`make build\` first`);
    }

    writeKeyring(path.join(dir, "keys"));
    fs.writeFileSync(conf, render({
        dir, port, http, server,
        module: MODULE,
        user: process.getuid() === 0 ? "user root;" : "",
        sandbox: new URL(sandbox.url).host,
        nodes: sandbox.cluster.nodes.map(({ port }) =>
            `server    127.0.0.1:${port};`).join("\n        "),
        referralAccount: sandbox.market.referralAccount.toBase58(),
        adminKeySha256: sha256(adminKey),
        ...Object.fromEntries(Object.entries(PEOPLE).map(
            ([name, keypair]) => [name, keypair.publicKey.toBase58()])),
    }, replace));

    const edge = new Edge({ dir, conf, port, adminKey });

    await edge.start();

    return edge;
}


class Edge {
    #nginx = null;
    #ended = null;

    constructor({ dir, conf, port, adminKey }) {
        Object.assign(this, { dir, conf, port, adminKey });
        this.url = `http://127.0.0.1:${port}`;
    }

    get pid() {
        return this.#nginx.pid;
    }

    get errorLog() {
        const log = path.join(this.dir, "error.log");

        return fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "";
    }

    async start() {
        let complaint = "";

        /* nginx would take a variable NGINX for sockets it inherited */
        const { NGINX: _, ...env } = process.env;

        this.#nginx = spawn(NGINX, ["-p", this.dir, "-c", this.conf,
                                    "-e", path.join(this.dir, "error.log")],
                            { env, stdio: ["ignore", "ignore", "pipe"],
                              detached: true });
        this.#nginx.stderr.on("data", (text) => {
            complaint += text;
        });
        this.#ended = new Promise((resolve) => {
            this.#nginx.once("exit", resolve);
            this.#nginx.once("error", (error) => {
                complaint += error.message;
                resolve();
            });
        });

        if (!await this.#answers()) {
            const log = complaint || this.errorLog;

            await this.stop();
            throw new Error(`the edge did not start:\n${log}`);
        }
    }

    /* Waits until the edge takes connections, or has ended. */
    async #answers() {
        const deadline = Date.now() + START_MS;
        let ended = false;

        this.#ended.then(() => {
            ended = true;
        });

        while (!ended && Date.now() < deadline) {
            if (await connects(this.port)) {
                await pause(20);        /* a taken port: nginx says so now */
                return !ended;
            }

            await pause(20);
        }

        return false;
    }

    /* Rereads the configuration, as `nginx -s reload` does. */
    reload() {
        this.#nginx.kill("SIGHUP");
    }

    async stop() {
        this.#signal("SIGTERM");

        const hung = setTimeout(() => this.#signal("SIGKILL", true), STOP_MS);

        await this.#ended;
        clearTimeout(hung);
        this.finalLog = this.errorLog;
        fs.rmSync(this.dir, { recursive: true, force: true });
    }

    /* To the master, or to it and its workers: it leads their group. */
    #signal(name, group = false) {
        if (this.#nginx.pid === undefined || this.#nginx.exitCode !== null) {
            return;
        }

        try {
            process.kill(group ? -this.#nginx.pid : this.#nginx.pid, name);
        } catch (error) {
            if (error.code !== "ESRCH") {
                throw error;
            }
        }
    }
}


function render(values, replace) {
    let text = fs.readFileSync(path.join(HERE, "nginx.conf"), "utf8");

    for (const [from, to] of replace) {
        if (!text.includes(from)) {
            throw new Error(`nothing to replace in nginx.conf: ${from}`);
        }

        text = text.replaceAll(from, () => to);
    }

    return text.replace(/@(\w+)@/g, (_, name) => values[name]);
}


function writeKeyring(file) {
    const lines = ["cookie", "session", "seal"].map((purpose) =>
        `${purpose} 1 ${crypto.randomBytes(32).toString("hex")}\n`);

    fs.writeFileSync(file, lines.join(""), { mode: 0o600 });
}


function sha256(text) {
    return crypto.createHash("sha256").update(text).digest("hex");
}


export async function freePort() {
    const server = net.createServer();

    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address();

    await new Promise((resolve) => server.close(resolve));

    return port;
}


export function portIsFree(port) {
    return new Promise((resolve) => {
        const server = net.createServer();

        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1",
                      () => server.close(() => resolve(true)));
    });
}


function connects(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, "127.0.0.1");

        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => resolve(false));
    });
}


function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
