/*
 * The strings behind the stage: what a test may ask of the sandbox itself.
 *
 *   GET  /sandbox/info       addresses, mints, slot
 *   GET  /sandbox/last       the last request of the services as it arrived,
 *                            and its answer; ?path= narrows it to one path
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

    constructor(market, rpc) {
        this.market = market;
        this.rpc = rpc;
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

    handle(request, response, { url, body }) {
        const [status, answer] = this.#answer(request.method, url, body);

        response.writeHead(status, { "content-type": "application/json" });
        response.end(encode(answer));
    }

    #answer(method, url, body) {
        switch (`${method} ${url.pathname}`) {
        case "GET /sandbox/info":
            return [200, this.info()];

        case "GET /sandbox/last":
            return this.#lastAnswer(url.searchParams.get("path"));

        case "POST /sandbox/control":
            try {
                return [200, this.#act(JSON.parse(body))];
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

    #act(acts) {
        const unknown = Object.keys(acts).find(
            (name) => !Object.hasOwn(this.#acts, name));

        if (unknown !== undefined) {
            throw new Error(`unknown act ${unknown}; known: `
                            + Object.keys(this.#acts).join(", "));
        }

        for (const [name, value] of Object.entries(acts)) {
            this.#acts[name](value);
        }

        return this.info();
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

        /* {confirmed, finalized}: slots until a transaction is so */
        commitment: ({ confirmed, finalized }) => Object.assign(
            this.market.chain, { confirmedAfter: BigInt(confirmed),
                                 finalizedAfter: BigInt(finalized) }),

        /* how far the RPC node is behind; 0 for healthy */
        slotsBehind: (slots) => {
            this.rpc.slotsBehind = slots;
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
