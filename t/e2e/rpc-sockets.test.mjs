/*
 * Subscriptions through the edge: real clients, nodes that die under them, and
 * sockets that don't stay behind.
 */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";

import { Keypair, LAMPORTS_PER_SOL } from "@solana/web3.js";
import WebSocket from "ws";

import { eventually, pause } from "./edge.mjs";
import * as flows from "./rpc-flows.mjs";
import { openRpcStage } from "./rpc-stage.mjs";

const stage = await openRpcStage();
const { cluster, endpoint } = stage;
const connection = flows.web3(endpoint);

afterEach(() => cluster.reset());
after(() => flows.closeWeb3(connection));


/* The node that serves somebody's subscription. */
function serving() {
    return cluster.nodes.find(
        (node) => node.server.pubsub.open.subscriptions > 0);
}


test("slots are told through the edge as at the node", async () => {
    const slots = [];
    const id = connection.onSlotChange(({ slot }) => slots.push(slot));

    await eventually("ten slots", () => slots.length >= 10, 20_000);
    await connection.removeSlotChangeListener(id);
    assert.deepEqual(slots, [...slots].sort((one, other) => one - other));
    assert.ok(slots.at(-1) - slots[0] < 60);

    await eventually("nobody is subscribed", () => serving() === undefined);
});


test("a subscription outlives the node it was at: web3.js comes back and is "
     + "told", async () => {
    const { publicKey } = Keypair.generate();
    const told = [];
    const id = connection.onAccountChange(
        publicKey, ({ lamports }) => told.push(lamports), "processed");

    await eventually("a node serves it", () => serving() !== undefined);

    const node = serving();

    stage.chain.airdrop(publicKey, BigInt(LAMPORTS_PER_SOL));
    await eventually("the first change is told", () => told.length === 1);

    await node.stop();
    await eventually("another node serves it", () => serving() !== undefined
                     && serving() !== node, 20_000);

    stage.chain.airdrop(publicKey, BigInt(LAMPORTS_PER_SOL));
    await eventually("the second change is told",
                     () => told.at(-1) === 2 * LAMPORTS_PER_SOL);
    await connection.removeAccountChangeListener(id);
});


test("kit's subscription fails when its node dies, and the next one works",
     async () => {
    const subscribe = (abort) => flows.kitClient(endpoint).rpcSubscriptions
        .slotNotifications().subscribe({ abortSignal: abort.signal });
    const first = await subscribe(new AbortController());
    const node = serving();

    await assert.rejects(async () => {
        let seen = 0;

        for await (const _ of first) {
            if (++seen === 2) {
                await node.stop();
            }
        }

        throw new Error("it ended without an error");
    }, (error) => !/without an error/.test(error.message));

    const abort = new AbortController();

    for await (const { slot } of await subscribe(abort)) {
        assert.equal(typeof slot, "bigint");
        break;
    }

    abort.abort();
});


test("a client that goes away leaves no socket at a node", async () => {
    const now = () => cluster.nodes.reduce(
        (sum, node) => sum + node.server.pubsub.open.sockets, 0);

    /* clients keep theirs for a while after the last subscription */
    await eventually("nobody has a socket", () => now() === 0, 10_000);

    const sockets = await Promise.all(Array.from({ length: 5 }, () =>
        new Promise((resolve, reject) => {
            const socket = new WebSocket(endpoint.socketUrl);

            socket.once("open", () => resolve(socket));
            socket.once("error", reject);
        })));

    assert.equal(now(), 5);
    sockets.forEach((socket) => socket.terminate());
    await eventually("they are gone", () => now() === 0);
});


test("an idle subscription stays, and is told when something happens",
     async () => {
    const { publicKey } = Keypair.generate();
    const told = [];
    const id = connection.onLogs(publicKey, (logs) => told.push(logs),
                                 "confirmed");

    await eventually("a node serves it", () => serving() !== undefined);
    await pause(1500);
    stage.chain.airdrop(publicKey, BigInt(LAMPORTS_PER_SOL));
    await eventually("the logs are told", () => told.length === 1);
    assert.equal(told[0].err, null);
    await connection.removeOnLogsListener(id);
});
