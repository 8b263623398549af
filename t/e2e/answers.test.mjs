/*
 * Jupiter's answers reach the client as they are: slow, cut, refused, packed,
 * in pieces, and while the client is already gone.
 */

import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { test } from "node:test";
import zlib from "node:zlib";

import { freePort } from "../../conf-examples/sandbox/edge.mjs";
import { eventually, exchange, openStage, pause } from "./edge.mjs";

const h2port = await freePort();
const unbuffered = await freePort();
const hasty = await freePort();

const stage = await openStage({
    codes: { amy: { tier: "referred" } },
    http: `
    server {
        listen 127.0.0.1:${h2port} http2;
        location = /swap/v2/order {
            jupref_order;
            proxy_pass http://jupiter;
        }
        location = /swap/v2/execute {
            jupref_execute;
            proxy_pass http://jupiter;
        }
    }

    server {
        listen 127.0.0.1:${hasty};
        proxy_read_timeout 300ms;
        location = /swap/v2/order {
            jupref_order;
            proxy_pass http://jupiter;
        }
        location = /swap/v2/execute {
            jupref_execute;
            proxy_pass http://jupiter;
        }
    }

    server {
        listen 127.0.0.1:${unbuffered};
        proxy_buffering off;
        proxy_request_buffering off;
        location = /swap/v2/order {
            jupref_order;
            proxy_pass http://jupiter;
        }
        location = /swap/v2/execute {
            jupref_execute;
            proxy_pass http://jupiter;
        }
    }`,
});

const ORDER = "/swap/v2/order";
const EXECUTE = "/swap/v2/execute";


function query(trader, more = {}) {
    return new URLSearchParams({
        taker: trader.wallet, ref: "amy",
        ...stage.pair("SOL", "USDC", 10_000_000, more),
    });
}


function order(trader, whims, base = stage.url) {
    return exchange(`${base}${ORDER}?${query(trader)}`,
                    { headers: whims ? { "x-sandbox": whims } : {} });
}


function execute(trader, { requestId, transaction }, whims, base = stage.url) {
    return exchange(base + EXECUTE, {
        method: "POST",
        headers: { "content-type": "application/json",
                   ...(whims ? { "x-sandbox": whims } : {}) },
        body: JSON.stringify({ requestId,
                               signedTransaction: trader.sign(transaction) }),
    });
}


function post(body) {
    return exchange(stage.url + EXECUTE, {
        method: "POST", headers: { "content-type": "application/json" }, body,
    });
}


function upstreamText(path) {
    return stage.seen(path).answer.text;
}


for (const [how, whims] of [
    ["at once", ""], ["after a pause", "slow=300"], ["chunked", "chunked"],
    ["dripping", "drip=20"], ["with numbers as strings", "quoted-numbers"],
]) {
    for (const [where, base] of [
        ["", stage.url], [", unbuffered", `http://127.0.0.1:${unbuffered}`],
    ]) {
        test(`answers given ${how}${where} arrive byte for byte, and count`,
             async () => {
            const before = await stage.executedBy("amy");
            const trader = await stage.trader();
            const ordered = await order(trader, whims, base);

            assert.equal(ordered.status, 200);
            assert.equal(ordered.body.toString(), upstreamText(ORDER));

            const executed = await execute(trader, JSON.parse(ordered.body),
                                           whims, base);

            assert.equal(executed.status, 200);
            assert.equal(executed.body.toString(), upstreamText(EXECUTE));
            assert.equal(executed.headers["jupref-trade"], "executed");
            assert.equal(await stage.executedBy("amy"), before + 1);
        });
    }
}


for (const status of [429, 401, 403, 404, 500, 502, 503]) {
    const whims = status === 429 ? "rate-limit" : `status=${status}`;

    test(`HTTP ${status} passes with its own body and headers`, async () => {
        const trader = await stage.trader();
        const refused = await order(trader, whims);

        assert.equal(refused.status, status);
        assert.equal(refused.body.toString(), upstreamText(ORDER));

        const sent = stage.seen(ORDER).answer.headers;

        for (const name of Object.keys(sent)) {
            assert.equal(refused.headers[name], sent[name]);
        }

        const { requestId, transaction } =
            JSON.parse((await order(trader)).body);
        const failed = await execute(trader, { requestId, transaction }, whims);

        assert.equal(failed.status, status);
        assert.equal(failed.body.toString(), upstreamText(EXECUTE));
    });
}


