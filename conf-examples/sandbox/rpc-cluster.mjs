/*
 * What a node tells of the cluster and its money: validators, leaders, epochs,
 * fees that others bid, inflation and supply.  There is one validator.
 */

import { Keypair } from "@solana/web3.js";

import { commitment, contextSlot, envelope, invalid, list, slotNumber }
    from "./rpc-params.mjs";

const IDENTITY = Keypair.generate().publicKey.toBase58();
const VOTER = Keypair.generate().publicKey.toBase58();
const STAKE = 400_000_000_000_000_000n;
const SUPPLY = 600_000_000_000_000_000n;
const MOST_FEE_SLOTS = 150;
const MOST_LEADERS = 5000;
const SAMPLE_SEC = 60;
const MOST_SAMPLES = 720;


export function clusterMethods(node) {
    const { chain } = node;

    return {
        getIdentity: () => ({ identity: IDENTITY }),
        getClusterNodes: () => [{
            pubkey: IDENTITY, gossip: "127.0.0.1:8001", tpu: null,
            rpc: `127.0.0.1:${node.port}`, version: "4.2.2",
            featureSet: 3_640_012_085, shredVersion: 50_093,
        }],
        getVoteAccounts: (config) => ({
            current: [{ votePubkey: VOTER, nodePubkey: IDENTITY,
                        activatedStake: STAKE, commission: 5,
                        epochVoteAccount: true, epochCredits: [],
                        lastVote: node.slot(commitment(config)),
                        rootSlot: node.slot("finalized") }],
            delinquent: [],
        }),
        getSlotLeader: (config) => {
            contextSlot(node, config);

            return IDENTITY;
        },
        getSlotLeaders: (start, limit) => {
            slotNumber(start);

            if (!(limit >= 1 && limit <= MOST_LEADERS)) {
                throw invalid(`Invalid limit; max ${MOST_LEADERS}`);
            }

            return Array(limit).fill(IDENTITY);
        },
        getLeaderSchedule: (slot) => leaderSchedule(node, slot),
        getEpochSchedule: () => ({
            slotsPerEpoch: chain.slots.epoch(0n).slotsInEpoch,
            leaderScheduleSlotOffset: 432_000, warmup: false,
            firstNormalEpoch: 0, firstNormalSlot: 0,
        }),
        getRecentPrioritizationFees: (addresses = []) =>
            prioritizationFees(node, list(addresses, 128)),
        getRecentPerformanceSamples: (limit = MOST_SAMPLES) =>
            performanceSamples(node, limit),
        getInflationGovernor: () => ({
            initial: 0.08, terminal: 0.015, taper: 0.15, foundation: 0.05,
            foundationTerm: 7,
        }),
        getInflationRate: () => ({
            total: 0.041, validator: 0.041, foundation: 0,
            epoch: chain.slots.epoch(node.slot("finalized")).epoch,
        }),
        getStakeMinimumDelegation: (config) =>
            envelope(node, config, () => 1_000_000_000n),
        getSupply: (config) => envelope(node, config, () => ({
            total: SUPPLY, circulating: SUPPLY, nonCirculating: 0n,
            nonCirculatingAccounts: [],
        })),

        /* confirmed and finalized are two levels here: not migrated */
        getAgGenesisCert: () => null,
    };
}


function leaderSchedule(node, slot) {
    const asked = typeof slot === "number"
        ? slotNumber(slot) : node.slot("finalized");
    const { epoch } = node.chain.slots.epoch(node.slot("finalized"));

    /* the schedule of one leader is every slot; a few stand for them all */
    return node.chain.slots.epoch(asked).epoch > epoch + 1n
        ? null : { [IDENTITY]: [0, 1, 2, 3] };
}


function prioritizationFees(node, addresses) {
    const tip = node.seen("processed");

    return Array.from({ length: MOST_FEE_SLOTS }, (_, i) => ({
        slot: tip - BigInt(MOST_FEE_SLOTS - 1 - i),
        prioritizationFee: addresses.length > 0 ? 1000 : 0,
    }));
}


function performanceSamples(node, limit) {
    const numSlots = Math.round(SAMPLE_SEC * 1000 / node.chain.slots.slotMs);

    if (!(limit >= 0 && limit <= MOST_SAMPLES)) {
        throw invalid(`Invalid limit; max ${MOST_SAMPLES}`);
    }

    return Array.from({ length: Math.min(limit, 3) }, (_, i) => ({
        slot: node.seen("finalized") - BigInt(i * numSlots), numSlots,
        numTransactions: node.chain.transactionCount,
        numNonVoteTransactions: node.chain.transactionCount,
        samplePeriodSecs: SAMPLE_SEC,
    }));
}
