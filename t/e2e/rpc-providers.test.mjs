/*
 * conf-examples/edge as people copy it: three providers over TLS with their
 * keys in query, path and header, calls and subscriptions at one address.
 */

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, afterEach, test } from "node:test";

import WebSocket from "ws";

import { PEOPLE } from "../../conf-examples/sandbox/edge.mjs";
import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { Trader, control } from "../../conf-examples/sandbox/trader.mjs";
import { eventually, exchange } from "./edge.mjs";
import { Nginx, ROOT, startJupiter, writeCertificate, writeKeyring }
    from "./nginx.mjs";
import { read } from "./pages.mjs";
import { startProvider } from "./provider.mjs";
import * as flows from "./rpc-flows.mjs";
import { ask, post } from "./rpc-stage.mjs";

const HOSTS = { A: "rpc-a.example", B: "rpc-b.example", C: "rpc-c.example" };
const KEYS = { A: "key-of-a", B: "key-of-b", C: "key-of-c" };
const SOCKETS = 10;                        /* limit_conn of the example */

const nginx = new Nginx();
const sandbox = await startSandbox();
const { a, b, c } = sandbox.cluster.byName;
const certificate = writeCertificate(nginx.dir, ["api.jup.ag",
                                                 ...Object.values(HOSTS)]);
const jupiter = await startJupiter(sandbox.url, certificate);
const admin = crypto.randomBytes(24).toString("hex");

const providers = await Promise.all([
    { name: HOSTS.A, node: a,
      admits: ({ url }) => url === `/?api-key=${KEYS.A}` },
    { name: HOSTS.B, node: b, admits: ({ url }) => url === `/v2/${KEYS.B}` },
    { name: HOSTS.C, node: c, admits: ({ url, headers }) => url === "/"
        && headers["x-token"] === KEYS.C },
].map((one) => startProvider({ ...one, certificate })));

await control(sandbox.url, { slotMs: 50,
                             commitment: { confirmed: 1, finalized: 8 } });

afterEach(() => sandbox.cluster.reset());
after(async () => {
    await nginx.stop();
    await Promise.all([...providers, jupiter, sandbox].map(
        (one) => one.stop()));
});


function replacements() {
    writeKeyring(`${nginx.dir}/keys`);

    return [
        ["REFERRAL_ACCOUNT", sandbox.market.referralAccount.toBase58()],
        ["REFERRER_WALLET", PEOPLE.alice.publicKey.toBase58()],
        ["KEY_SHA256", crypto.createHash("sha256").update(admin)
            .digest("hex")],
        ["/etc/jupref/keys", `${nginx.dir}/keys`],
        ["/etc/jupref/provider.conf",
         `${ROOT}/conf-examples/edge/provider.conf`],
        ["/run/jupref/", `${nginx.dir}/`],
        ["/etc/ssl/certs/ca-certificates.crt", certificate.file],
        ["api.jup.ag:443", `127.0.0.1:${jupiter.port}`],
        ["https://app.example.com", "https://front.example"],
        ...["A", "B", "C"].flatMap((one, i) => [
            [`RPC_${one}_HOST:443`, `127.0.0.1:${providers[i].port}`],
            [`RPC_${one}_HOST`, HOSTS[one]],
            [`RPC_${one}_KEY`, KEYS[one]],
        ]),
    ];
}


test("nginx -t has nothing to say about conf-examples/edge", async () => {
    await nginx.adopt(read("conf-examples/edge/nginx.conf"), replacements());

    const { good, words } = nginx.test();

    assert.ok(good, words);
    assert.doesNotMatch(words, /\[(warn|error|emerg)\]/);
    await nginx.start();
});


test("web3.js and kit need one address, for calls and for subscriptions",
     async () => {
    const endpoint = { url: `${nginx.url}/rpc`,
                       socketUrl: `${nginx.url.replace("http", "ws")}/rpc` };
    const connection = flows.web3(endpoint);

    try {
        const payer = await funded();

        await flows.web3Polling(connection, payer);
        await flows.web3Subscription(connection, payer);
        assert.ok((await connection.getSlot()) > 0);
    } finally {
        flows.closeWeb3(connection);
    }
});


async function funded() {
    const { keypair } = new Trader({ url: "" });

    sandbox.market.chain.airdrop(keypair.publicKey, 10n ** 10n);
    await eventually("the lamports are confirmed", async () =>
        (await ask(a.url, "getBalance", keypair.publicKey.toBase58(),
                   { commitment: "confirmed" })).result.value > 0);

    return keypair;
}