test("a 429 leaves the order to be executed later", async () => {
    const before = await stage.executedBy("amy");
    const trader = await stage.trader();
    const placed = JSON.parse((await order(trader)).body);

    assert.equal((await execute(trader, placed, "rate-limit")).status, 429);

    const executed = await execute(trader, placed);

    assert.equal(executed.headers["jupref-trade"], "executed");
    assert.equal(await stage.executedBy("amy"), before + 1);
});


test("the upstream isn't asked to pack what the edge must read", async () => {
    const trader = await stage.trader();

    await exchange(`${stage.url}${ORDER}?${query(trader)}`,
                   { headers: { "accept-encoding": "gzip, br" } });

    const asked = stage.seen(ORDER).headers["accept-encoding"] ?? "";

    assert.doesNotMatch(asked, /gzip|br|deflate|zstd/);
});


test("an answer that is packed all the same passes, and trades", async () => {
    const trader = await stage.trader();
    const ordered = await order(trader, "gzip");

    assert.equal(ordered.headers["content-encoding"], "gzip");

    const placed = zlib.gunzipSync(ordered.body).toString();

    assert.equal(placed, upstreamText(ORDER));

    const executed = await execute(trader, JSON.parse(placed), "gzip");

    assert.equal(zlib.gunzipSync(executed.body).toString(),
                 upstreamText(EXECUTE));
});


test("a cut order reaches the client as far as it came", async () => {
    const trader = await stage.trader();
    const cut = await order(trader, "cut");
    const whole = upstreamText(ORDER);

    assert.equal(cut.status, 200);
    assert.equal(cut.complete, false);
    assert.ok(whole.startsWith(cut.body.toString()));

    /* the edge is well after it */
    assert.equal((await order(trader)).status, 200);
});


test("a client that hangs up in the middle of an order harms nobody",
     async () => {
    const trader = await stage.trader();

    await hangUp(`GET ${ORDER}?${query(trader)} HTTP/1.1\r\nhost: edge\r\n`
                 + "x-sandbox: slow=300\r\n\r\n", 100);
    await pause(400);
    assert.equal((await order(trader)).status, 200);
});


test("a client that hangs up in the middle of an execute has traded, once",
     async () => {
    const before = await stage.executedBy("amy");
    const trader = await stage.trader();
    const placed = JSON.parse((await order(trader)).body);
    const body = JSON.stringify({
        requestId: placed.requestId,
        signedTransaction: trader.sign(placed.transaction),
    });

    await hangUp(`POST ${EXECUTE} HTTP/1.1\r\nhost: edge\r\n`
                 + "content-type: application/json\r\nx-sandbox: slow=300\r\n"
                 + `content-length: ${body.length}\r\n\r\n${body}`, 100);
    await pause(400);

    const again = await execute(trader, placed);

    assert.equal(JSON.parse(again.body).status, "Success");
    await eventually("the trade is counted", async () =>
        await stage.executedBy("amy") === before + 1);
});


test("an execute that times out is unknown, and counts when asked again",
     async () => {
    const before = await stage.executedBy("amy");
    const trader = await stage.trader();
    const base = `http://127.0.0.1:${hasty}`;
    const placed = JSON.parse((await order(trader, "", base)).body);
    const late = await execute(trader, placed, "timeout", base);

    assert.equal(late.status, 504);
    assert.equal(late.headers["jupref-trade"], "unknown");
    assert.equal(await stage.executedBy("amy"), before);

    const again = await execute(trader, placed, "", base);

    assert.equal(again.headers["jupref-trade"], "executed");
    assert.equal(await stage.executedBy("amy"), before + 1);
});


test("an order that times out is nginx's 504", async () => {
    const trader = await stage.trader();
    const late = await order(trader, "timeout", `http://127.0.0.1:${hasty}`);

    assert.equal(late.status, 504);
});


test("pipelined orders are answered in their order", async () => {
    const traders = [await stage.trader(), await stage.trader(),
                     await stage.trader()];
    const requests = traders.map((trader, i) =>
        `GET ${ORDER}?${query(trader)} HTTP/1.1\r\nhost: edge\r\n`
        + `x-sandbox: chunked\r\n`
        + (i === 2 ? "connection: close\r\n\r\n" : "\r\n"));
    const text = await conversation(requests.join(""));
    const takers = [...text.matchAll(/"taker":"(\w+)"/g)].map(([, one]) => one);

    assert.deepEqual(takers, traders.map(({ wallet }) => wallet));
    assert.equal(text.match(/Jupref-Code: amy/gi).length, 3);
});


