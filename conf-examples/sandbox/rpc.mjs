/*
 * Solana's JSON-RPC as one node speaks it: single calls and batches, a node's
 * own error codes and error data.
 *
 * The methods stand in tables, one per file (rpc-*.mjs).  A method gets its
 * parameters and returns the result; it throws an RpcError for anything a node
 * would answer with `error`.  What a node is told to do wrong comes first.
 */

import { decode, encode } from "./json.mjs";
import { accountMethods } from "./rpc-accounts.mjs";
import { clusterMethods } from "./rpc-cluster.mjs";
import { headMethods } from "./rpc-head.mjs";
import { historyMethods } from "./rpc-history.mjs";
import { RpcError, invalid } from "./rpc-params.mjs";
import { sendMethods } from "./rpc-send.mjs";
import { deliver, instead, pause, readWhims } from "./whims.mjs";

/* What a node that knows nothing answers, where that isn't null. */
const NOTHING = {
    getSignaturesForAddress: () => [],
    getSignatureStatuses: ([signatures]) => signatures.map(() => null),
    getMultipleAccounts: ([addresses]) => addresses.map(() => null),
    getTokenAccountsByOwner: () => [],
    getTokenAccountsByDelegate: () => [],
    getTokenLargestAccounts: () => [],
    getProgramAccounts: () => [],
    getBlocks: () => [],
    getBlocksWithLimit: () => [],
};

const ENVELOPED = ["getAccountInfo", "getMultipleAccounts",
                   "getSignatureStatuses", "getTokenAccountBalance",
                   "getTokenAccountsByDelegate", "getTokenAccountsByOwner",
                   "getTokenLargestAccounts", "getTokenSupply"];


export class Rpc {
    #node;
    #methods;

    constructor(node) {
        this.#node = node;
        this.#methods = {
            ...headMethods(node), ...clusterMethods(node),
            ...accountMethods(node), ...historyMethods(node),
            ...sendMethods(node),
        };
    }

    async handle(request, response, { body, whims, record = {} }) {
        const told = instead(whims);
        const { latencyMs, jitterMs } = this.#node.settings;
        const latency = latencyMs + Math.random() * jitterMs;

        await pause(latency / 2);
        record.answer = told ? { status: told.status, text: encode(told.body) }
            : this.#answer(request, body);
        await pause(latency / 2);
        await deliver(response, record.answer, new Map([
            ...readWhims(record.answer.travels ?? ""), ...whims]));
    }

    #answer(request, body) {
        let call;

        try {
            call = decode(body);
        } catch {
            return ok(failure(null, -32700, "Parse error"));
        }

        const batch = Array.isArray(call) ? call : [call];

        if (batch.length === 0) {
            return ok(failure(null, -32600, "Invalid request"));
        }

        const rules = batch.map((one) => this.#note(request, one,
                                                    batch.length));
        const travels = rules.map((rule) => rule?.do ?? "").join(",");
        const whole = rules.find((rule) => rule?.status !== undefined);

        if (whole !== undefined) {
            return { ...httpAnswer(whole), travels };
        }

        const answers = batch.map((one, i) => this.#call(one, rules[i]))
            .filter((answer) => answer !== null);

        if (Array.isArray(call) && answers.length > 0) {
            return { ...ok(answers), travels };
        }

        return answers.length === 0 ? { status: 200, text: "", travels }
            : { ...ok(answers[0]), travels };
    }

    /* Counts the call; the rule that says what is wrong with it, or null. */
    #note(request, call, members) {
        if (typeof call?.method !== "string") {
            return null;
        }

        this.#node.note({ method: call.method, params: call.params ?? [],
                          id: call.id, members, at: Date.now(),
                          path: request.url, headers: request.headers });

        return this.#node.script.next(call.method);
    }

    #call(call, rule) {
        if (call?.jsonrpc !== "2.0" || typeof call.method !== "string") {
            return failure(null, -32600, "Invalid request");
        }

        const answer = this.#outcome(call, rule);

        /* a notification is done, and not answered */
        return call.id === undefined ? null
            : { jsonrpc: "2.0", ...answer, id: call.id };
    }

    #outcome({ method, params = [] }, rule) {
        if (rule?.error !== undefined) {
            return { error: rule.error };
        }

        if (!Object.hasOwn(this.#methods, method)
            || this.#node.settings.missing.includes(method))
        {
            return { error: { code: -32601, message: "Method not found" } };
        }

        try {
            if (!Array.isArray(params)) {
                throw invalid("Invalid params: expected an array");
            }

            return { result: this.#result(method, params, rule) };
        } catch (error) {
            return { error: error instanceof RpcError ? error.answer
                : { code: -32603, message: `Internal error: ${error.message}`,
                  } };
        }
    }

    #result(method, params, rule) {
        if (rule?.result !== undefined) {
            return rule.result;
        }

        if (!rule?.nothing) {
            return this.#methods[method](...params);
        }

        const nothing = NOTHING[method]?.(params) ?? null;

        return ENVELOPED.includes(method)
            ? { ...this.#methods.getLatestBlockhash(), value: nothing }
            : nothing;
    }
}


function ok(answer) {
    return { status: 200, text: encode(answer) };
}


function httpAnswer({ status, headers, body = "" }) {
    return { status, headers,
             text: typeof body === "string" ? body : encode(body) };
}


function failure(id, code, message) {
    return { jsonrpc: "2.0", error: { code, message }, id };
}
