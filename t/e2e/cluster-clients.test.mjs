/*
 * @solana/web3.js and @solana/kit at a node of the sandbox, nothing between:
 * what the edge must not break works without it.
 */

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import WebSocket from "ws";

import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { control } from "../../conf-examples/sandbox/trader.mjs";
import { eventually, pause } from "./edge.mjs";
import * as flows from "./rpc-flows.mjs";

const SLOT_MS = 50;

const sandbox = await startSandbox();
const { a, b } = sandbox.cluster.byName;
const endpoint = { url: a.url, socketUrl: a.url.replace("http", "ws"),
                   info: sandbox.control.info() };
const connection = flows.web3(endpoint);
const client = flows.kitClient(endpoint);

sandbox.market.chain.slots.slotMs = SLOT_MS;
sandbox.market.chain.finalizedAfter = 8n;
beforeEach(() => sandbox.cluster.reset());
after(async () => {
    flows.closeWeb3(connection);
    await sandbox.stop();
});


const WEB3_FLOWS = {
    "an airdrop confirmed by subscription": flows.web3Airdrop,
    "a transfer confirmed by polling": flows.web3Polling,
    "a transfer by sendAndConfirmTransaction": flows.web3Transfer,
    "a mint of one's own, and a token transfer": flows.web3Token,
    "a lookup table, and a version 0 transaction": flows.web3LookupTable,
    "SendTransactionError with the logs": flows.web3SendError,
    "the batches of its parsed helpers": flows.web3Batches,
    "the history of an address": flows.web3History,
    "subscriptions to account, logs and signature": flows.web3Subscription,
};

for (const [what, flow] of Object.entries(WEB3_FLOWS)) {
    test(`web3.js: ${what}`, () => flow(connection));
}


for (const version of ["legacy", 0, 1]) {
    test(`kit: airdrop and transfer in version ${version}`,
         () => flows.kitTransfer(client, version));
}


test("kit: a transfer of the market's tokens", () => flows.kitToken(
    client, endpoint, (owner, amount) => control(sandbox.url, {
        setBalance: { owner, mint: "USDC", amount: String(amount) } })));


test("kit: a preflight's failure by its code", () =>
    flows.kitSendError(client));


test("kit: lamports beyond 2^53", () => flows.kitBigNumbers(
    client, (owner, lamports) => control(sandbox.url, {
        airdrop: { owner, lamports: String(lamports) } })));


/* A socket that keeps what it is told. */
async function listen(node) {
    const socket = new WebSocket(node.url.replace("http", "ws"));
    const told = [];

    socket.on("message", (text) => told.push(JSON.parse(text)));
    await new Promise((resolve, reject) => {
        socket.once("open", resolve);
        socket.once("error", reject);
    });

    const call = async (method, ...params) => {
        const id = told.length + 1000;

        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
        await eventually(`${method} is answered`,
                         () => told.some((one) => one.id === id));

        return told.find((one) => one.id === id);
    };

    return { socket, told, call,
             notes: () => told.filter((one) => one.method) };
}


test("slots are told as they pass, until unsubscribed", async () => {
    const { socket, call, notes } = await listen(a);
    const { result } = await call("slotSubscribe");

    await eventually("three slots", () => notes().length >= 3);

    const slots = notes().map(({ params }) => params.result);

    assert.ok(slots.every(({ slot, parent }) => parent === slot - 1));
    assert.ok(slots.every(({ slot, root }) => root === slot - 8));
    assert.equal((await call("slotUnsubscribe", result)).result, true);

    const { length } = notes();

    await pause(4 * SLOT_MS);
    assert.equal(notes().length, length);
    assert.equal((await call("slotUnsubscribe", result)).error.code, -32602);
    assert.equal((await call("voteSubscribe")).error.code, -32601);
    socket.close();
});


test("a frozen node tells nothing, a lagging one tells late", async () => {
    b.set({ frozen: true });

    const frozen = await listen(b);
    const { publicKey } = await flows.web3Airdrop(connection);

    await frozen.call("slotSubscribe");
    await frozen.call("accountSubscribe", publicKey.toBase58(),
                      { commitment: "processed", encoding: "base64" });
    await pause(4 * SLOT_MS);
    assert.deepEqual(frozen.notes(), []);

    b.set({ frozen: false, lag: 4 });

    const before = Date.now();
    const signature = await connection.requestAirdrop(publicKey, 1_000_000);

    await frozen.call("signatureSubscribe", signature,
                      { commitment: "processed" });
    await eventually("the signature is told", () => frozen.notes().some(
        ({ method }) => method === "signatureNotification"));
    assert.ok(Date.now() - before >= 3 * SLOT_MS);
    frozen.socket.close();
});


test("a node that dies breaks its sockets, and may refuse them", async () => {
    const { socket } = await listen(b);
    const closed = new Promise((resolve) => socket.once("close", resolve));

    await eventually("one socket", () =>
        b.server.pubsub.open.sockets === 1);
    await b.stop();
    await closed;
    await b.start();
    b.set({ sockets: false });
    await assert.rejects(listen(b), /503/);
});
