/*
 * One node: its own view of the one chain, its faults, and what it was asked.
 *
 * A node has executed the chain up to `tip` and claims to be at `slot()`; an
 * honest one claims what it has.  What it knows of accounts, transactions and
 * blockhashes is what there was up to there, so a node that lags really gives
 * old answers.
 */

import { NodeServer } from "./node-server.mjs";
import { Rpc } from "./rpc.mjs";
import { Script } from "./script.mjs";

const MOST_REMEMBERED = 10_000;

/* So far behind what it has heard of, a node calls itself unhealthy. */
const UNHEALTHY_SLOTS = 128n;

/*
 * The settings of a node that does nothing wrong.  Slots are numbers.
 */
const HONEST = {
    lag: 0,                 /* slots behind the chain */
    lagMs: 0,               /* the same in milliseconds */
    replayLag: 0,           /* executed so much less than it has received */
    ahead: 0,               /* claims to be so many slots further than it is */
    frozen: false,          /* stands still where it is now */

    health: "auto",         /* "ok", "behind", "unknown", or by its lag */
    heightIsSlot: false,    /* answers the block height with the slot */
    genesisHash: null,      /* of another chain */

    latencyMs: 0,           /* before each answer */
    jitterMs: 0,            /* and up to so much more */

    keepSlots: null,        /* history older than that is gone */
    historyAnswer: null,    /* instead of a node's own: "null", or a code */

    sends: "land",          /* or "drop": accepted, and never seen again */
    landsAfter: 0,          /* slots until a sent transaction is processed */
    wrongSignature: false,  /* answers a send with another's signature */

    missing: [],            /* methods it doesn't have */
    sockets: true,          /* takes websockets */
};


export class Node {
    #settings = { ...HONEST };
    #frozenAt = 0n;
    #requests = [];
    #asked = new Map();

    script = new Script();

    constructor(name, market) {
        this.name = name;
        this.market = market;
        this.chain = market.chain;
        this.rpc = new Rpc(this);
        this.server = new NodeServer(this);
    }

    get url() {
        return this.server.url;
    }

    get port() {
        return this.server.port;
    }

    get settings() {
        return { ...this.#settings };
    }

    /* What `set` makes it honest with. */
    get honest() {
        return { ...HONEST };
    }

    start(port) {
        return this.server.start(port);
    }

    /* As if its machine had died: nothing listens, every connection breaks. */
    stop() {
        return this.server.stop();
    }

    /* Changes some settings; the others stay. */
    set(changes) {
        const unknown = Object.keys(changes).find(
            (name) => !Object.hasOwn(HONEST, name));

        if (unknown !== undefined) {
            throw new Error(`unknown setting ${unknown} of a node; known: `
                            + Object.keys(HONEST).join(", "));
        }

        if (changes.frozen) {
            this.#frozenAt = this.received;
        }

        Object.assign(this.#settings, changes);
    }

    /* Honest again, with nothing to remember. */
    reset() {
        this.#settings = { ...HONEST };
        this.script.clear();
        this.forget();
    }

    /* What it knows */

    /* The newest slot it has received the data of. */
    get received() {
        const { frozen, lag, lagMs } = this.#settings;
        const slots = lag + Math.ceil(lagMs / this.chain.slots.slotMs);

        return frozen ? this.#frozenAt : this.chain.slot() - BigInt(slots);
    }

    /* The newest slot it has executed. */
    get tip() {
        return this.received - BigInt(this.#settings.replayLag);
    }

    /* The newest slot whose state it has at a commitment level. */
    seen(level) {
        return this.tip - this.chain.depth(level);
    }

    /* The slot it claims. */
    slot(level) {
        return this.seen(level) + BigInt(this.#settings.ahead);
    }

    blockHeight(level) {
        return this.#settings.heightIsSlot ? this.slot(level)
            : this.chain.slots.height(this.slot(level));
    }

    get genesisHash() {
        return this.#settings.genesisHash ?? this.chain.genesisHash;
    }

    /* The first slot it still has the history of. */
    get firstSlot() {
        const { keepSlots } = this.#settings;

        return keepSlots === null
            ? this.chain.slots.first : this.tip - BigInt(keepSlots);
    }

    account(address, level) {
        return this.chain.accountAt(address, this.seen(level));
    }

    /* A transaction's record, as far as this node has it. */
    record(signature, level = "processed") {
        const record = this.chain.find(signature);

        return record !== null && record.slot <= this.seen(level)
            ? record : null;
    }

    /* How sure it is of a record it has. */
    commitment(record) {
        return ["finalized", "confirmed"].find(
            (level) => record.slot <= this.seen(level)) ?? "processed";
    }

    isBlockhashValid(blockhash, level) {
        return this.chain.isBlockhashValid(blockhash, this.seen(level));
    }

    /* How many slots it is behind what it has heard of; 0 for healthy. */
    get unhealthy() {
        const { health } = this.#settings;
        const behind = this.chain.slot() - this.tip;

        if (health === "auto") {
            return behind > UNHEALTHY_SLOTS ? behind : 0n;
        }

        return health === "ok" ? 0n : behind || UNHEALTHY_SLOTS;
    }

    /* The words of GET /health. */
    get healthWord() {
        return this.#settings.health === "unknown" ? "unknown"
            : this.unhealthy > 0n ? "behind" : "ok";
    }

    /* What it was asked */

    note(call) {
        this.#asked.set(call.method, this.asked(call.method) + 1);
        this.#requests.push(call);
        this.#requests.splice(0, Math.max(0, this.#requests.length
                                             - MOST_REMEMBERED));
    }

    /* How often it was asked for a method, or for anything. */
    asked(method) {
        return method === undefined
            ? [...this.#asked.values()].reduce((sum, one) => sum + one, 0)
            : this.#asked.get(method) ?? 0;
    }

    get counters() {
        return Object.fromEntries(this.#asked);
    }

    /* The calls it got, the oldest first. */
    calls(method) {
        return this.#requests.filter((one) => !method
                                     || one.method === method);
    }

    forget() {
        this.#asked.clear();
        this.#requests = [];
    }
}
