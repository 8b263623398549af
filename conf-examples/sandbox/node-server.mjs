/*
 * The listener of a node: HTTP and websockets on one loopback port.  It can be
 * stopped, as if the machine had died, and started again on the same port.
 */

import http from "node:http";

import { readBody } from "./body.mjs";
import { PubSub } from "./pubsub.mjs";
import { readWhims } from "./whims.mjs";

const LOOPBACK = "127.0.0.1";
const KEEP_ALIVE_MS = 120_000;


export class NodeServer {
    #node;
    #server = null;
    #port = 0;

    constructor(node) {
        this.#node = node;
        this.pubsub = new PubSub(node);
    }

    get url() {
        return `http://${LOOPBACK}:${this.#port}`;
    }

    get port() {
        return this.#port;
    }

    async start(port = this.#port) {
        if (this.#server !== null) {
            return;
        }

        const server = http.createServer((request, response) => {
            serveNode(this.#node, request, response);
        });

        /* longer than a proxy keeps idle connections: it closes, not we */
        server.keepAliveTimeout = KEEP_ALIVE_MS;
        server.on("upgrade", (request, socket, head) =>
            this.pubsub.upgrade(request, socket, head));

        await new Promise((resolve, reject) => {
            server.once("error", reject);
            server.listen(port, LOOPBACK, resolve);
        });

        this.#server = server;
        this.#port = server.address().port;
    }

    async stop() {
        const server = this.#server;

        if (server === null) {
            return;
        }

        this.#server = null;
        this.pubsub.close();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    }
}


/* A request for a node, at whatever path; `control` may have whims for it. */
export async function serveNode(node, request, response, control = null) {
    const type = request.headers["content-type"] ?? "";

    const url = new URL(request.url, "http://node");

    if (request.method === "GET" && url.pathname === "/health") {
        response.end(node.healthWord);
        return;
    }

    if (request.method !== "POST") {
        response.writeHead(405, { "content-type": "text/plain" });
        response.end("Used HTTP Method is not allowed. "
                     + "POST or OPTIONS is required\n");
        return;
    }

    if (!type.startsWith("application/json")) {
        response.writeHead(415, { "content-type": "text/plain" });
        response.end("Supplied content type is not allowed. "
                     + "Content-Type: application/json is required\n");
        return;
    }

    try {
        const body = await readBody(request);
        const whims = readWhims(request.headers["x-sandbox"] ?? "",
                                control?.whimsFor(url.pathname) ?? "");
        const record = control?.note(request, url, body);

        await node.rpc.handle(request, response, { body, whims, record });
    } catch (error) {
        if (!response.destroyed) {
            console.error(error);
            response.destroy();
        }
    }
}
