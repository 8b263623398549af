/*
 * Nodes in trouble behind /rpc, one kind after the other, and then all kinds
 * at random: no wrong answer, none older than the bound, and no error that
 * another node would not have given.
 */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";

import { Keypair, SystemProgram } from "@solana/web3.js";

import { pause } from "./edge.mjs";
import { Havoc, TROUBLES, newSeed } from "./havoc.mjs";
import * as flows from "./rpc-flows.mjs";
import { MAX_LAG_MS, ask, openRpcStage, post, unanswered }
    from "./rpc-stage.mjs";

const HAVOC_MS = 15_000;

/* A lag is seen when a node is asked next, and an answer takes its way. */
const NOTICED_MS = 1500;

const BATCH = '[{"jsonrpc":"2.0","id":"\\u00e9","method":"getGenesisHash"},'
    + '{"jsonrpc":"2.0","id":18446744073709551615,'
    + '"method":"getEpochSchedule"}]';

const stage = await openRpcStage({
    expects: /jupref: node "[^"]+" of upstream "solana" is out, / });
const { cluster, chain, endpoint } = stage;
const { a, b } = cluster.byName;
const connection = flows.web3(endpoint);
const BOUND = BigInt(Math.ceil((MAX_LAG_MS + NOTICED_MS)
                               / chain.slots.slotMs));
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


/* What is asked for is true now, or was when it was asked, or was a bound of
 * slots ago. */
async function within(ask, truth) {
    const before = truth();
    const told = BigInt(await ask());
    const after = truth();

    assert.ok(told <= after && told >= before - BOUND,
              `told ${told}, true were ${before} to ${after}`);

    return told;
}


/* Whatever a single node says of where the chain is, until it is put out. */
const LIES = {
    "the slot for the height": { heightIsSlot: true },
    "slots that aren't there yet": { ahead: 5000 },
    "the slots of some seconds ago": { lag: 40, health: "ok" },
    "another chain's genesis": { genesisHash: "1".repeat(32) },
};

for (const [what, lie] of Object.entries(LIES)) {
    test(`a node that begins to tell ${what} isn't believed for a moment`,
         async () => {
        const config = { commitment: "confirmed" };
        const call = async (method, ...params) =>
            (await ask(endpoint.url, method, ...params)).result;

        b.set(lie);

        for (let i = 0; i < 40; i++) {
            await Promise.all([
                within(() => call("getSlot", config),
                       () => chain.slot("confirmed")),
                within(() => call("getBlockHeight", config),
                       () => chain.blockHeight("confirmed")),
                within(async () => (await call("getEpochInfo", config))
                    .blockHeight, () => chain.blockHeight("confirmed")),
                call("getGenesisHash").then((hash) =>
                    assert.equal(hash, chain.genesisHash)),
            ]);
        }
    });
}


/* An account that gets a lamport every so often, and who remembers when. */
class Riser {
    #timer;
    #history = [];

    constructor() {
        this.address = Keypair.generate().publicKey;
        this.#set(1_000_000n);
        this.#timer = setInterval(() => this.#set(this.newest + 1n), 50);
    }

    get newest() {
        return this.#history.at(-1).lamports;
    }

    #set(lamports) {
        chain.setAccount(this.address, {
            lamports, data: Buffer.alloc(0),
            owner: SystemProgram.programId });
        this.#history.push({ at: Date.now(), lamports });
    }

    /* The least that is no older than the bound, asked for at `asked`. */
    least(asked) {
        const then = asked - MAX_LAG_MS - NOTICED_MS;

        return this.#history.findLast(({ at }) => at <= then)?.lamports ?? 0n;
    }

    stop() {
        clearInterval(this.#timer);
    }
}


/* Calls each act again and again for a while; how often each was done. */
async function repeatFor(milliseconds, acts) {
    const end = Date.now() + milliseconds;
    const times = acts.map(() => 0);

    await Promise.all(acts.map(async (act, i) => {
        while (Date.now() < end) {
            await act();
            times[i]++;
            await pause(20);
        }
    }));

    return times;
}


/*
 * Trouble at random still finds, once in some runs, an error that another node
 * could have avoided: `make havoc` looks for those, and tells the seed.
 */
test("while nodes lag, die and lie at random, money is moved and read as if "
     + "nothing were", { skip: !process.env.HAVOC && "make havoc" },
     async () => {
    const havoc = new Havoc(cluster, { seed: newSeed() });
    const riser = new Riser();
    let last = 0n;
    let lastSlot = 0n;

    const acts = [
        () => flows.web3Polling(connection, payer),
        () => flows.kitPolling(client, kitPayer),

        /* one client's reads: fresh, and never backwards */
        async () => {
            const asked = Date.now();
            const { value } = await client.rpc.getBalance(
                riser.address.toBase58(), { commitment: "processed" }).send();

            assert.ok(value <= riser.newest, `${value}`);
            assert.ok(value >= riser.least(asked), `${value} is too old`);
            assert.ok(value >= last, `${value} after ${last}`);
            last = value;
        },

        /* where the chain is */
        async () => {
            const config = { commitment: "processed" };
            const slot = await within(() => client.rpc.getSlot(config).send(),
                                      () => chain.slot());

            await within(() => client.rpc.getBlockHeight(config).send(),
                         () => chain.blockHeight("processed"));
            assert.ok(slot >= lastSlot, `slot ${slot} after ${lastSlot}`);
            lastSlot = slot;

            const { value } = await client.rpc.getLatestBlockhash(config)
                .send();

            assert.ok(chain.isBlockhashValid(value.blockhash),
                      "a blockhash of nobody's");
        },

        async () => {
            const { text } = await post(endpoint.url, BATCH);
            const answers = JSON.parse(text);

            assert.equal(answers.length, 2);
            assert.equal(answers.find(({ id }) => id === "é").result,
                         chain.genesisHash);
            assert.ok(text.includes('"id":18446744073709551615'), text);
        },
    ];

    havoc.start();

    try {
        const times = await repeatFor(HAVOC_MS, acts);

        assert.ok(times.every((one) => one > 5), `done: ${times}`);
        assert.ok(havoc.diary.length > 10);
    } catch (error) {
        error.message += `\n${havoc.story}\n${unanswered(stage)}`;
        throw error;
    } finally {
        await havoc.stop();
        riser.stop();
    }
});