test("a provider gets its own name and key, and nothing of the visitor",
     async () => {
    for (const provider of providers) {
        provider.seen.length = 0;
    }

    await exchange(`${nginx.url}/rpc`, {
        method: "POST",
        body: '{"jsonrpc":"2.0","id":1,"method":"getVersion"}',
        headers: { "content-type": "application/json", cookie: "mine=1",
                   origin: "https://front.example",
                   "x-forwarded-for": "9.9.9.9",
                   authorization: "Bearer mine", "user-agent": "mine",
                   "solana-client": "js/8.4.0", "accept-encoding": "gzip" },
    });

    const seen = providers.flatMap((one) => one.seen);

    assert.ok(seen.length > 0);
    assert.ok(seen.every(({ headers }) => headers["content-type"]
                         === "application/json"));
    assert.doesNotMatch(JSON.stringify(seen), /mine|9\.9\.9|front|gzip|js\/8/);
    assert.deepEqual(providers.map(({ refused }) => refused), [0, 0, 0]);
});


test("the backup is asked by clients when nobody else is fit", async () => {
    const balance = (key) => ask(`${nginx.url}/rpc`, "getBalance", key);
    const key = PEOPLE.bob.publicKey.toBase58();

    for (let i = 0; i < 10; i++) {
        await balance(key);
    }

    assert.equal(c.asked("getBalance"), 0);
    await a.stop();
    await b.stop();

    for (let i = 0; i < 10; i++) {
        assert.equal((await balance(key)).error, undefined);
    }

    assert.ok(c.asked("getBalance") >= 10);
});


test("a browser may call from the origins that are named, and from no other",
     async () => {
    const preflight = (origin) => exchange(`${nginx.url}/rpc`, {
        method: "OPTIONS", headers: {
            origin, "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,solana-client" },
    });
    const good = await preflight("https://front.example");
    const foreign = await preflight("https://elsewhere.example");

    assert.equal(good.status, 204);
    assert.equal(good.headers["access-control-allow-origin"],
                 "https://front.example");
    assert.match(good.headers["access-control-allow-headers"],
                 /content-type, solana-client/);
    assert.equal(foreign.headers["access-control-allow-origin"], undefined);

    const call = await exchange(`${nginx.url}/rpc`, {
        method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"getSlot"}',
        headers: { "content-type": "application/json",
                   origin: "https://front.example" } });

    assert.equal(call.headers["access-control-allow-origin"],
                 "https://front.example");
    assert.match(call.headers["access-control-expose-headers"], /RateLimit/);
});


test("one address has so many sockets and no more; /rpc-socket is not open",
     async () => {
    const url = `${nginx.url.replace("http", "ws")}/rpc`;
    const sockets = [];
    const open = () => new Promise((resolve, reject) => {
        const socket = new WebSocket(url);

        socket.once("open", () => {
            sockets.push(socket);
            resolve();
        });
        socket.once("error", reject);
    });

    try {
        for (let i = 0; i < SOCKETS; i++) {
            await open();
        }

        await assert.rejects(open(), /429/);
        assert.equal((await post(`${nginx.url}/rpc-socket`, "{}")).status,
                     404);
    } finally {
        sockets.forEach((socket) => socket.close());
    }

    await eventually("a place is free again", () => open().then(
        () => true, () => false));
    sockets.at(-1).close();
});


test("a call that says Upgrade is the gateway's as any other: what is denied "
     + "isn't asked", async () => {
    const denied = JSON.stringify({ jsonrpc: "2.0", id: 1, params: ["x"],
                                    method: "getProgramAccounts" });

    for (const [method, upgrade] of [["POST", "x"], ["POST", "websocket"],
                                     ["GET", "x"], ["PUT", "websocket"]]) {
        const { status, body } = await exchange(`${nginx.url}/rpc`, {
            method, body: denied,
            headers: { "content-type": "application/json", upgrade,
                       connection: "upgrade" } });

        if (method === "POST") {
            assert.equal(JSON.parse(body).error.code, -32601, `${upgrade}`);
        } else {
            assert.equal(status, 405);
        }
    }

    /* a body beside an upgrade isn't passed on */
    await exchange(`${nginx.url}/rpc`, {
        method: "GET", body: denied,
        headers: { "content-type": "application/json", upgrade: "websocket",
                   connection: "upgrade" } });

    assert.deepEqual([a, b, c].map(
        (node) => node.asked("getProgramAccounts")), [0, 0, 0]);
});


test("a click, an order and an execute pass as in the smaller example, and "
     + "the providers prove the trade",
     async () => {
    const trader = new Trader({ url: nginx.url, sandboxUrl: sandbox.url });

    await trader.fund();
    assert.equal((await trader.click("/r/alice")).status, 302);

    const { order, executed } = await trader.swap({
        inputMint: sandbox.market.symbol("SOL").address,
        outputMint: sandbox.market.symbol("USDC").address,
        amount: "100000000",
    });

    assert.equal(order.headers.get("jupref-code"), "alice");
    assert.equal(executed.json.status, "Success", executed.text);

    await eventually("the trade is proved", async () => {
        const answer = await fetch(`${nginx.url}/v1/trades`, {
            headers: { authorization: `Bearer ${admin}` } });
        const { data } = await answer.json();

        return data.length > 0 && data.every(
            ({ state }) => ["verified", "available"].includes(state));
    }, 30_000);
});
