/*
 * A sandbox trader: a wallet that does what a front end and its user do.
 *
 * It speaks HTTP to one base URL, either the edge or the sandbox itself, keeps
 * the cookies it is given, signs with its own key and checks nothing it
 * couldn't check in a browser.  Coins come from the sandbox.
 */

import { Keypair } from "@solana/web3.js";

import { withSignature } from "./wire.mjs";


export class Trader {
    #cookies = new Map();

    constructor({ url, sandboxUrl = url, keypair = Keypair.generate() }) {
        this.url = url;
        this.sandboxUrl = sandboxUrl;
        this.keypair = keypair;
        this.wallet = keypair.publicKey.toBase58();
    }

    /* `tokens`: base units by symbol or mint address, e.g. {USDC: 5000000n} */
    async fund({ lamports = 1_000_000_000n, tokens = {} } = {}) {
        await control(this.sandboxUrl,
                      { airdrop: { owner: this.wallet,
                                   lamports: lamports.toString() } });

        for (const [mint, amount] of Object.entries(tokens)) {
            await control(this.sandboxUrl, {
                setBalance: { owner: this.wallet, mint,
                              amount: amount.toString() },
            });
        }
    }

    /* Follows a referral link as a browser does, but not the redirect. */
    click(path) {
        return this.request(path, { redirect: "manual" });
    }

    async order(path, args, headers = {}) {
        const query = new URLSearchParams({ taker: this.wallet, ...args });
        const answer = await this.request(`${path}?${query}`, { headers });

        return { ...answer, json: parse(answer.text) };
    }

    /* The order's transaction with this trader's signature, base64. */
    sign(base64) {
        return withSignature(Buffer.from(base64, "base64"), this.keypair)
            .toString("base64");
    }

    async execute(path, signedTransaction, requestId, headers = {}) {
        const answer = await this.request(path, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify({ signedTransaction, requestId }),
        });

        return { ...answer, json: parse(answer.text) };
    }

    /* Order, sign, execute.  `api` is /swap/v2 or /ultra/v1. */
    async swap(args, { api = "/swap/v2", orderHeaders, executeHeaders } = {}) {
        const order = await this.order(`${api}/order`, args, orderHeaders);

        if (!order.json?.transaction) {
            throw new Error(`no transaction in the order: HTTP ${order.status} `
                            + order.text);
        }

        const signed = this.sign(order.json.transaction);
        const executed = await this.execute(`${api}/execute`, signed,
                                            order.json.requestId,
                                            executeHeaders);

        return { order, signed, executed };
    }

    async request(path, options = {}) {
        const headers = { ...options.headers };

        if (this.#cookies.size > 0) {
            headers.cookie = [...this.#cookies]
                .map(([name, value]) => `${name}=${value}`).join("; ");
        }

        const response = await fetch(this.url + path, { ...options, headers });

        for (const cookie of response.headers.getSetCookie()) {
            const [pair] = cookie.split(";");
            const at = pair.indexOf("=");

            this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
        }

        return { status: response.status, headers: response.headers,
                 text: await response.text() };
    }

    get cookies() {
        return this.#cookies;
    }
}


/* Pulls strings of the sandbox; see control.mjs. */
export async function control(sandboxUrl, acts) {
    const response = await fetch(`${sandboxUrl}/sandbox/control`, {
        method: "POST", body: JSON.stringify(acts),
    });
    const answer = await response.json();

    if (!response.ok) {
        throw new Error(`sandbox: ${answer.error}`);
    }

    return answer;
}


function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
