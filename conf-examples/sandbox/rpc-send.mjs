/*
 * Sending: preflight as the node sees the chain, then onto the chain itself,
 * where everybody sees it.  A node may take a transaction and lose it.
 */

import crypto from "node:crypto";

import bs58 from "bs58";

import { firstSignature } from "./chain.mjs";
import { errorText } from "./errors.mjs";
import { accountJson } from "./rpc-accounts.mjs";
import { healthy } from "./rpc-head.mjs";
import { RpcError, commitment, contextSlot, envelope, key, readTransaction }
    from "./rpc-params.mjs";


export function sendMethods(node) {
    return {
        requestAirdrop: (address, lamports) =>
            node.chain.airdrop(key(address), BigInt(lamports)),
        sendTransaction: (text, config) => send(node, text, config ?? {}),
        simulateTransaction: (text, config) => envelope(
            node, config, (level) => simulate(node, text, config ?? {},
                                              level)),
    };
}


function send(node, text, config) {
    const { raw, transaction } = readTransaction(text,
                                                 config.encoding ?? "base58");
    const level = { commitment: config.preflightCommitment,
                    minContextSlot: config.minContextSlot };

    contextSlot(node, level);

    if (!config.skipPreflight) {
        healthy(node);

        const outcome = preflight(node, raw, transaction, commitment(level));

        if (outcome !== null && outcome.err !== null) {
            throw new RpcError(-32002, "Transaction simulation failed: "
                               + errorText(outcome.err),
                               simulation(outcome));
        }
    }

    land(node, raw, transaction);

    return node.settings.wrongSignature
        ? bs58.encode(crypto.randomBytes(64)) : firstSignature(transaction);
}


/* What the node's own bank makes of it; null if it can't say a thing. */
function preflight(node, raw, transaction, level) {
    const signature = firstSignature(transaction);
    const refused = (err) => ({ err, logs: [], unitsConsumed: 0 });

    if (node.record(signature) !== null) {
        return refused("AlreadyProcessed");
    }

    if (!node.isBlockhashValid(transaction.message.recentBlockhash, level)) {
        return refused("BlockhashNotFound");
    }

    /* landed already, and this node doesn't know */
    return node.chain.find(signature) === null
        ? node.chain.simulate(raw) : null;
}


function land(node, raw, transaction) {
    const { sends, landsAfter } = node.settings;

    if (sends === "drop") {
        return;
    }

    if (landsAfter > 0) {
        node.chain.processLater(raw, landsAfter);
    } else if (node.chain.refusal(transaction) === null) {
        node.chain.process(raw);
    }
}


function simulate(node, text, config, level) {
    const { raw, transaction } = readTransaction(text,
                                                 config.encoding ?? "base58");
    const { recentBlockhash } = transaction.message;

    if (!config.replaceRecentBlockhash
        && !node.isBlockhashValid(recentBlockhash, level))
    {
        return simulation({ err: "BlockhashNotFound", logs: [],
                            unitsConsumed: 0 });
    }

    const outcome = node.chain.simulate(raw);
    const wanted = config.accounts?.addresses;

    return {
        ...simulation(outcome),
        accounts: wanted?.map((address) => {
            const account = outcome.accounts.get(address);

            return account === undefined ? null
                : accountJson(account, { encoding: "base64" });
        }) ?? null,
        innerInstructions: config.innerInstructions
            ? outcome.innerInstructions : undefined,
        replacementBlockhash: config.replaceRecentBlockhash
            ? node.chain.slots.blockhash(node.seen(level)) : null,
    };
}


function simulation({ err, logs, unitsConsumed }) {
    return { err, logs, unitsConsumed, accounts: null, innerInstructions: null,
             returnData: null, replacementBlockhash: null };
}
