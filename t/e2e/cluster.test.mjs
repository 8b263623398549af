/*
 * The sandbox's cluster by itself: each node knows what a node in its place
 * would know, and does wrong what it is told to, and nothing else.
 */

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { Connection, Keypair, LAMPORTS_PER_SOL, PublicKey, SystemProgram,
         Transaction } from "@solana/web3.js";

import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { control } from "../../conf-examples/sandbox/trader.mjs";
import { exchange } from "./edge.mjs";

const sandbox = await startSandbox();
const { cluster, market } = sandbox;
const { a, b, c } = cluster.byName;
const { chain } = market;

beforeEach(async () => {
    await cluster.reset();
    chain.slots.slotMs = 100_000;      /* nothing moves unless it is moved */
    Object.assign(chain, { confirmedAfter: 1n, finalizedAfter: 32n });
});
after(() => sandbox.stop());


async function post(node, body) {
    const answer = await exchange(node.url, {
        method: "POST", body,
        headers: { "content-type": "application/json" },
    });

    return { ...answer, text: answer.body.toString() };
}


async function call(node, method, ...params) {
    const { text } = await post(node, JSON.stringify(
        { jsonrpc: "2.0", id: 1, method, params }));

    return JSON.parse(text);
}


async function ask(node, method, ...params) {
    const { result, error } = await call(node, method, ...params);

    assert.equal(error, undefined, JSON.stringify(error));

    return result;
}


function web3(node, level = "processed") {
    return new Connection(node.url, level);
}


async function wallet(lamports = 2 * LAMPORTS_PER_SOL) {
    const keypair = Keypair.generate();

    chain.airdrop(keypair.publicKey, BigInt(lamports));

    return keypair;
}


async function transfer(node, from, options = {}, level = "processed") {
    const connection = web3(node, level);
    const to = Keypair.generate().publicKey;
    const transaction = new Transaction({
        feePayer: from.publicKey, ...await connection.getLatestBlockhash(),
    }).add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to,
                                    lamports: LAMPORTS_PER_SOL }));

    transaction.sign(from);

    return { to, transaction, raw: transaction.serialize(),
             send: (other = node) => web3(other, level).sendRawTransaction(
                 transaction.serialize(), options) };
}


const CURRENT = { commitment: "processed" };

test("a node that lags gives the slot, the balance and the blockhash of then",
     async () => {
    b.set({ lag: 10 });

    const { publicKey } = await wallet(7_000_000);

    assert.equal(await ask(a, "getSlot", CURRENT)
                 - await ask(b, "getSlot", CURRENT), 10);
    assert.equal(await ask(a, "getBlockHeight", CURRENT)
                 - await ask(b, "getBlockHeight", CURRENT), 10);
    assert.equal(await web3(a).getBalance(publicKey), 7_000_000);
    assert.equal(await web3(b).getBalance(publicKey), 0);

    const { blockhash } = await web3(a).getLatestBlockhash();

    assert.equal((await web3(a).isBlockhashValid(blockhash)).value, true);
    assert.equal((await web3(b).isBlockhashValid(blockhash)).value, false);

    chain.advance(10);
    assert.equal(await web3(b).getBalance(publicKey), 7_000_000);
    assert.equal((await web3(b).isBlockhashValid(blockhash)).value, true);
});


test("lag may be told as time", async () => {
    chain.slots.slotMs = 400;
    b.set({ lagMs: 5000 });
    assert.ok(Math.abs(await ask(a, "getSlot", CURRENT)
                       - await ask(b, "getSlot", CURRENT) - 13) <= 1);
});


test("two nodes at one slot give the same blockhash", async () => {
    assert.deepEqual(await web3(a).getLatestBlockhash(),
                     await web3(b).getLatestBlockhash());
});


test("a transaction is processed, confirmed and finalized as slots pass",
     async () => {
    const signature = await (await transfer(a, await wallet())).send();
    const status = async () =>
        (await web3(b).getSignatureStatuses([signature])).value[0];
    const { slot, confirmations } = await status();

    assert.equal((await status()).confirmationStatus, "processed");
    assert.equal(confirmations, 0);
    assert.equal(await ask(b, "getTransaction", signature,
                           { commitment: "confirmed" }), null);

    chain.advance(1);
    assert.equal((await status()).confirmationStatus, "confirmed");
    assert.equal((await ask(b, "getTransaction", signature,
                            { commitment: "confirmed" })).slot, slot);
    assert.equal(await ask(b, "getTransaction", signature), null);

    chain.advance(31);
    assert.equal((await status()).confirmationStatus, "finalized");
    assert.equal((await status()).confirmations, null);
    assert.equal((await ask(b, "getTransaction", signature)).slot, slot);
});


