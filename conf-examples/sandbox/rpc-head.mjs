/*
 * Where the chain is, as far as a node knows: slots, heights, blockhashes,
 * epochs, and how the node is.
 */

import { VersionedMessage } from "@solana/web3.js";

import { transactionFee } from "./chain.mjs";
import { API_VERSION, RpcError, commitment, contextSlot, envelope }
    from "./rpc-params.mjs";


export function headMethods(node) {
    const { chain } = node;

    return {
        getHealth: () => healthy(node),
        getVersion: () => ({ "solana-core": API_VERSION,
                             "feature-set": 3_640_012_085 }),
        getGenesisHash: () => node.genesisHash,
        getSlot: (config) => contextSlot(node, config),
        getBlockHeight: (config) => {
            contextSlot(node, config);

            return node.blockHeight(commitment(config));
        },
        getEpochInfo: (config) => {
            const absoluteSlot = contextSlot(node, config);

            return { absoluteSlot,
                     blockHeight: node.blockHeight(commitment(config)),
                     ...chain.slots.epoch(absoluteSlot),
                     transactionCount: chain.transactionCount };
        },
        getTransactionCount: (config) => {
            contextSlot(node, config);

            return chain.transactionCount;
        },
        getLatestBlockhash: (config) => envelope(node, config, (level) =>
            chain.slots.blockhash(node.seen(level))),
        isBlockhashValid: (blockhash, config) => envelope(
            node, config, (level) => node.isBlockhashValid(blockhash, level)),
        getFeeForMessage: (text, config) => envelope(
            node, config, (level) => feeForMessage(node, text, level)),
        getMaxShredInsertSlot: () => node.received + 1n,
        getMaxRetransmitSlot: () => node.received + 1n,
        getFirstAvailableBlock: () => node.firstSlot,
        minimumLedgerSlot: () => node.firstSlot,
        getHighestSnapshotSlot: () => ({ full: node.seen("finalized") / 100n
                                             * 100n, incremental: null }),
    };
}


export function healthy(node) {
    const numSlotsBehind = node.unhealthy;

    if (node.healthWord === "unknown") {
        throw new RpcError(-32005, "Node is unhealthy",
                           { numSlotsBehind: null });
    }

    if (numSlotsBehind > 0n) {
        throw new RpcError(-32005, `Node is behind by ${numSlotsBehind} slots`,
                           { numSlotsBehind });
    }

    return "ok";
}


function feeForMessage(node, text, level) {
    const message = VersionedMessage.deserialize(Buffer.from(text, "base64"));
    const signatures = Array(message.header.numRequiredSignatures).fill();

    return node.isBlockhashValid(message.recentBlockhash, level)
        ? transactionFee({ message, signatures }) : null;
}
