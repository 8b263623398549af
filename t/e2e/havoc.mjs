/*
 * Trouble at random, from a seed: nodes of a cluster lag, die, hang, forget,
 * refuse and lie for a while, and are well again.  One is spared: it could
 * answer whatever the others can't.
 *
 * A run tells its seed; HAVOC_SEED repeats it.  What happened when is kept, so
 * that a failure can be told with what was wrong at the time.
 */

import { pause } from "./edge.mjs";

const STEP_MS = [200, 900];             /* between two troubles */
const LASTS_MS = [400, 1800];

/* Until everybody has been asked again where it is. */
const HEARD_MS = 1500;

/*
 * What a node can suffer: settings, a script, or its end.  `misleads` marks
 * those that are about where the chain is: two that are wrong alike are more
 * than one that is right, and nobody can tell.  `outlasts`: a proved liar has
 * no say for so long.
 */
export const TROUBLES = {
    lags: { set: { lag: 40 }, misleads: true },
    "lags and says it is well": { set: { lag: 40, health: "ok" },
                                  misleads: true },
    "stands still": { set: { frozen: true, health: "ok" } },
    "replays too slowly": { set: { replayLag: 40, health: "ok" },
                            misleads: true },
    "is slow": { set: { latencyMs: 700, jitterMs: 500 } },
    hangs: { script: [{ do: "timeout" }] },
    dies: { down: true },
    resets: { script: [{ do: "reset" }] },
    "cuts its answers": { script: [{ do: "cut" }] },
    "drips its answers": { script: [{ do: "drip=60" }] },
    "is throttled": { script: [{ vendor: "throttled-plain" }] },
    "is throttled with a page": { script: [{ vendor: "throttled-html" }] },
    "is throttled like an unhealthy one":
        { script: [{ vendor: "throttled-32005" }] },
    "refuses the key": { script: [{ vendor: "forbidden" }] },
    "fails with a page": { script: [{ vendor: "bad-gateway" }] },
    "shows a page for an answer": { script: [{ vendor: "html-200" }] },
    "answers garbage": { script: [{ vendor: "garbage-200" }] },
    "answers nothing": { script: [{ vendor: "empty-200" }] },
    "fails inside": { script: [{ error: { code: -32603,
                                          message: "Internal error" } }] },
    "is unhealthy": { set: { health: "behind" }, script: [{
        error: { code: -32005, message: "Node is behind by 200 slots",
                 data: { numSlotsBehind: 200 } } }] },
    "misses methods": { set: { missing: ["getTransaction", "getBalance",
                                         "getSignatureStatuses"] } },
    "has no history": { set: { keepSlots: 0, historyAnswer: -32011 } },
    "loses what is sent": { set: { sends: "drop" } },
    "runs away": { set: { ahead: 100_000 }, misleads: true },
    "is of another chain": { set: { genesisHash: "1".repeat(32) },
                             misleads: true },
    "gives the slot for the height": { set: { heightIsSlot: true },
                                       misleads: true },
    "names another's signature": { set: { wrongSignature: true },
                                   misleads: true, outlasts: 60_000 },
};


/* Small, good enough, and the same everywhere (mulberry32). */
export function randomness(seed) {
    let state = seed >>> 0;

    return () => {
        state = (state + 0x6d2b79f5) >>> 0;

        let mixed = Math.imul(state ^ (state >>> 15), state | 1);

        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);

        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}


export class Havoc {
    #cluster;
    #names;
    #random;
    #running = null;
    #stopped = false;
    #misled = 0;
    #spared;
    #sick = new Map();
    #healing = new Set();

    diary = [];

    /* `only`: names of TROUBLES. */
    constructor(cluster, { seed = newSeed(),
                           only = Object.keys(TROUBLES) } = {}) {
        this.#cluster = cluster;
        this.#names = only;
        this.#random = randomness(seed);
        this.#spared = this.#one(cluster.nodes);
        this.seed = seed;
    }

    start() {
        this.#running = this.#run();
    }

    /* Everybody is well again when this is done. */
    async stop() {
        this.#stopped = true;
        await this.#running;
        await Promise.all(this.#healing);
    }

    /* For the message of a failure. */
    get story() {
        return `HAVOC_SEED=${this.seed}\n` + this.diary.slice(-25).join("\n");
    }

    async #run() {
        while (!this.#stopped) {
            await this.#step();
            await pause(this.#between(STEP_MS));
        }
    }

    async #step() {
        const well = this.#cluster.nodes.filter(
            (node) => node !== this.#spared && !this.#sick.has(node));
        const possible = this.#possible();

        if (well.length > 0 && possible.length > 0) {
            await this.#trouble(this.#one(well), this.#one(possible));
        }
    }

    /* One misleads at a time, and is heard to be well before the next does. */
    #possible() {
        const misled = performance.now() < this.#misled
            || [...this.#sick.values()].some(
                (name) => TROUBLES[name].misleads);

        return this.#names.filter(
            (name) => !(misled && TROUBLES[name].misleads));
    }

    async #trouble(node, name) {
        const { set = {}, script = [], down } = TROUBLES[name];

        this.#note(node, name);
        this.#sick.set(node, name);
        node.set(set);
        node.script.add(script);

        if (down) {
            await node.stop();
        }

        const healing = pause(this.#between(LASTS_MS))
            .then(() => this.#heal(node))
            .finally(() => this.#healing.delete(healing));

        this.#healing.add(healing);
    }

    async #heal(node) {
        node.script.clear();
        node.set(node.honest);
        await node.start();
        const { misleads, outlasts = HEARD_MS } =
            TROUBLES[this.#sick.get(node)];

        if (misleads) {
            this.#misled = performance.now() + outlasts;
        }

        this.#sick.delete(node);
        this.#note(node, "is well");
    }

    #note(node, what) {
        this.diary.push(`${(performance.now() / 1000).toFixed(3)} `
                        + `${node.name} ${what}`);
    }

    #one(list) {
        return list[Math.floor(this.#random() * list.length)];
    }

    #between([least, most]) {
        return least + this.#random() * (most - least);
    }
}


export function newSeed() {
    return Number(process.env.HAVOC_SEED
                  ?? Math.floor(Math.random() * 2 ** 32));
}
