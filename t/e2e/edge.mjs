/*
 * The stage of an end-to-end test: a sandbox and an edge of its own, people to
 * act on it, and questions to ask afterwards.
 *
 * The edge's error log is read at the end; an [alert], an [emerg] or a
 * sanitizer's report in it fails the test file.
 */

import assert from "node:assert/strict";
import http from "node:http";
import { after } from "node:test";

import { startEdge } from "../../conf-examples/sandbox/edge.mjs";
import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { Trader, control } from "../../conf-examples/sandbox/trader.mjs";

const TROUBLE = /\[(alert|emerg)\]|Sanitizer|runtime error:/;


/*
 * `codes` maps a referral code to its terms, {tier, parent}; each gets a
 * referrer of its own, known as `stage.referrer(code)`.  `parent` is a code.
 * Lines of the error log that `expects` fits are no trouble.  With `verify`
 * trades are proved at the nodes; without, they stay as Jupiter reported them.
 */
export async function openStage({ codes = {}, http: lines = "", server = "",
                                  replace = [], expects = /(?!)/,
                                  verify = false } = {}) {
    const sandbox = await startSandbox();
    const referrers = Object.fromEntries(Object.keys(codes).map(
        (code) => [code, new Trader({ url: sandbox.url })]));

    const directives = Object.entries(codes).map(([code, { tier, parent }]) =>
        `jupref_code ${code} referrer=${referrers[code].wallet}`
        + (tier ? ` tier=${tier}` : "")
        + (parent ? ` parent=${referrers[parent].wallet}` : "") + ";");

    let edge;

    try {
        edge = await startEdge({
            sandbox, server, replace,
            http: [...directives, `jupref_verify ${verify ? "on" : "off"};`,
                   lines].join("\n    "),
        });
    } catch (error) {
        await sandbox.stop();
        throw error;
    }

    const stage = new Stage(sandbox, edge, referrers, expects);

    await stage.control({ commitment: { confirmed: 0, finalized: 0 } });
    after(() => stage.close());

    return stage;
}


class Stage {
    #referrers;

    constructor(sandbox, edge, referrers, expects) {
        Object.assign(this, { sandbox, edge, expects, url: edge.url });
        this.#referrers = referrers;
        this.info = sandbox.control.info();
        this.mints = Object.fromEntries(this.info.mints.map(
            ({ symbol, mint }) => [symbol, mint]));
    }

    async close() {
        await this.edge.stop();
        await this.sandbox.stop();
        assert.deepEqual(this.edge.finalLog.split("\n").filter(
            (line) => TROUBLE.test(line) && !this.expects.test(line)), []);
    }

    control(acts) {
        return control(this.sandbox.url, acts);
    }

    referrer(code) {
        return this.#referrers[code];
    }

    /* A new wallet with SOL, and with what `tokens` says. */
    async trader(tokens = {}, keypair = undefined) {
        const trader = new Trader({ url: this.url,
                                    sandboxUrl: this.sandbox.url, keypair });

        await trader.fund({ tokens });

        return trader;
    }

    /* Arguments of an order, by symbol. */
    pair(input, output, amount, more = {}) {
        return { inputMint: this.mints[input], outputMint: this.mints[output],
                 amount: amount.toString(), ...more };
    }

    async api(path, status = 200, options = {}) {
        const response = await fetch(this.url + path, options);
        const text = await response.text();

        assert.equal(response.status, status, `${path}: ${text}`);

        return JSON.parse(text);
    }

    /* A call of the administrator's API. */
    admin(method, path, body, status = 200) {
        return this.api(`/v1/admin/${path}`, status, {
            method, body: JSON.stringify(body),
            headers: { "content-type": "application/json",
                       authorization: `Bearer ${this.edge.adminKey}` },
        });
    }

    async stats(code) {
        return this.api(`/v1/referrers/${this.referrer(code).wallet}`);
    }

    async executedBy(code) {
        return Number((await this.stats(code)).trades.executed);
    }

    /* What a referrer is estimated to have earned in a mint. */
    async earned(code, symbol) {
        const { balances } = await this.stats(code);
        const balance = balances.find(
            ({ mint }) => mint === this.mints[symbol]);

        return BigInt(balance?.estimated ?? 0);
    }

    /* The last request the upstream saw at a path, and its answer. */
    seen(path) {
        return this.sandbox.control.seen(path).at(-1);
    }

    /* The arguments an order reached the upstream with, in order. */
    seenArgs(path) {
        return [...new URL(this.seen(path).url, this.url).searchParams];
    }

    /* What the referral account's token account of the mint really got. */
    async feeOnChain(signature, mint) {
        const { meta } = await this.rpc("getTransaction", signature,
                                        { commitment: "confirmed",
                                          maxSupportedTransactionVersion: 1 });
        const held = (balances) => BigInt(balances.find(
            (one) => one.owner === this.info.referralAccount
                && one.mint === mint)?.uiTokenAmount.amount ?? 0);

        return held(meta.postTokenBalances) - held(meta.preTokenBalances);
    }

    async rpc(method, ...params) {
        const { result, error } = await this.api("/rpc", 200, {
            method: "POST", headers: { "content-type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        });

        assert.equal(error, undefined);

        return result;
    }
}


/*
 * One exchange over plain HTTP/1.1, undecoded: what came is what was sent.
 * `complete` is false if the answer broke off.
 */
export function exchange(url, { method = "GET", headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request(url, { method, headers, agent: false });

        request.once("error", reject);
        request.once("response", (response) => {
            const pieces = [];

            response.on("data", (piece) => pieces.push(piece));
            response.once("error", () => {});
            response.once("close", () => resolve({
                status: response.statusCode, headers: response.headers,
                body: Buffer.concat(pieces), complete: response.complete,
            }));
        });
        request.end(body);
    });
}


export function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}


/* Waits until `holds` is true, or fails saying what was waited for. */
export async function eventually(what, holds, milliseconds = 5000) {
    const deadline = Date.now() + milliseconds;

    while (!await holds()) {
        assert.ok(Date.now() < deadline, `still not: ${what}`);
        await pause(25);
    }
}