test("a frozen node stands still and calls itself healthy until it is far "
     + "behind", async () => {
    c.set({ frozen: true });

    const slot = await ask(c, "getSlot", CURRENT);

    chain.advance(50);
    assert.equal(await ask(c, "getSlot", CURRENT), slot);
    assert.equal(await ask(c, "getHealth"), "ok");

    chain.advance(100);
    assert.equal((await call(c, "getHealth")).error.code, -32005);
    assert.ok((await call(c, "getHealth")).error.data.numSlotsBehind >= 150);
    assert.equal((await (await fetch(`${c.url}/health`)).text()), "behind");

    c.set({ health: "ok" });
    assert.equal(await ask(c, "getHealth"), "ok");
});


test("a node whose replay hangs shows it by the shreds it has", async () => {
    b.set({ replayLag: 200, health: "ok" });

    const lag = async (node) => await ask(node, "getMaxShredInsertSlot")
        - await ask(node, "getSlot", CURRENT);

    assert.equal(await lag(a), 1);
    assert.equal(await lag(b), 201);
    b.set({ missing: ["getMaxShredInsertSlot"] });
    assert.equal((await call(b, "getMaxShredInsertSlot")).error.code, -32601);
});


test("a liar claims a slot that isn't there, a height that is the slot, or a "
     + "chain that is another", async () => {
    b.set({ ahead: 5000 });
    assert.equal(await ask(b, "getSlot", CURRENT)
                 - await ask(a, "getSlot", CURRENT), 5000);

    b.set({ ahead: 0, heightIsSlot: true, genesisHash: "1".repeat(32) });
    assert.equal(await ask(b, "getBlockHeight", CURRENT),
                 await ask(b, "getSlot", CURRENT));
    assert.notEqual(await ask(b, "getGenesisHash"),
                    await ask(a, "getGenesisHash"));
});


test("minContextSlot is refused by the node that isn't there yet",
     async () => {
    b.set({ lag: 5 });

    const minContextSlot = await ask(a, "getSlot", CURRENT);
    const key = PublicKey.default.toBase58();

    for (const [method, ...params] of [["getSlot"], ["getBlockHeight"],
                                       ["getEpochInfo"], ["getBalance", key],
                                       ["getLatestBlockhash"]]) {
        const config = { ...CURRENT, minContextSlot };
        const { error } = await call(b, method, ...params, config);

        assert.equal((await call(a, method, ...params, config)).error,
                     undefined);
        assert.equal(error.code, -32016);
        assert.equal(error.data.contextSlot, minContextSlot - 5);
    }
});


test("an expired blockhash is refused, by a node that lags later",
     async () => {
    const from = await wallet();
    const sent = await transfer(a, from);

    b.set({ lag: 100 });
    chain.advance(151);
    await assert.rejects(sent.send(), /Blockhash not found/);

    /* it is taken there, and lands nowhere */
    const signature = await sent.send(b);

    assert.equal(chain.find(signature), null);
    assert.equal(await web3(a).getBalance(sent.to), 0);
});


test("skipped slots have no block and don't count as height", async () => {
    const slot = await ask(a, "getSlot", CURRENT);
    const height = await ask(a, "getBlockHeight", CURRENT);

    chain.skip(20);
    assert.equal(await ask(a, "getSlot", CURRENT), slot + 21);
    assert.equal(await ask(a, "getBlockHeight", CURRENT), height + 1);

    chain.advance(40);
    assert.equal((await call(a, "getBlock", slot + 3)).error.code, -32007);
    assert.deepEqual(await ask(a, "getBlocks", slot - 1, slot + 22),
                     [slot - 1, slot, slot + 21, slot + 22]);
    assert.equal((await ask(a, "getBlock", slot + 21)).parentSlot, slot);
});


