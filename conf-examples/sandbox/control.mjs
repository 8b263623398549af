/*
 * The strings behind the stage: what a test may ask of the sandbox itself.
 *
 *   GET  /sandbox/info       addresses, mints, slot
 *   GET  /sandbox/last       the last request of the services as it arrived,
 *                            and its answer; ?path= narrows it to one path
 *   GET  /sandbox/nodes      the nodes: address, settings, script, counters
 *   GET  /sandbox/calls      what ?node= was asked; ?method= narrows it
 *   POST /sandbox/control    a JSON object; each member is one act, in the
 *                            order written (see ACTS)
 */

import { PublicKey } from "@solana/web3.js";

import { encode } from "./json.mjs";

const MOST_REMEMBERED = 1000;


export class Control {
    #requests = [];
    #count = 0;
    #next = [];

    constructor(market, cluster) {
        this.market = market;
        this.cluster = cluster;
    }

    handles(path) {
        return path.startsWith("/sandbox/");
    }

    /* Remembers a request of the services; `answer` is added when known. */
    note(request, url, body) {
        const record = {
            number: ++this.#count, method: request.method, path: url.pathname,
            url: request.url, headers: request.headers,
            rawHeaders: request.rawHeaders, body, answer: null,
        };

        this.#requests.push(record);
        this.#requests.splice(0, Math.max(0, this.#requests.length
                                             - MOST_REMEMBERED));

        return record;
    }

    /* The whims a test left for the next request of this path. */
    whimsFor(path) {
        const at = this.#next.findIndex((one) => one.path === path);

        return at < 0 ? "" : this.#next.splice(at, 1)[0].do;
    }

    async handle(request, response, { url, body }) {
        const [status, answer] = await this.#answer(request.method, url, body);

        response.writeHead(status, { "content-type": "application/json" });
        response.end(encode(answer));
    }

    async #answer(method, url, body) {
        switch (`${method} ${url.pathname}`) {
        case "GET /sandbox/info":
            return [200, this.info()];

        case "GET /sandbox/last":
            return this.#lastAnswer(url.searchParams.get("path"));

        case "GET /sandbox/nodes":
            return [200, this.cluster.nodes.map(describe)];

        case "GET /sandbox/calls":
            return this.#calls(url.searchParams);

        case "POST /sandbox/control":
            try {
                return [200, await this.#act(JSON.parse(body))];
            } catch (error) {
                return [400, { error: error.message }];
            }
        }

        return [404, { error: "no such control" }];
    }

    info() {
        const { market } = this;

        return {
            referralAccount: market.referralAccount.toBase58(),
            maker: market.maker.publicKey.toBase58(),
            jupiterFees: market.jupiterFees.toBase58(),
            partner: market.referral.partner.toBase58(),
            projectAdmin: market.referral.admin.toBase58(),
            referralProgramData: market.referral.programData.toBase58(),
            slot: market.chain.slot(),
            mints: market.mints.map((mint) => ({
                symbol: mint.symbol, mint: mint.address,
                decimals: mint.decimals, program: mint.program.toBase58(),
                microUsd: mint.microUsd,
                referralTokenAccount: market.tokenAccount(
                    market.referralAccount, mint).toBase58(),
            })),
        };
    }

    seen(path) {
        return this.#requests.filter((one) => !path || one.path === path);
    }

    #lastAnswer(path) {
        const seen = this.seen(path);

        return seen.length === 0 ? [404, { error: "nothing seen yet" }]
            : [200, { ...seen.at(-1), seen: seen.length }];
    }

    #calls(query) {
        try {
            return [200, this.cluster.node(query.get("node"))
                .calls(query.get("method"))];
        } catch (error) {
            return [404, { error: error.message }];
        }
    }

    async #act(acts) {
        const unknown = Object.keys(acts).find(
            (name) => !Object.hasOwn(this.#acts, name));

        if (unknown !== undefined) {
            throw new Error(`unknown act ${unknown}; known: `
                            + Object.keys(this.#acts).join(", "));
        }

        const signatures = {};

        for (const [name, value] of Object.entries(acts)) {
            const signature = await this.#acts[name](value);

            if (typeof signature === "string") {
                signatures[name] = signature;
            }
        }

        return { ...this.info(), signatures };
    }

    #acts = {
        /* a number of slots */
        advanceSlots: (slots) => this.market.chain.advance(slots),

        /* true: no blockhash given out so far is valid any more */
        expireBlockhash: () => this.market.chain.expireBlockhashes(),

        /* [{path, do}]: whims for the next request of each path, in turn */
        next: (list) => this.#next.push(...list),

        /* {owner, mint} */
        dropTokenAccount: ({ owner, mint }) => this.market.dropTokenAccount(
            new PublicKey(owner), this.#mint(mint)),
        createTokenAccount: ({ owner, mint }) => this.market.openTokenAccount(
            new PublicKey(owner), this.#mint(mint)),

        /* {owner, mint, amount} */
        setBalance: ({ owner, mint, amount }) => this.market.setBalance(
            new PublicKey(owner), this.#mint(mint), BigInt(amount)),

        /* {owner, lamports} */
        airdrop: ({ owner, lamports }) => this.market.chain.airdrop(
            new PublicKey(owner), BigInt(lamports)),

        /* {mint, amount}: tokens of the maker's into the fee account */
        deposit: ({ mint, amount }) => this.market.referral.deposit(
            this.#mint(mint), BigInt(amount)),

        /* {mint}: all that is in the fee account, to partner and project */
        claim: ({ mint }) => this.market.referral.claim(this.#mint(mint)),

        /* {shareBps, partner, project} of the referral account */
        referral: (changes) => this.market.referral.setAccount(changes),

        /* {slot, authority} of the referral program's last upgrade */
        referralProgram: (changes) => this.market.referral.setProgram(changes),

        /* {confirmed, finalized}: slots until a transaction is so */
        commitment: ({ confirmed, finalized }) => Object.assign(
            this.market.chain, { confirmedAfter: BigInt(confirmed),
                                 finalizedAfter: BigInt(finalized) }),

        /* a number of slots without a block */
        skipSlots: (slots) => this.market.chain.skip(slots),

        /* milliseconds a slot takes from now on */
        slotMs: (milliseconds) => {
            this.market.chain.slots.slotMs = milliseconds;
        },

        /* {<name>: {set, script, reset, up}}: see node.mjs and script.mjs */
        nodes: async (changes) => {
            for (const [name, change] of Object.entries(changes)) {
                await changeNode(this.cluster.node(name), change);
            }
        },
    };

    #mint(text) {
        const mint = this.market.mint(text) ?? this.market.symbol(text);

        if (!mint) {
            throw new Error(`unknown mint ${text}`);
        }

        return mint;
    }
}


function describe(node) {
    return { name: node.name, url: node.url, slot: node.slot("processed"),
             settings: node.settings, script: node.script.rules,
             asked: node.counters, sockets: node.server.pubsub.open };
}


/* In this order: honest again, changed, told what to do, up or down. */
async function changeNode(node, { reset, set, script, up, ...others }) {
    const [unknown] = Object.keys(others);

    if (unknown !== undefined) {
        throw new Error(`unknown change ${unknown} of a node; known: reset, `
                        + "set, script, up");
    }

    if (reset) {
        node.reset();
    }

    node.set(set ?? {});
    node.script.add(script ?? []);

    if (up === false) {
        await node.stop();
    } else if (up === true) {
        await node.start();
    }
}
