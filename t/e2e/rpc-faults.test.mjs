/*
 * Nodes in trouble behind /rpc, one kind after the other: no wrong answer,
 * none older than the bound, and no error that another node would not have
 * given.
 */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";

import { Keypair } from "@solana/web3.js";

import { TROUBLES } from "./havoc.mjs";
import * as flows from "./rpc-flows.mjs";
import { ask, openRpcStage, within } from "./rpc-stage.mjs";

const stage = await openRpcStage({
    expects: /jupref: node "[^"]+" of upstream "solana" is out, / });
const { cluster, chain, endpoint } = stage;
const { a, b } = cluster.byName;
const connection = flows.web3(endpoint);
const client = flows.kitClient(endpoint);
const payer = await flows.web3Polled(connection, 100);
const kitPayer = await flows.kitAirdrop(client, 100n);

afterEach(() => cluster.reset());
after(() => flows.closeWeb3(connection));


function trouble(node, { set = {}, script = [], down }) {
    node.set(set);
    node.script.add(script);

    return down ? node.stop() : null;
}


/* Whatever a single node says of where the chain is, until it is put out. */
const LIES = {
    "another chain's genesis": { genesisHash: "1".repeat(32) },
    "the slot for the height": { heightIsSlot: true },
    "slots that aren't there yet": { ahead: 5000 },
    "the slots of some seconds ago": { lag: 40, health: "ok" },
};

for (const [what, lie] of Object.entries(LIES)) {
    test(`a node that begins to tell ${what} isn't believed for a moment`,
         async () => {
        const config = { commitment: "confirmed" };
        const call = async (method, ...params) =>
            (await ask(endpoint.url, method, ...params)).result;
        const someone = Keypair.generate().publicKey.toBase58();
        const slot = () => chain.slot("confirmed");
        const height = () => chain.blockHeight("confirmed");

        b.set(lie);

        for (let i = 0; i < 40; i++) {
            await Promise.all([
                within(stage, () => call("getSlot", config), slot),
                within(stage, () => call("getBlockHeight", config), height),
                within(stage, async () =>
                    (await call("getEpochInfo", config)).blockHeight, height),
                within(stage, async () =>
                    (await call("getBalance", someone, config)).context.slot,
                       slot),
                call("getGenesisHash").then((hash) =>
                    assert.equal(hash, chain.genesisHash)),
            ]);
        }
    });
}


for (const [name, what] of Object.entries(TROUBLES)) {
    const nodes = what.misleads ? [a] : [a, b];

    test(`web3.js and kit send and read while ${nodes.length} of three nodes: `
         + name, async () => {
        for (const node of nodes) {
            await trouble(node, what);
        }

        await flows.web3Polling(connection, payer);
        await flows.kitPolling(client, kitPayer);
    });
}


test("with every node in trouble the answer is the node's own error",
     async () => {
    for (const node of cluster.nodes) {
        node.script.add([{ method: "getBlock", error: {
            code: -32004, message: "Block not available for slot 7",
            data: { because: [1, "x"] } } }]);
    }

    const { error } = await ask(endpoint.url, "getBlock", 7);

    assert.deepEqual(error, { code: -32004,
                              message: "Block not available for slot 7",
                              data: { because: [1, "x"] } });
});