test("preflight on a node behind the blockhash's node fails as in the wild",
     async () => {
    b.set({ lag: 3 });

    const sent = await transfer(a, await wallet());

    await assert.rejects(sent.send(b), /Blockhash not found/);
    assert.equal(typeof await sent.send(), "string");
    await assert.rejects(sent.send(), /already been processed/);
});


test("a transaction may be accepted and never land, land late, or be answered "
     + "with another's signature", async () => {
    const from = await wallet(9 * LAMPORTS_PER_SOL);
    const dropped = await transfer(a, from);

    a.set({ sends: "drop" });
    assert.equal(chain.find(await dropped.send()), null);

    const late = await transfer(a, from);

    a.set({ sends: "land", landsAfter: 4 });

    const signature = await late.send();

    assert.equal(chain.find(signature), null);
    chain.advance(4);
    assert.equal(chain.find(signature).meta.err, null);

    const lied = await transfer(a, from);

    a.set({ landsAfter: 0, wrongSignature: true });

    const wrong = await lied.send();

    assert.equal(chain.find(wrong), null);
    assert.equal(await web3(b).getBalance(lied.to), LAMPORTS_PER_SOL);
});


test("pruned history is null, or the error it is told to be", async () => {
    const signature = await (await transfer(a, await wallet())).send();
    const { slot } = chain.find(signature);
    const searched = async (node, how) => (await web3(node)
        .getSignatureStatuses([signature], how)).value[0];

    chain.advance(400);
    b.set({ keepSlots: 100 });

    assert.equal(await searched(a), null);
    assert.notEqual(await searched(a, { searchTransactionHistory: true }),
                    null);
    assert.equal(await searched(b, { searchTransactionHistory: true }), null);
    assert.equal(await ask(b, "getTransaction", signature), null);
    assert.equal((await call(b, "getBlock", Number(slot))).error.code, -32001);
    assert.ok(await ask(b, "getFirstAvailableBlock") > slot);

    for (const code of [-32011, -32020, -32001]) {
        b.set({ historyAnswer: code });
        assert.equal((await call(b, "getTransaction", signature)).error.code,
                     code);
    }

    assert.equal((await ask(a, "getTransaction", signature)).slot,
                 Number(slot));
});


test("a script says how many calls of which method go wrong, and how",
     async () => {
    a.script.add([
        { method: "getSlot", times: 2, error: { code: -32603, message: "no",
                                                data: { why: [1] } } },
        { method: "getBalance", skip: 1, times: 1, vendor: "forbidden" },
    ]);

    assert.deepEqual((await call(a, "getSlot")).error,
                     { code: -32603, message: "no", data: { why: [1] } });
    assert.equal((await call(a, "getHealth")).result, "ok");
    assert.equal((await call(a, "getSlot")).error.code, -32603);
    assert.equal(typeof (await call(a, "getSlot")).result, "number");

    const balance = '{"jsonrpc":"2.0","id":1,"method":"getBalance",'
        + `"params":["${PublicKey.default}"]}`;

    assert.deepEqual([(await post(a, balance)).status,
                      (await post(a, balance)).status,
                      (await post(a, balance)).status], [200, 403, 200]);
    assert.deepEqual(a.script.rules, []);
});


test("a node told to know nothing says null, or an empty list", async () => {
    const signature = await (await transfer(a, await wallet())).send();

    a.script.add([{ nothing: true, times: 4 }]);
    assert.equal(await ask(a, "getTransaction", signature), null);
    assert.deepEqual((await ask(a, "getSignatureStatuses",
                                [signature, signature])).value, [null, null]);
    assert.deepEqual(await ask(a, "getSignaturesForAddress",
                               PublicKey.default.toBase58()), []);
    assert.equal((await ask(a, "getAccountInfo", signature)).value, null);
    assert.notEqual((await ask(a, "getSignatureStatuses",
                               [signature])).value[0], null);
});


