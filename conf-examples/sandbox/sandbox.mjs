/*
 * The sandbox: a Jupiter and a Solana RPC on one loopback port.
 *
 *   node sandbox.mjs          PORT=<port> to choose one, else any free one
 *
 * Prints one line of JSON with its address when it is ready; ends on SIGTERM
 * or SIGINT.
 */

import http from "node:http";
import { pathToFileURL } from "node:url";

import { Chain } from "./chain.mjs";
import { Control } from "./control.mjs";
import { Jupiter } from "./jupiter.mjs";
import { Market } from "./market.mjs";
import { Rpc } from "./rpc.mjs";
import { readWhims } from "./whims.mjs";

const LOOPBACK = "127.0.0.1";
const LARGEST_BODY = 1 << 20;
const KEEP_ALIVE_MS = 120_000;


export async function startSandbox(port = 0) {
    const market = new Market(new Chain());
    const rpc = new Rpc(market);
    const jupiter = new Jupiter(market);
    const control = new Control(market, rpc);

    const server = http.createServer((request, response) => {
        serve({ rpc, jupiter, control }, request, response).catch((error) => {
            console.error(error);
            response.destroy();
        });
    });

    /* longer than a proxy keeps idle connections: it closes, not we */
    server.keepAliveTimeout = KEEP_ALIVE_MS;

    await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, LOOPBACK, resolve);
    });

    return {
        url: `http://${LOOPBACK}:${server.address().port}`,
        port: server.address().port,
        market, control, rpc,
        stop() {
            server.closeAllConnections();
            return new Promise((resolve) => server.close(resolve));
        },
    };
}


async function serve({ rpc, jupiter, control }, request, response) {
    const url = new URL(request.url, "http://sandbox");
    const body = await readBody(request);

    if (control.handles(url.pathname)) {
        control.handle(request, response, { url, body });
        return;
    }

    if (url.pathname === "/health") {
        response.end(rpc.health());
        return;
    }

    const record = control.note(request, url, body);
    const whims = readWhims(request.headers["x-sandbox"] ?? "",
                            control.whimsFor(url.pathname));

    if (jupiter.handles(url.pathname)) {
        await jupiter.handle(request, response, { url, body, whims, record });
    } else if (["/", "/rpc"].includes(url.pathname)) {
        await serveRpc(rpc, request, response, { body, whims, record });
    } else {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"code":404,"message":"Route not found"}');
    }
}


async function serveRpc(rpc, request, response, call) {
    const type = request.headers["content-type"] ?? "";

    if (request.method !== "POST") {
        response.writeHead(405, { "content-type": "text/plain" });
        response.end("Used HTTP Method is not allowed. "
                     + "POST or OPTIONS is required\n");
    } else if (!type.startsWith("application/json")) {
        response.writeHead(415, { "content-type": "text/plain" });
        response.end("Supplied content type is not allowed. "
                     + "Content-Type: application/json is required\n");
    } else {
        await rpc.handle(request, response, call);
    }
}


async function readBody(request) {
    const pieces = [];
    let size = 0;

    for await (const piece of request) {
        size += piece.length;

        if (size > LARGEST_BODY) {
            throw new Error("request body larger than a megabyte");
        }

        pieces.push(piece);
    }

    return Buffer.concat(pieces).toString();
}


async function main() {
    const sandbox = await startSandbox(Number(process.env.PORT ?? 0));
    const end = () => sandbox.stop().then(() => process.exit(0));

    process.once("SIGTERM", end);
    process.once("SIGINT", end);
    console.log(JSON.stringify({
        url: sandbox.url,
        referralAccount: sandbox.market.referralAccount.toBase58(),
    }));
}


if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    await main();
}
