/*
 * Clients who trade, click and administrate all at once, and remember what
 * they were told; and the question whether the ledger holds all of it.
 *
 *     promised   an execute answered "executed": in the ledger, once
 *     cut        an execute that reached Jupiter, without an answer: executed
 *                or unknown; there for sure when an execute that reached
 *                Jupiter later, by the same edge, was promised, because its
 *                intent is older
 *     written    a write of the administrator's that was answered 201 or 200:
 *                referrers registered and suspended, trades verified
 *
 * While a ledger is damaged or a journal stopped, trades go on unbooked, and
 * the edge counts them: as many promises may be missing, and no more, and none
 * that was there once.
 */

import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";

import { pause } from "./edge.mjs";
import { AMOUNT, SOL, USDC, randomWallet } from "./crash-jupiter.mjs";

const TAKERS = 40;
const AT_ONCE = 16;
const THINKING_MS = 15;
const PAGE = 100;
const FEE = AMOUNT * 90n / 10_000n;
const EXECUTE = "/swap/v2/execute";


export class Load {
    #takers;
    #codes;
    #clients = [];
    #found = [];                        /* not asked to be verified */
    #running = false;
    #agent;                             /* between the loads none */

    constructor(nginx, jupiter) {
        Object.assign(this, { nginx, jupiter });
        this.#takers = Array.from({ length: TAKERS }, () => jupiter.wallet());
        this.#codes = Object.keys(nginx.codes);

        this.trades = new Map();        /* signature → what is known of it */
        this.referrers = new Set();     /* answered 201 */
        this.changes = new Map();       /* wallet → { told, asked } statuses */
        this.clicks = 0;
        this.errors = [];
        this.unmatched = 0;
        this.late = 0;
        this.ended = 0;                 /* unbooked, in zones that are gone */
        this.unbooked = 0;              /* by the edge's own count */
        this.answered = 0;
    }

    start({ clients = 6, keepAlive = true } = {}) {
        this.#running = true;
        this.#agent = new http.Agent({ keepAlive });
        this.#clients = Array.from({ length: clients }, () =>
            this.#repeat(() => this.swap(), THINKING_MS));

        this.#clients.push(this.#repeat(() => this.#click(), 10),
                           this.#repeat(() => this.#register(), 60),
                           this.#repeat(() => this.#change(), 25),
                           this.#repeat(() => this.#verify(), 30));
    }

    async stop() {
        this.#running = false;
        await Promise.all(this.#clients);
        this.#agent.destroy();
        this.#agent = undefined;
    }

    /* Who is in the middle of something finds nobody there any more. */
    async #repeat(act, wait) {
        while (this.#running) {
            try {
                await act();
                await pause(wait);
            } catch (error) {
                if (error instanceof assert.AssertionError) {
                    throw error;
                }

                this.errors.push(error);
                await pause(10);
            }
        }
    }

    /* Orders and executes once; a cut execute is sent again by every other. */
    async swap() {
        const taker = this.#takers[crypto.randomInt(TAKERS)];
        const code = this.#codes[crypto.randomInt(this.#codes.length)];
        const query = new URLSearchParams({
            inputMint: SOL, outputMint: USDC, amount: String(AMOUNT),
            taker: taker.address, ref: code,
        });
        const ordered = await this.#ask(`/swap/v2/order?${query}`);

        assert.equal(ordered.status, 200, String(ordered.body));

        const order = JSON.parse(ordered.body);
        const { transaction, signature } = taker.sign(order.transaction);
        const trade = { signature, requestId: order.requestId, transaction };

        this.trades.set(signature, trade);

        try {
            await this.execute(trade);
        } catch (error) {
            if (crypto.randomInt(2) === 1) {
                await pause(20);
                await this.execute(trade);
                return trade;
            }

            throw error;
        }

        return trade;
    }

