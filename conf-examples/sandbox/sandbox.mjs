/*
 * The sandbox: a Jupiter and a Solana cluster on loopback ports.
 *
 *   node sandbox.mjs          PORT=<port> to choose one, else any free one
 *
 * One port has Jupiter, the control and, for whoever wants one node only, the
 * first node; each node has a port of its own.  Prints one line of JSON with
 * the addresses when it is ready; ends on SIGTERM or SIGINT.
 */

import http from "node:http";
import { pathToFileURL } from "node:url";

import { readBody } from "./body.mjs";
import { Chain } from "./chain.mjs";
import { Cluster } from "./cluster.mjs";
import { Control } from "./control.mjs";
import { Jupiter } from "./jupiter.mjs";
import { Market } from "./market.mjs";
import { serveNode } from "./node-server.mjs";
import { readWhims } from "./whims.mjs";

const LOOPBACK = "127.0.0.1";
const KEEP_ALIVE_MS = 120_000;


/* `nodes`: the names of the cluster's nodes. */
export async function startSandbox(port = 0, { nodes = ["a", "b", "c"] } = {}) {
    const market = new Market(new Chain());
    const cluster = new Cluster(nodes, market);
    const jupiter = new Jupiter(market);
    const control = new Control(market, cluster);
    const { first } = cluster;

    const server = http.createServer((request, response) => {
        serve({ first, jupiter, control }, request, response).catch(
            (error) => {
                console.error(error);
                response.destroy();
            });
    });

    /* longer than a proxy keeps idle connections: it closes, not we */
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on("upgrade", (request, socket, head) =>
        first.server.pubsub.upgrade(request, socket, head));

    await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, LOOPBACK, resolve);
    });
    await cluster.start();

    return {
        url: `http://${LOOPBACK}:${server.address().port}`,
        port: server.address().port,
        market, control, cluster,
        async stop() {
            await cluster.stop();
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}


async function serve({ first, jupiter, control }, request, response) {
    const url = new URL(request.url, "http://sandbox");

    if (["/", "/rpc", "/health"].includes(url.pathname)) {
        await serveNode(first, request, response, control);
        return;
    }

    const body = await readBody(request);

    if (control.handles(url.pathname)) {
        await control.handle(request, response, { url, body });
        return;
    }

    const record = control.note(request, url, body);
    const whims = readWhims(request.headers["x-sandbox"] ?? "",
                            control.whimsFor(url.pathname));

    if (jupiter.handles(url.pathname)) {
        await jupiter.handle(request, response, { url, body, whims, record });
    } else {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"code":404,"message":"Route not found"}');
    }
}


async function main() {
    const sandbox = await startSandbox(Number(process.env.PORT ?? 0));
    const end = () => sandbox.stop().then(() => process.exit(0));

    process.once("SIGTERM", end);
    process.once("SIGINT", end);
    console.log(JSON.stringify({
        url: sandbox.url,
        nodes: sandbox.cluster.nodes.map(({ url }) => url),
        referralAccount: sandbox.market.referralAccount.toBase58(),
    }));
}


if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    await main();
}
