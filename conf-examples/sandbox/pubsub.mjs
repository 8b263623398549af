/*
 * Subscriptions of a node over websockets: account, logs, program, root,
 * signature and slot.
 *
 * The chain has no hooks: as long as somebody has subscribed to something, a
 * timer looks several times a slot at what the node sees by now, and says what
 * is new.  So what a lagging node tells comes late, and a frozen one is silent.
 */

import { WebSocketServer } from "ws";

import { encode, decode } from "./json.mjs";
import { API_VERSION, RpcError, commitment, invalid, key }
    from "./rpc-params.mjs";
import { accountMethods } from "./rpc-accounts.mjs";

const LOOKS_PER_SLOT = 4;
const SHORTEST_LOOK_MS = 5;

/* What a subscription is asked with, and what looks for news of it. */
const KINDS = {
    account: watchAccount,
    logs: watchLogs,
    program: watchProgram,
    root: watchRoot,
    signature: watchSignature,
    slot: watchSlot,
};


export class PubSub {
    #node;
    #server = new WebSocketServer({ noServer: true });
    #subscriptions = new Map();
    #timer = null;
    #count = 0;

    constructor(node) {
        this.#node = node;
        this.#server.on("connection", (socket) => this.#serve(socket));
    }

    /* How many sockets are open, and how many subscriptions on them. */
    get open() {
        return { sockets: this.#server.clients.size,
                 subscriptions: this.#subscriptions.size };
    }

    upgrade(request, socket, head) {
        if (!this.#node.settings.sockets) {
            socket.end("HTTP/1.1 503 Service Unavailable\r\n"
                       + "Content-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }

        this.#server.handleUpgrade(request, socket, head, (client) =>
            this.#server.emit("connection", client, request));
    }

    /* Breaks every connection, as a node that dies does. */
    close() {
        for (const socket of this.#server.clients) {
            socket.terminate();
        }

        this.#subscriptions.clear();
        this.#stopLooking();
    }

    #serve(socket) {
        socket.on("error", () => {});
        socket.on("message", (text) => this.#answer(socket, text.toString()));
        socket.on("close", () => {
            for (const [id, one] of this.#subscriptions) {
                if (one.socket === socket) {
                    this.#subscriptions.delete(id);
                }
            }
        });
    }

    #answer(socket, text) {
        let call = null;

        try {
            call = decode(text);
            this.#node.note({ method: call.method, params: call.params ?? [],
                              id: call.id, at: Date.now(), socket: true });
            socket.send(encode({ jsonrpc: "2.0",
                                 result: this.#call(socket, call),
                                 id: call.id }));
        } catch (error) {
            socket.send(encode({
                jsonrpc: "2.0", id: call?.id ?? null,
                error: error instanceof RpcError ? error.answer
                    : { code: -32700, message: "Parse error" },
            }));
        }
    }

    #call(socket, { method, params = [] }) {
        const [, kind, act] = /^([a-z]+)(Subscribe|Unsubscribe)$/.exec(method)
            ?? [];

        if (!Object.hasOwn(KINDS, kind ?? "")
            || this.#node.settings.missing.includes(method))
        {
            throw new RpcError(-32601, "Method not found");
        }

        return act === "Subscribe" ? this.#subscribe(socket, kind, params)
            : this.#unsubscribe(socket, params[0]);
    }

    #subscribe(socket, kind, params) {
        const id = ++this.#count;

        this.#subscriptions.set(id, {
            socket, kind, look: KINDS[kind](this.#node, ...params),
        });
        this.#startLooking();

        return id;
    }

    #unsubscribe(socket, id) {
        if (this.#subscriptions.get(id)?.socket !== socket) {
            throw invalid("Invalid subscription id.");
        }

        return this.#subscriptions.delete(id);
    }

    #startLooking() {
        const every = Math.max(SHORTEST_LOOK_MS,
                               this.#node.chain.slots.slotMs / LOOKS_PER_SLOT);

        this.#timer ??= setTimeout(() => {
            this.#timer = null;
            this.#look();
        }, every).unref();
    }

    #stopLooking() {
        clearTimeout(this.#timer);
        this.#timer = null;
    }

    #look() {
        for (const [id, { socket, kind, look }] of this.#subscriptions) {
            for (const { result, last } of look()) {
                socket.send(encode({ jsonrpc: "2.0",
                                     method: `${kind}Notification`,
                                     params: { result, subscription: id } }));

                if (last) {
                    this.#subscriptions.delete(id);
                }
            }
        }

        if (this.#subscriptions.size > 0) {
            this.#startLooking();
        }
    }
}


function inContext(slot, value) {
    return { result: { context: { apiVersion: API_VERSION, slot }, value } };
}


function watchSlot(node) {
    let last = node.seen("processed");

    return () => {
        const slot = node.seen("processed");

        if (slot === last) {
            return [];
        }

        last = slot;

        return [{ result: { slot: node.slot("processed"),
                            parent: node.slot("processed") - 1n,
                            root: node.slot("finalized") } }];
    };
}


function watchRoot(node) {
    let last = node.slot("finalized");

    return () => {
        const root = node.slot("finalized");

        if (root === last) {
            return [];
        }

        last = root;

        return [{ result: root }];
    };
}


/* Once, when it is there at the level asked for; then it is over. */
function watchSignature(node, signature, config) {
    const level = commitment(config);

    return () => {
        const record = node.record(signature, level);

        return record === null ? [] : [{
            ...inContext(node.slot(level), { err: record.meta.err }),
            last: true,
        }];
    };
}


function watchAccount(node, address, config) {
    const watched = key(address).toBase58();

    return watchAccounts(node, (one) => one === watched, config,
                         (_, account) => account);
}


function watchProgram(node, program, config) {
    const owner = key(program);
    const level = commitment(config);

    return watchAccounts(
        node, (one) => node.account(key(one), level)?.owner.equals(owner),
        config, (pubkey, account) => ({ pubkey, account }));
}


/* Those accounts that changed in what the node has seen since last time. */
function watchAccounts(node, isWatched, config, value) {
    const level = commitment(config);
    const { getAccountInfo } = accountMethods(node);
    let { count } = node.chain.changesAfter(0, node.seen(level));

    return () => {
        const changes = node.chain.changesAfter(count, node.seen(level));
        const addresses = new Set(changes.news.map(({ address }) => address));

        ({ count } = changes);

        return [...addresses].filter(isWatched).map((address) => inContext(
            node.slot(level),
            value(address, getAccountInfo(address, config).value)));
    };
}


/* `filter` is "all", "allWithVotes" or {mentions: [one address]}. */
function watchLogs(node, filter, config) {
    const level = commitment(config);
    const mentions = filter?.mentions?.map(key);
    let { count } = node.chain.recordsAfter(0, node.seen(level));

    return () => {
        const records = node.chain.recordsAfter(count, node.seen(level));

        ({ count } = records);

        return records.news.filter(({ keys }) => !mentions || mentions.some(
            (one) => keys.some((other) => other.equals(one))))
            .map(({ signature, meta }) => inContext(node.slot(level), {
                signature, err: meta.err, logs: meta.logMessages,
            }));
    };
}
