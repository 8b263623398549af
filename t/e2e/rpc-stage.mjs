/*
 * The stage of the tests of /rpc: a sandbox's cluster behind an edge, slots
 * that pass quickly, and raw exchanges with either.
 */

import assert from "node:assert/strict";

import { exchange, openStage } from "./edge.mjs";

/* The bound of the sandbox's pool; see its nginx.conf. */
export const MAX_LAG_MS = 2000;

/* A lag is seen when a node is asked next, and an answer takes its way. */
export const NOTICED_MS = 1500;

const FINALIZED_AFTER = 3;


/*
 * As openStage; slots have the real pace, which a pool needn't measure first,
 * and are finalized after three more.
 */
export async function openRpcStage(options = {}) {
    const stage = await openStage(options);

    await stage.control({
        commitment: { confirmed: 1, finalized: FINALIZED_AFTER },
    });

    return Object.assign(stage, {
        endpoint: { url: `${stage.url}/rpc`,
                    socketUrl: `${stage.url.replace("http", "ws")}/rpc`,
                    info: stage.info },
        cluster: stage.sandbox.cluster,
        chain: stage.sandbox.market.chain,
    });
}


/*
 * What is asked for is true now, or was when it was asked, or was a bound of
 * slots ago.
 */
export async function within({ chain }, ask, truth) {
    const bound = BigInt(Math.ceil((MAX_LAG_MS + NOTICED_MS)
                                   / chain.slots.slotMs));
    const before = truth();
    const told = BigInt(await ask());
    const after = truth();

    assert.ok(told <= after && told >= before - bound,
              `told ${told}, true were ${before} to ${after}`);

    return told;
}


/* What the edge couldn't have answered, in its own words, for a failure. */
export function unanswered(stage) {
    return stage.edge.errorLog.split("\n").filter(
        (line) => /is not answered by any node/.test(line)).slice(-5)
        .join("\n");
}


/* A body in, the answer's text out, both byte for byte. */
export async function post(url, body) {
    const answer = await exchange(url, {
        method: "POST", body,
        headers: { "content-type": "application/json" },
    });

    return { ...answer, text: answer.body.toString() };
}


/* One call; the answer as JSON, errors and all. */
export async function ask(url, method, ...params) {
    const { status, text } = await post(url, JSON.stringify(
        { jsonrpc: "2.0", id: 1, method, params }));

    assert.equal(status, 200, text);

    return JSON.parse(text);
}
