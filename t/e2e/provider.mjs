/*
 * A provider of Solana nodes, as the internet has them: TLS under a name of
 * its own, and a key without which it says no.  Behind it is a node of the
 * sandbox.  Calls and websockets pass.
 */

import crypto from "node:crypto";
import http from "node:http";
import https from "node:https";
import net from "node:net";


/*
 * `admits` gets a request and says whether its key is right.  `seen` has each
 * request that came, right or not.
 */
export async function startProvider({ name, node, certificate, admits }) {
    const provider = { name, seen: [], refused: 0 };
    const { key, cert } = certificate;

    /* each handshake a whole one: a resumed one doesn't tell the name here */
    const server = https.createServer({
        key, cert, secureOptions: crypto.constants.SSL_OP_NO_TICKET,
    });
    const isGood = (request) => {
        provider.seen.push({ path: request.url, headers: request.headers });

        return request.socket.servername === name
            && request.headers.host === name && admits(request);
    };

    server.on("request", (request, response) => {
        if (!isGood(request)) {
            provider.refused++;
            response.writeHead(401, { "content-type": "application/json" });
            response.end('{"jsonrpc":"2.0","error":{"code":-32401,'
                         + '"message":"Unauthorized"},"id":null}');
            return;
        }

        request.pipe(http.request(node.url, {
            method: request.method, headers: request.headers, agent: false,
        }, (answer) => {
            delete answer.headers.connection;
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        }).on("error", () => response.destroy()));
    });

    server.on("upgrade", (request, socket) => {
        if (!isGood(request)) {
            provider.refused++;
            socket.end("HTTP/1.1 401 Unauthorized\r\n"
                       + "content-length: 0\r\nconnection: close\r\n\r\n");
            return;
        }

        const lines = Object.entries(request.headers).map(
            ([header, value]) => `${header}: ${value}\r\n`);
        const inner = net.connect(node.port, "127.0.0.1", () => {
            inner.write(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`);
            socket.pipe(inner).pipe(socket);
        });

        inner.on("error", () => socket.destroy());
        inner.on("close", () => socket.destroy());
        socket.on("error", () => inner.destroy());
        socket.on("close", () => inner.destroy());
    });

    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    provider.port = server.address().port;
    provider.stop = () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });

    return provider;
}