test("one connection carries order and execute after each other", async () => {
    const before = await stage.executedBy("amy");
    const socket = net.connect(stage.edge.port, "127.0.0.1");
    const trader = await stage.trader();

    for (let i = 0; i < 3; i++) {
        const placed = await ask(socket, `GET ${ORDER}?${query(trader)} `
            + "HTTP/1.1\r\nhost: edge\r\n\r\n");
        const body = JSON.stringify({
            requestId: placed.requestId,
            signedTransaction: trader.sign(placed.transaction),
        });
        const executed = await ask(socket, `POST ${EXECUTE} HTTP/1.1\r\n`
            + "host: edge\r\ncontent-type: application/json\r\n"
            + `content-length: ${body.length}\r\n\r\n${body}`);

        assert.equal(executed.status, "Success");
    }

    socket.destroy();
    assert.equal(await stage.executedBy("amy"), before + 3);
});


test("HTTP/2 clients trade as others do", async () => {
    const before = await stage.executedBy("amy");
    const trader = await stage.trader();
    const session = http2.connect(`http://127.0.0.1:${h2port}`);

    try {
        const placed = await stream(session, {
            ":path": `${ORDER}?${query(trader)}` });

        assert.equal(placed.headers["jupref-code"], "amy");

        const { requestId, transaction } = JSON.parse(placed.text);
        const executed = await stream(session, {
            ":path": EXECUTE, ":method": "POST",
            "content-type": "application/json",
        }, JSON.stringify({ requestId,
                            signedTransaction: trader.sign(transaction) }));

        assert.equal(executed.headers["jupref-trade"], "executed");
        assert.equal(executed.text, upstreamText(EXECUTE));
    } finally {
        session.close();
    }

    assert.equal(await stage.executedBy("amy"), before + 1);
});


test("an execute larger than 64 KiB is passed on unread", async () => {
    const trader = await stage.trader();
    const { requestId, transaction } = JSON.parse((await order(trader)).body);
    const body = JSON.stringify({
        padding: "x".repeat(70_000), requestId,
        signedTransaction: trader.sign(transaction),
    });
    const executed = await post(body);

    assert.equal(executed.status, 200);
    assert.equal(stage.seen(EXECUTE).body, body);
    assert.equal(JSON.parse(executed.body).status, "Success");
    assert.notEqual(executed.headers["jupref-trade"], "executed");
});


test("an execute of 40 KB, buffered to a file, counts", async () => {
    const trader = await stage.trader();
    const { requestId, transaction } = JSON.parse((await order(trader)).body);
    const body = JSON.stringify({
        padding: "x".repeat(40_000), requestId,
        signedTransaction: trader.sign(transaction),
    });
    const executed = await post(body);

    assert.equal(executed.headers["jupref-trade"], "executed");
});


for (const body of ["", "{", "[]", '{"requestId":7}', '"text"',
                    '{"requestId":"a","requestId":"b"}']) {
    test(`the execute body ${JSON.stringify(body)} goes through as it is`,
         async () => {
        const answer = await post(body);

        assert.equal(answer.status, 400);
        assert.equal(stage.seen(EXECUTE).body, body);
        assert.equal(answer.body.toString(), upstreamText(EXECUTE));
    });
}


/* Sends, waits, and is gone without reading. */
function hangUp(text, milliseconds) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(stage.edge.port, "127.0.0.1", () => {
            socket.write(text);
            setTimeout(() => {
                socket.destroy();
                resolve();
            }, milliseconds);
        });

        socket.once("error", reject);
    });
}


/* Sends, and reads to the end of the connection. */
function conversation(text) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(stage.edge.port, "127.0.0.1");
        let answer = "";

        socket.on("data", (piece) => {
            answer += piece;
        });
        socket.once("error", reject);
        socket.once("close", () => resolve(answer));
        socket.write(text);
    });
}


/* One request on an open connection; the JSON of its answer. */
function ask(socket, text) {
    return new Promise((resolve, reject) => {
        let answer = "";
        const take = (piece) => {
            answer += piece;

            const [head, body] = answer.split("\r\n\r\n");
            const length = /content-length: (\d+)/i.exec(head)?.[1];

            if (body !== undefined && body.length === Number(length)) {
                socket.off("data", take);
                resolve(JSON.parse(body));
            }
        };

        socket.on("data", take);
        socket.once("error", reject);
        socket.write(text);
    });
}


function stream(session, headers, body) {
    return new Promise((resolve, reject) => {
        const request = session.request(headers);
        let answered;
        let text = "";

        request.once("response", (got) => {
            answered = got;
        });
        request.on("data", (piece) => {
            text += piece;
        });
        request.once("error", reject);
        request.once("end", () => resolve({ headers: answered, text }));
        request.end(body);
    });
}