    async execute(trade) {
        trade.cut = true;

        const answer = await this.#ask(EXECUTE, {
            method: "POST", headers: { "content-type": "application/json" },
            body: JSON.stringify({ requestId: trade.requestId,
                                   signedTransaction: trade.transaction }),
        });

        assert.ok(answer.status === 200 || answer.status === 502,
                  `${answer.status} ${answer.body}`);
        trade.told = answer.headers["jupref-trade"];

        if (answer.status === 200) {
            assert.equal(String(answer.body),
                         this.jupiter.answers.get(trade.requestId));
            trade.cut = false;
            this.answered++;
        }

        trade.promised ||= trade.told === "executed";
        this.unmatched += trade.told === "unmatched";

        return answer;
    }

    async #click() {
        this.clicks++;
        await this.#ask(`/r/${this.#codes[0]}`);
    }

    async #register() {
        const wallet = randomWallet();
        const { status } = await this.nginx.admin(
            "POST", "referrers", { wallet, tier: "referred" });

        if (status === 201) {
            this.referrers.add(wallet);
        }
    }

    async #change() {
        const [wallet] = this.referrers;

        if (wallet === undefined) {
            return;
        }

        const change = this.changes.get(wallet) ?? { told: "active" };

        change.asked = change.told === "active" ? "suspended" : "active";
        this.changes.set(wallet, change);

        const { status } = await this.nginx.admin(
            "PATCH", `referrers/${wallet}`, { status: change.asked });

        if (status === 200) {
            change.told = change.asked;
        }
    }

    /* One that was there when the ledger was last looked at. */
    async #verify() {
        const [trade] = this.#found.splice(
            crypto.randomInt(this.#found.length + 1), 1);

        if (trade === undefined) {
            return;
        }

        trade.verified = "asked";

        const { status, body } = await this.nginx.admin(
            "POST", `trades/${trade.signature}/verify`,
            { slot: 447200004, fee: String(FEE) });

        assert.ok([200, 503].includes(status), String(body));

        if (status === 200) {
            trade.verified = "told";
        }
    }

    #ask(path, options = {}) {
        return ask(this.nginx.url + path, { agent: this.#agent, ...options });
    }

    /* What wasn't booked while the ledger or the journal was in trouble. */
    async countUnbooked() {
        const metrics = await this.nginx.metrics();
        const of = (reason) =>
            metrics[`jupref_unattributed_total{reason="${reason}"}`];

        this.unbooked = this.ended + of("ledger_refused")
            + of("journal_stopped") + of("journal_behind");
    }

    /*
     * A journal that stopped answered the last ones late, which is no promise
     * should it never get to write them.
     */
    async forgetLate() {
        const metrics = await this.nginx.metrics();

        this.late += metrics['jupref_commits_total{outcome="late"}'];
    }

    /* Kills everything, memory included, and starts it again. */
    async killAll() {
        await this.countUnbooked();
        await this.nginx.kill("all");
        await pause(10);                /* what was on its way has arrived */

        this.ended = this.unbooked;
        this.jupiter.life++;
        await this.nginx.mustStart();
    }

    /* Late answers would have promised nothing. */
    async noneLate() {
        const metrics = await this.nginx.metrics();

        assert.equal(metrics['jupref_commits_total{outcome="late"}'], 0);

        return metrics['jupref_commits_total{outcome="in_time"}'];
    }

    /* The whole ledger against all that was ever told; its trades. */
    async check() {
        const booked = await bookedTrades(this.nginx);
        const newest = [];              /* promised, by the edge's life */
        let missing = 0;
        let kept = 0;

        for (const trade of this.trades.values()) {
            if (!trade.promised) {
                continue;
            }

            if (!this.#isThere(trade, booked.get(trade.signature))) {
                assert.ok(!trade.found, `${trade.signature} was there once`);
                missing++;
                trade.lost = true;
                continue;
            }

            if (!trade.found) {
                trade.found = true;
                this.#found.push(trade);
            }

            const { number, life } = this.jupiter.arrived.get(trade.signature);

            newest[life] = Math.max(newest[life] ?? 0, number);
        }

        assert.ok(missing <= this.unbooked + this.late,
                  `${missing} promised trades are missing, ${this.unbooked} `
                  + `were counted as unbooked: ${[...this.trades.values()]
                      .filter(({ lost }) => lost).slice(-3)
                      .map(({ signature, requestId }) =>
                          `${signature} ${requestId} is `
                          + `${booked.get(signature)}`)}`);

        for (const signature of booked.keys()) {
            assert.ok(this.trades.has(signature),
                      `nobody executed ${signature}`);
        }

        return { booked, newest, missing };
    }

    #isThere({ verified }, state) {
        return verified === "told" ? state === "verified"
            : verified === "asked" ? ["executed", "verified"].includes(state)
                : state === "executed";
    }

    /* After a start nothing is under way: what was cut is there by now. */
    async checkCut({ booked, newest }) {
        const open = [...this.trades.values()].filter(({ cut, signature }) => {
            const arrival = this.jupiter.arrived.get(signature);

            return cut && arrival && !booked.has(signature)
                && arrival.number < newest[arrival.life];
        });

        assert.ok(open.length <= this.unbooked,
                  `${open.length} cut executes left no trace: `
                  + `${open.map(({ signature }) => signature)}`);
    }

    /* What is counted and summed, against the trades that are there. */
    async checkTotals({ booked }) {
        const { fees } = await this.nginx.get("/v1/platform");
        const metrics = await this.nginx.metrics();
        const count = { executed: 0, unknown: 0, verified: 0 };

        for (const state of booked.values()) {
            assert.ok(state in count, state);
            count[state]++;
        }

        for (const [state, number] of Object.entries(count)) {
            assert.equal(metrics[`jupref_ledger_trades{state="${state}"}`],
                         number, state);
        }

        for (const { received, jupiterCut, platform, referrers } of fees) {
            assert.equal(BigInt(received), BigInt(jupiterCut)
                         + BigInt(platform) + BigInt(referrers));
        }

        const { status, body } = await this.nginx.admin("GET",
                                                        "trial-balance");

        assert.equal(status, 200, String(body));

        for (const { mint, debit, credit, balanced } of
            JSON.parse(body).data) {
            assert.equal(mint, SOL);
            assert.equal(balanced, true);
            assert.equal(debit, credit);
            assert.equal(BigInt(debit), BigInt(count.verified) * FEE);
        }
    }

    async checkWrites() {
        const wallets = [...this.referrers];

        while (wallets.length > 0) {
            await Promise.all(wallets.splice(-AT_ONCE).map((wallet) =>
                this.#checkReferrer(wallet)));
        }

        const { clicks } = await this.nginx.get(`/v1/codes/${this.#codes[0]}`);

        assert.ok(BigInt(clicks) <= BigInt(this.clicks));
    }

    async #checkReferrer(wallet) {
        const { status } = await this.nginx.get(`/v1/referrers/${wallet}`);
        const change = this.changes.get(wallet) ?? { told: "active" };

        assert.ok([change.told, change.asked].includes(status),
                  `${wallet} is ${status}`);
        change.told = status;
    }

    async checkAll({ afterStart = false } = {}) {
        const found = await this.check();

        await this.checkTotals(found);
        await this.checkWrites();

        if (afterStart) {
            await this.checkCut(found);
        }

        return found;
    }
}


/* Every trade of the ledger, page by page: signature → state. */
export async function bookedTrades(nginx) {
    const booked = new Map();
    let cursor = "";
    let page;

    do {
        page = await nginx.get(`/v1/trades?limit=${PAGE}${cursor}`);

        for (const { signature, state } of page.data) {
            assert.ok(!booked.has(signature), `${signature} is there twice`);
            booked.set(signature, state);
        }

        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (page.hasMore);

    return booked;
}


/* An exchange over a connection that is kept. */
function ask(url, { method = "GET", headers = {}, body, agent }) {
    return new Promise((resolve, reject) => {
        const request = http.request(url, { method, headers, agent });

        request.once("error", reject);
        request.once("response", (response) => {
            const pieces = [];

            response.on("data", (piece) => pieces.push(piece));
            response.once("error", reject);
            response.once("end", () => resolve({
                status: response.statusCode, headers: response.headers,
                body: Buffer.concat(pieces),
            }));
            response.once("close", () => reject(new Error("cut off")));
        });
        request.end(body);
    });
}
