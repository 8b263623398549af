/*
 * /rpc as front ends use it: what @solana/web3.js and @solana/kit do at a
 * node, they do at the edge, and don't notice that nodes are sick.
 */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";

import { PEOPLE } from "../../conf-examples/sandbox/edge.mjs";
import { eventually } from "./edge.mjs";
import * as flows from "./rpc-flows.mjs";
import { ask, openRpcStage, post } from "./rpc-stage.mjs";

const stage = await openRpcStage();
const { cluster, endpoint } = stage;
const { a } = cluster.byName;
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


/* Every form an id may have, as bytes of JSON. */
const IDS = ["0", "7", "-1", "null", '"x"', '""', '"18446744073709551616"',
             "9007199254740993", "18446744073709551615", "1.50", "1e3",
             '"a\\"b\\\\"', '"\\u00e9\\n"', '"é – 漢"'];

test("ids are echoed byte for byte, in single calls and in batches",
     async () => {
    for (const id of IDS) {
        const { text } = await post(endpoint.url, '{"jsonrpc":"2.0","id":'
                                    + `${id},"method":"getHealth"}`);

        assert.ok(text.includes(`"id":${id}`), `${id}: ${text}`);
        assert.equal(JSON.parse(text).result, "ok");
    }

    const { text } = await post(endpoint.url, `[${IDS.map((id) =>
        `{"jsonrpc":"2.0","method":"getHealth","params":[],"id":${id}}`)
        .join(",")}]`);

    assert.equal(JSON.parse(text).length, IDS.length);

    for (const id of IDS) {
        assert.ok(text.includes(`"id":${id}`), `${id}: ${text}`);
    }
});


test("results are the node's bytes: no number is printed anew", async () => {
    const owner = PEOPLE.carol.publicKey.toBase58();

    await fundLamports(owner, 9_007_199_254_740_993n);
    await eventually("the lamports are final", async () =>
        (await ask(endpoint.url, "getBalance", owner)).result.value > 0);

    const { text } = await post(endpoint.url, JSON.stringify({
        jsonrpc: "2.0", id: 1, method: "getAccountInfo",
        params: [owner, { encoding: "base64" }] }));

    assert.match(text, /"lamports":9007199254740993\b/);
    assert.match(text, /"rentEpoch":18446744073709551615\b/);

    const [{ signature }] = await connection.getSignaturesForAddress(
        PEOPLE.carol.publicKey);
    const call = JSON.stringify({
        jsonrpc: "2.0", id: 1, method: "getTransaction",
        params: [signature, { maxSupportedTransactionVersion: 1 }] });
    const result = ({ text: answer }) =>
        /"result":(.*),"id":1\}$/.exec(answer)?.[1] ?? answer;
    const told = await post(a.url, call);
    const passed = await post(endpoint.url, call);

    assert.ok(passed.text.includes(result(told)), passed.text);
});


test("members of a batch are answered each on its own, errors as the node has "
     + "them", async () => {
    const { status, text } = await post(endpoint.url, JSON.stringify([
        { jsonrpc: "2.0", id: 1, method: "getSlot" },
        { jsonrpc: "2.0", method: "getSlot" },
        { jsonrpc: "2.0", id: 2, method: "getBalance", params: ["short"] },
        { jsonrpc: "2.0", id: "3", method: "getNothing" },
        { id: 4 },
    ]));
    const answers = JSON.parse(text);
    const of = (id) => answers.find((one) => one.id === id);

    assert.equal(status, 200);
    assert.equal(answers.length, 4);
    assert.equal(typeof of(1).result, "number");
    assert.deepEqual(of(2).error, (await ask(a.url, "getBalance", "short"))
        .error);
    assert.equal(of("3").error.code, -32601);
    assert.equal(answers.some(({ error }) => error?.code === -32600), true);
});


test("what is no call is refused in JSON-RPC's own words", async () => {
    const code = async (body) => JSON.parse((await post(endpoint.url, body))
        .text).error.code;

    assert.equal(await code("{"), -32700);
    assert.equal(await code("[]"), -32600);
    assert.equal(await code('{"jsonrpc":"2.0","id":1}'), -32600);
    assert.equal(await code('"getSlot"'), -32600);

    const note = await post(endpoint.url,
                            '{"jsonrpc":"2.0","method":"getSlot"}');

    assert.equal(note.text, "");
    assert.equal(cluster.asked("getNothing"), 0);
});