const TRAVELS = [
    ["throttled-32005", 429, /-32005/], ["throttled-html", 429, /<html>/],
    ["bad-key", 401, /-32401/], ["bad-gateway", 502, /<html>/],
    ["html-200", 200, /<html>/], ["garbage-200", 200, /^\{"jsonrpc":"2\.$/],
];

for (const [vendor, status, body] of TRAVELS) {
    test(`the vendor answer ${vendor} arrives as it is`, async () => {
        a.script.add([{ vendor, times: 1 }]);

        const answer = await post(a, '{"jsonrpc":"2.0","id":1,'
                                  + '"method":"getSlot"}');

        assert.equal(answer.status, status);
        assert.match(answer.text, body);

        if (vendor.startsWith("throttled")) {
            assert.match(answer.headers["retry-after"], /^[0-9]+$/);
        }
    });
}


test("answers may be slow, cut, dripped, or a broken connection", async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"getVersion"}';

    a.script.add([{ times: 1, do: "cut" }, { times: 1, do: "drip=5" },
                  { times: 1, do: "reset" }]);

    const cut = await post(a, body);

    assert.equal(cut.complete, false);
    assert.ok(cut.text.length > 0);
    assert.match((await post(a, body)).text, /solana-core/);
    await assert.rejects(post(a, body), /socket hang up|ECONNRESET/);

    a.set({ latencyMs: 80, jitterMs: 10 });

    const started = Date.now();

    await post(a, body);
    assert.ok(Date.now() - started >= 75);
});


test("a node that is stopped refuses connections, and comes back on its port",
     async () => {
    const { url } = b;

    await b.stop();
    await assert.rejects(ask(b, "getSlot"), /ECONNREFUSED/);
    await b.start();
    assert.equal(b.url, url);
    assert.equal(await ask(b, "getHealth"), "ok");
});


test("each node counts what it was asked, members of batches alike",
     async () => {
    await ask(a, "getSlot");
    await post(a, JSON.stringify(["getSlot", "getHealth"].map(
        (method, id) => ({ jsonrpc: "2.0", id, method }))));

    assert.equal(a.asked("getSlot"), 2);
    assert.equal(a.asked(), 3);
    assert.equal(b.asked(), 0);
    assert.equal(cluster.asked("getHealth"), 1);
    assert.deepEqual(a.calls("getHealth").map(({ members, id, params }) =>
        ({ members, id, params })), [{ members: 2, id: 1, params: [] }]);
});


test("ids come back digit for digit, and notifications are not answered",
     async () => {
    for (const id of ["0", '"x"', "null", "18446744073709551615",
                      '"9007199254740993"', "-9007199254740995"]) {
        const { text } = await post(
            a, `{"jsonrpc":"2.0","method":"getHealth","id":${id}}`);

        assert.equal(text, `{"jsonrpc":"2.0","result":"ok","id":${id}}`);
    }

    assert.equal((await post(a, '{"jsonrpc":"2.0","method":"getHealth"}'))
        .text, "");
});


test("lamports beyond 2^53 are written to the last digit", async () => {
    const { publicKey } = Keypair.generate();

    chain.airdrop(publicKey, 9_007_199_254_740_993n);

    const { text } = await post(a, JSON.stringify({
        jsonrpc: "2.0", id: 1, method: "getBalance",
        params: [publicKey.toBase58(), CURRENT] }));

    assert.match(text, /"value":9007199254740993\b/);
});


test("the control of the sandbox does all of this over HTTP", async () => {
    await control(sandbox.url, { nodes: {
        b: { set: { lag: 7 }, script: [{ method: "getHealth", times: 1,
                                         vendor: "unavailable" }] },
        c: { up: false },
    } });

    const nodes = await (await fetch(`${sandbox.url}/sandbox/nodes`)).json();

    assert.deepEqual(nodes.map(({ name, settings }) => [name, settings.lag]),
                     [["a", 0], ["b", 7], ["c", 0]]);
    assert.equal((await post(b, '{"jsonrpc":"2.0","id":1,'
                             + '"method":"getHealth"}')).status, 503);
    await assert.rejects(ask(c, "getSlot"), /ECONNREFUSED/);

    const calls = await (await fetch(
        `${sandbox.url}/sandbox/calls?node=b&method=getHealth`)).json();

    assert.equal(calls.length, 1);
    await control(sandbox.url, { nodes: { b: { reset: true },
                                          c: { up: true } } });
    assert.equal(await ask(c, "getHealth"), "ok");
    assert.equal(b.settings.lag, 0);

    await assert.rejects(control(sandbox.url, { nodes: { d: {} } }),
                         /no node d; there are: a, b, c/);
    await assert.rejects(control(sandbox.url, { nodes: {
        a: { set: { slow: 1 } } } }), /unknown setting slow/);
});
