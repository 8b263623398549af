/*
 * Nodes in trouble behind /rpc at random, while money is moved and read: no
 * wrong answer, none older than the bound, and no error that another node
 * would not have given.  `make havoc` does it for longer.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Keypair, SystemProgram } from "@solana/web3.js";

import { pause } from "./edge.mjs";
import { Havoc } from "./havoc.mjs";
import * as flows from "./rpc-flows.mjs";
import { MAX_LAG_MS, NOTICED_MS, openRpcStage, post, unanswered, within }
    from "./rpc-stage.mjs";

const HAVOC_MS = Number(process.env.HAVOC_SEC || 15) * 1000;
const BATCH = '[{"jsonrpc":"2.0","id":"\\u00e9","method":"getGenesisHash"},'
    + '{"jsonrpc":"2.0","id":18446744073709551615,'
    + '"method":"getEpochSchedule"}]';

const stage = await openRpcStage({
    expects: /jupref: node "[^"]+" of upstream "solana" is out, / });
const { cluster, chain, endpoint } = stage;
const connection = flows.web3(endpoint);
const client = flows.kitClient(endpoint);
const payer = await flows.web3Polled(connection, 100);
const kitPayer = await flows.kitAirdrop(client, 100n);

after(() => flows.closeWeb3(connection));


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


test("while nodes lag, die and lie at random, money is moved and read as if "
     + "nothing were", async () => {
    const havoc = new Havoc(cluster);
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
            const slot = await within(
                stage, () => client.rpc.getSlot(config).send(),
                () => chain.slot());

            await within(stage, () => client.rpc.getBlockHeight(config).send(),
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
