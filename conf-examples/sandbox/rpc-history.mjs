/*
 * What has happened: statuses, transactions, blocks.  A node may have pruned
 * its history, and then says so in one of the ways nodes do.
 */

import { transactionJson } from "./rpc-encoding.mjs";
import { RpcError, atLeastConfirmed, contextSlot, invalid, key,
         list, slotNumber, API_VERSION } from "./rpc-params.mjs";

const MOST_SIGNATURES = 256;
const MOST_HISTORY = 1000;
const MOST_BLOCKS = 500_000n;

/* The slots whose statuses a node has at hand, beyond the finalized one. */
const RECENT_SLOTS = 300n;

const GONE = {
    [-32001]: (slot, first) => `Block ${slot} cleaned up, does not exist on `
        + `node. First available block: ${first}`,
    [-32004]: (slot) => `Block not available for slot ${slot}`,
    [-32011]: () => "Transaction history is not available from this node",
    [-32019]: () => "Failed to query long-term storage; please try again",
    [-32020]: () => "Transaction not found",
    [-32021]: () => "No slot history",
};


export function historyMethods(node) {
    return {
        getSignatureStatuses: (signatures, config) => ({
            context: { apiVersion: API_VERSION, slot: node.slot("processed") },
            value: statuses(node, signatures, config),
        }),
        getTransaction: (signature, config) =>
            transaction(node, signature, readEncoding(config)),
        getSignaturesForAddress: (address, config) =>
            signatures(node, key(address), config),
        getBlock: (slot, config) =>
            block(node, slotNumber(slot), readEncoding(config)),
        getBlockTime: (slot) => blockTime(node, slotNumber(slot)),
        getBlocks: (first, last, config) => {
            const level = atLeastConfirmed(
                typeof last === "object" ? last : config);
            const end = typeof last === "number"
                ? slotNumber(last) : node.seen(level);

            return blocks(node, slotNumber(first), end, level);
        },
        getBlocksWithLimit: (first, limit, config) => {
            const start = slotNumber(first);
            const level = atLeastConfirmed(config);

            return blocks(node, start, node.seen(level), level,
                          Number(slotNumber(limit)));
        },
        getBlockCommitment: () => ({ commitment: null, totalStake: 1 }),
    };
}


/* The third parameter was once the encoding alone. */
function readEncoding(config) {
    return typeof config === "string" ? { encoding: config } : config ?? {};
}


/* Throws, or says that the node answers null, if the slot is pruned. */
function isGone(node, slot, usual) {
    const { historyAnswer } = node.settings;

    if (slot >= node.firstSlot) {
        return false;
    }

    const code = historyAnswer ?? usual;

    if (code === "null") {
        return true;
    }

    throw new RpcError(code, (GONE[code] ?? GONE[-32011])(slot,
                                                          node.firstSlot));
}


function statuses(node, signatures, config) {
    list(signatures, MOST_SIGNATURES);

    return signatures.map((signature) => {
        const record = node.record(signature);

        if (record === null) {
            return null;
        }

        const recent = record.slot >= node.seen("finalized") - RECENT_SLOTS;

        if (!recent && (!config?.searchTransactionHistory
                        || isGone(node, record.slot, "null")))
        {
            return null;
        }

        const { err } = record.meta;
        const confirmationStatus = node.commitment(record);

        return {
            slot: record.slot,
            confirmations: confirmationStatus === "finalized"
                ? null : node.seen("processed") - record.slot,
            err, status: err === null ? { Ok: null } : { Err: err },
            confirmationStatus,
        };
    });
}


function transaction(node, signature, config) {
    const record = node.record(signature, atLeastConfirmed(config));

    if (record === null || isGone(node, record.slot, "null")) {
        return null;
    }

    mustSupport(record, config);

    return transactionJson(record, config);
}


function mustSupport({ transaction: { version } }, config) {
    const most = config.maxSupportedTransactionVersion;

    if (version !== "legacy" && !(version <= most)) {
        throw new RpcError(-32015, `Transaction version (${version}) is `
            + "not supported by the requesting client. Please try the "
            + "request again with the following configuration parameter: "
            + `"maxSupportedTransactionVersion": ${version}`);
    }
}


function signatures(node, address, config) {
    const level = atLeastConfirmed(config);

    contextSlot(node, config);

    const limit = config?.limit ?? MOST_HISTORY;

    if (!(limit >= 1 && limit <= MOST_HISTORY)) {
        throw invalid(`Invalid limit; max ${MOST_HISTORY}`);
    }

    const records = node.chain.touching(address).filter(
        ({ slot }) => slot <= node.seen(level) && !isGone(node, slot, "null"));
    const place = (signature) => {
        const at = records.findIndex((one) => one.signature === signature);

        if (at < 0) {
            throw new RpcError(-32020, `Transaction ${signature} not found`);
        }

        return at;
    };
    const from = config?.before ? place(config.before) + 1 : 0;
    const to = config?.until ? place(config.until) : records.length;

    return records.slice(from, to).slice(0, limit).map((record) => ({
        signature: record.signature, slot: record.slot,
        err: record.meta.err, memo: null, blockTime: record.blockTime,
        confirmationStatus: node.commitment(record),
    }));
}


/* Throws unless the slot has a block; whether this node still has it. */
function mustHave(node, slot, level) {
    if (slot > node.seen(level)) {
        throw new RpcError(-32004, GONE[-32004](slot));
    }

    if (!node.chain.slots.hasBlock(slot)) {
        throw new RpcError(-32007, `Slot ${slot} was skipped, or missing due `
                           + "to ledger jump to recent snapshot");
    }

    return !isGone(node, slot, -32001);
}


function blockTime(node, slot) {
    return mustHave(node, slot, "finalized")
        ? node.chain.slots.timeOf(slot) : null;
}


function block(node, slot, config) {
    if (!mustHave(node, slot, atLeastConfirmed(config))) {
        return null;
    }

    const { slots } = node.chain;
    const records = node.chain.block(slot);
    const details = config.transactionDetails ?? "full";
    let parentSlot = slot - 1n;

    while (!slots.hasBlock(parentSlot)) {
        parentSlot--;
    }

    if (details === "full") {
        records.forEach((record) => mustSupport(record, config));
    }

    return {
        blockhash: slots.blockhash(slot).blockhash,
        previousBlockhash: slots.blockhash(parentSlot).blockhash,
        parentSlot, blockHeight: slots.height(slot),
        blockTime: slots.timeOf(slot),
        rewards: config.rewards === false ? undefined : [],
        signatures: details === "signatures"
            ? records.map(({ signature }) => signature) : undefined,
        transactions: details === "full" ? records.map((record) => {
            const { transaction: sent, meta, version } =
                transactionJson(record, config);

            return { transaction: sent, meta, version };
        }) : undefined,
    };
}


function blocks(node, first, last, level, limit = Infinity) {
    if (last - first > MOST_BLOCKS && limit === Infinity) {
        throw invalid(`Slot range too large; max ${MOST_BLOCKS}`);
    }

    const newest = last < node.seen(level) ? last : node.seen(level);
    const found = [];

    for (let slot = first; slot <= newest && found.length < limit; slot++) {
        if (slot >= node.firstSlot && node.chain.slots.hasBlock(slot)) {
            found.push(slot);
        }
    }

    return found;
}
