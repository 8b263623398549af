/*
 * Misbehaviour on request.
 *
 * A request may carry `x-sandbox: <name>[=value], ...`, or a test may leave
 * whims for the next matching request through the control endpoint.  Whims
 * about the swap itself (rfq, v1, fail=6001, ...) are read where the swap is
 * made; those about how the answer travels are here.
 */

import zlib from "node:zlib";

const GATEWAY_BUSY = { code: 429, message: "[API Gateway] Too many requests" };


export function readWhims(...texts) {
    const whims = new Map();

    for (const part of texts.join(",").split(",")) {
        const [name, value] = part.trim().split("=");

        if (name) {
            whims.set(name, value ?? null);
        }
    }

    return whims;
}


/* An answer given instead of doing the work, or null. */
export function instead(whims) {
    if (whims.has("rate-limit")) {
        return { status: 429, body: GATEWAY_BUSY };
    }

    if (whims.has("status")) {
        const status = Number(whims.get("status"));

        return { status, body: { error: `Sandbox was asked for ${status}` } };
    }

    return null;
}


/* Sends the answer the way the whims want it. */
export async function deliver(response, answer, whims) {
    let body = Buffer.from(answer.text);
    const headers = { "content-type": "application/json", ...answer.headers };

    if (whims.has("slow")) {
        await pause(Number(whims.get("slow")));
    }

    if (whims.has("timeout") || response.destroyed) {
        return;                         /* until the client hangs up */
    }

    if (whims.has("reset")) {
        response.destroy();
        return;
    }

    if (whims.has("gzip")) {
        body = zlib.gzipSync(body);
        headers["content-encoding"] = "gzip";
    }

    if (!whims.has("chunked") && !whims.has("drip")) {
        headers["content-length"] = body.length;
    }

    response.writeHead(answer.status, headers);

    if (whims.has("cut")) {
        response.write(body.subarray(0, body.length >> 1),
                       () => response.destroy());
        return;
    }

    if (whims.has("chunked") || whims.has("drip")) {
        await inPieces(response, body, Number(whims.get("drip") ?? 0));
    } else {
        response.write(body);
    }

    response.end();
}


async function inPieces(response, body, milliseconds) {
    const size = Math.max(1, Math.ceil(body.length / 7));

    for (let at = 0; at < body.length; at += size) {
        response.write(body.subarray(at, at + size));
        await pause(milliseconds);
    }
}


export function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
