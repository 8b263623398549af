/*
 * Anybody's nginx.conf, as they would copy it, on a loopback port of a test.
 *
 * What belongs to the machine is replaced: where the module, the keys and the
 * logs are, which port is listened on, where Jupiter is.  Jupiter is here a
 * TLS server in front of a sandbox, which insists on the name api.jup.ag in
 * the handshake and in the Host header, as the real one does.
 */

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../../conf-examples/sandbox/edge.mjs";
import { eventually } from "./edge.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const NGINX = process.env.NGINX || "/usr/sbin/nginx";
const MODULE = path.resolve(
    ROOT, process.env.JUPREF_MODULE || "build/ngx_http_jupref_module.so");
const JUPITER = "api.jup.ag";
const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
const TROUBLE = /\[(alert|emerg)\]|Sanitizer|runtime error:/;


export class Nginx {
    #process = null;
    #ended = null;

    constructor() {
        this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-docs-"));
    }

    /* What else is to be put in place of what; each must be there. */
    async adopt(text, replace) {
        const { dir } = this;

        this.port = await freePort();
        this.url = `http://127.0.0.1:${this.port}`;

        /* not every one has a journal */
        text = text.replaceAll("/var/lib/jupref", `${dir}/state`);

        const mine = [
            ["modules/ngx_http_jupref_module.so", MODULE],
            [/user +www-data;/, process.getuid() === 0 ? "user root;" : ""],
            ["worker_processes auto;", "worker_processes 1;"],
            ["/run/nginx.pid", `${dir}/nginx.pid`],
            ["/var/log/nginx/", `${dir}/`],
            ["listen 8080;", `listen 127.0.0.1:${this.port};`],
            [/\bhttp \{/, "http {\n" + TEMPORARY.map((name) =>
                `${name}_temp_path ${dir}/${name};\n`).join("")],
        ];

        for (const [from, to] of [...mine, ...replace]) {
            const pattern = from instanceof RegExp
                ? from : new RegExp(from.replace(/[^\w ]/g, "\\$&"));

            assert.ok(pattern.test(text), `nothing to replace: ${from}`);
            text = text.replaceAll(new RegExp(pattern, "g"), () => to);
        }

        fs.writeFileSync(`${dir}/nginx.conf`, text);
    }

    /* `nginx -t`: its words, and whether it was content. */
    test() {
        const { status, stderr } = spawnSync(
            NGINX, ["-t", ...this.#arguments("test.log")],
            { env: environment(), encoding: "utf8" });

        return { good: status === 0, words: stderr };
    }

    async start() {
        this.#process = spawn(NGINX, [...this.#arguments("error.log"),
                                      "-g", "daemon off;"],
                              { env: environment(), stdio: "ignore" });
        this.#ended = new Promise((resolve) => {
            this.#process.once("exit", resolve);
            this.#process.once("error", resolve);
        });

        await eventually("nginx answers", async () => {
            assert.equal(this.#process.exitCode, null, this.#log());
            return fetch(`${this.url}/health`).then(() => true, () => false);
        }, 20_000);
    }

    async stop() {
        if (this.#process?.exitCode === null) {
            this.#process.kill("SIGTERM");
            await this.#ended;
        }

        const trouble = this.#log().split("\n").filter(
            (line) => TROUBLE.test(line));

        fs.rmSync(this.dir, { recursive: true, force: true });
        assert.deepEqual(trouble, []);
    }

    #arguments(log) {
        return ["-p", this.dir, "-c", `${this.dir}/nginx.conf`,
                "-e", `${this.dir}/${log}`];
    }

    #log() {
        const file = `${this.dir}/error.log`;

        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    }
}


/* nginx would take a variable NGINX for sockets it inherited. */
function environment() {
    const { NGINX: _, ...env } = process.env;

    return env;
}


/* Lines of a keyring, readable by its owner only. */
export function writeKeyring(file) {
    const lines = ["cookie", "session", "seal"].map((purpose) =>
        `${purpose} 1 ${crypto.randomBytes(32).toString("hex")}\n`);

    fs.writeFileSync(file, lines.join(""), { mode: 0o600 });
}


/* A certificate of Jupiter's name, or others, in `dir`, signed by itself. */
export function writeCertificate(dir, names = [JUPITER]) {
    const alternatives = names.map((name) => `DNS:${name}`).join(",");

    execFileSync("openssl", [
        "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
        "-subj", `/CN=${names[0]}`, "-addext",
        `subjectAltName=${alternatives}`,
        "-keyout", `${dir}/key.pem`, "-out", `${dir}/certificate.pem`,
    ], { stdio: "ignore" });

    return { key: fs.readFileSync(`${dir}/key.pem`),
             cert: fs.readFileSync(`${dir}/certificate.pem`),
             file: `${dir}/certificate.pem` };
}


/*
 * Passes requests on to the sandbox.  `seen` has the headers of each, and
 * `connections` counts the handshakes.
 */
export async function startJupiter(sandboxUrl, { key, cert }) {
    const jupiter = { seen: [], connections: 0 };

    /* each handshake a whole one: a resumed one doesn't tell the name here */
    const secureOptions = crypto.constants.SSL_OP_NO_TICKET;
    const server = https.createServer({ key, cert, secureOptions },
                                      (request, response) => {
        const name = request.socket.servername;

        jupiter.seen.push({ path: request.url, headers: request.headers });

        if (name !== JUPITER || request.headers.host !== JUPITER) {
            response.writeHead(421);
            response.end(`${name} ${request.headers.host}\n`);
            return;
        }

        request.pipe(http.request(sandboxUrl + request.url, {
            method: request.method, headers: request.headers, agent: false,
        }, (answer) => {
            delete answer.headers.connection;
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        }));
    });

    server.on("secureConnection", () => {
        jupiter.connections++;
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

    jupiter.port = server.address().port;
    jupiter.stop = () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });

    return jupiter;
}
