/*
 * What the methods of a node share: errors in a node's words, parameters that
 * are checked, and the envelope with the slot an answer is true for.
 */

import bs58 from "bs58";
import { PublicKey, VersionedTransaction } from "@solana/web3.js";

export const API_VERSION = "4.2.2";

const LEVELS = ["processed", "confirmed", "finalized"];
const LARGEST_TRANSACTION = 4096;


export class RpcError extends Error {
    constructor(code, message, data) {
        super(message);
        this.answer = { code, message, data };
    }
}


export function invalid(message) {
    return new RpcError(-32602, message);
}


export function commitment(config) {
    const level = config?.commitment ?? "finalized";

    if (!LEVELS.includes(level)) {
        throw invalid(`Invalid params: unknown commitment ${level}`);
    }

    return level;
}


/* For what a node serves of rooted and voted-on blocks only. */
export function atLeastConfirmed(config) {
    const level = commitment(config);

    if (level === "processed") {
        throw invalid("Method does not support commitment below `confirmed`");
    }

    return level;
}


/* The slot the node claims, which must have reached `minContextSlot`. */
export function contextSlot(node, config) {
    const slot = node.slot(commitment(config));
    const least = config?.minContextSlot;

    if (least !== undefined && least !== null && slot < BigInt(least)) {
        throw new RpcError(-32016, "Minimum context slot has not been reached",
                           { contextSlot: slot });
    }

    return slot;
}


/* `value` is asked for only when the slot is there. */
export function envelope(node, config, value) {
    const slot = contextSlot(node, config);

    return { context: { apiVersion: API_VERSION, slot },
             value: value(commitment(config)) };
}


export function key(text) {
    try {
        return new PublicKey(text);
    } catch {
        throw invalid("Invalid param: Invalid");
    }
}


/* At most so many of a list that is one. */
export function list(value, most) {
    if (!Array.isArray(value)) {
        throw invalid("Invalid params: expected a list");
    }

    if (value.length > most) {
        throw invalid(`Too many inputs provided; max ${most}`);
    }

    return value;
}


export function slotNumber(value) {
    if (!Number.isSafeInteger(value) || value < 0) {
        throw invalid("Invalid params: expected a slot");
    }

    return BigInt(value);
}


export function readTransaction(text, encoding) {
    let raw;

    if (typeof text !== "string") {
        throw invalid("Invalid params: expected a string");
    }

    try {
        raw = encoding === "base64"
            ? Buffer.from(text, "base64") : Buffer.from(bs58.decode(text));
    } catch {
        throw invalid(`invalid ${encoding} encoding`);
    }

    if (raw.length > LARGEST_TRANSACTION) {
        throw invalid(`decoded transaction too large: ${raw.length} bytes`);
    }

    try {
        return { raw, transaction: VersionedTransaction.deserialize(raw) };
    } catch (error) {
        throw invalid(`failed to deserialize transaction: ${error.message}`);
    }
}
