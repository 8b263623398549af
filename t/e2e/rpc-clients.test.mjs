/*
 * /rpc as front ends use it: what @solana/web3.js and @solana/kit do at a
 * node, they do at the edge, and don't notice that nodes are sick.
 */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";

import * as flows from "./rpc-flows.mjs";
import { ask, openRpcStage, post } from "./rpc-stage.mjs";

const stage = await openRpcStage();
const { cluster, endpoint } = stage;
const { a, b, c } = cluster.byName;
const connection = flows.web3(endpoint);
const client = flows.kitClient(endpoint);

afterEach(() => cluster.reset());
after(() => flows.closeWeb3(connection));


function fundTokens(owner, amount) {
    return stage.control({ setBalance: { owner, mint: "USDC",
                                         amount: String(amount) } });
}


function fundLamports(owner, lamports) {
    return stage.control({ airdrop: { owner, lamports: String(lamports) } });
}


const FLOWS = {
    "web3.js: an airdrop confirmed by subscription":
        () => flows.web3Airdrop(connection),
    "web3.js: a transfer confirmed by polling":
        () => flows.web3Polling(connection),
    "web3.js: a transfer by sendAndConfirmTransaction":
        () => flows.web3Transfer(connection),
    "web3.js: a mint of one's own, and a token transfer":
        () => flows.web3Token(connection),
    "web3.js: a lookup table, and a version 0 transaction":
        () => flows.web3LookupTable(connection),
    "web3.js: SendTransactionError with the logs":
        () => flows.web3SendError(connection),
    "web3.js: the batches of its parsed helpers":
        () => flows.web3Batches(connection),
    "web3.js: the history of an address":
        () => flows.web3History(connection),
    "web3.js: subscriptions to account, logs and signature":
        () => flows.web3Subscription(connection),
    "kit: airdrop and transfer in the legacy form":
        () => flows.kitTransfer(client, "legacy"),
    "kit: airdrop and transfer in version 0":
        () => flows.kitTransfer(client, 0),
    "kit: airdrop and transfer in version 1":
        () => flows.kitTransfer(client, 1),
    "kit: a transfer of the market's tokens":
        () => flows.kitToken(client, endpoint, fundTokens),
    "kit: a preflight's failure by its code":
        () => flows.kitSendError(client),
    "kit: lamports beyond 2^53":
        () => flows.kitBigNumbers(client, fundLamports),
};

for (const [what, flow] of Object.entries(FLOWS)) {
    test(what, flow);
}


/* Subscriptions stay with the node they are at: these flows have none. */
const WITHOUT_SOCKETS = [
    ["a transfer", () => flows.web3Polling(connection)],
    ["a preflight's failure", () => flows.web3SendError(connection)],
];
