/*
 * The chain's time: slots that pass by the clock or when told, the height of
 * blocks, and blockhashes that expire after 150 blocks.
 *
 * A slot is not a block: slots may be skipped, then they have no block and
 * the height stands still.
 */

import crypto from "node:crypto";

import bs58 from "bs58";

const FIRST_SLOT = 447_200_000n;
const SKIPPED_BEFORE = 21_700_000n;      /* slots without a block until then */
const BLOCKHASH_LIFE = 150n;
const SLOTS_PER_EPOCH = 432_000n;

/* A node that lags takes a blockhash for valid longer than the others. */
const REMEMBERED_BLOCKS = 5_000n;

export const SLOT_MS = 214;


export class Slots {
    /* from when on slots are counted, and at what pace; the last one rules */
    #anchors = [{ at: Date.now(), slot: FIRST_SLOT, slotMs: SLOT_MS }];
    #gaps = [];
    #blockhashes = new Map();
    #salt = crypto.randomBytes(32);

    first = FIRST_SLOT;

    get tip() {
        const { at, slot, slotMs } = this.#anchors.at(-1);

        return slot + BigInt(Math.floor((Date.now() - at) / slotMs));
    }

    get slotMs() {
        return this.#anchors.at(-1).slotMs;
    }

    set slotMs(slotMs) {
        if (!(slotMs > 0)) {
            throw new Error(`slots of ${slotMs} ms: give a number above 0`);
        }

        this.#anchors.push({ at: Date.now(), slot: this.tip, slotMs });
    }

    /* So many slots pass at once, each with a block. */
    advance(slots) {
        const { slotMs, at } = this.#anchors.at(-1);
        const now = Date.now();

        /* what has passed of the slot that is has passed of the next one */
        this.#anchors.push({ slotMs, at: now - (now - at) % slotMs,
                             slot: this.tip + BigInt(slots) });
    }

    /* So many slots pass without a block, then one with. */
    skip(slots) {
        this.#gaps.push({ from: this.tip + 1n, count: BigInt(slots) });
        this.advance(BigInt(slots) + 1n);
    }

    /* When a slot was, in seconds; the same whenever one asks. */
    timeOf(slot) {
        const at = Math.max(0, this.#anchors.findLastIndex(
            (anchor) => anchor.slot <= slot));
        const anchor = this.#anchors[at];
        const then = anchor.at + Number(slot - anchor.slot) * anchor.slotMs;
        const end = this.#anchors[at + 1]?.at ?? Infinity;

        return BigInt(Math.floor(Math.min(then, end) / 1000));
    }

    hasBlock(slot) {
        return !this.#gaps.some(({ from, count }) =>
            slot >= from && slot < from + count);
    }

    /* The height of the block at a slot, or of the last one before it. */
    height(slot) {
        return this.#gaps.reduce((height, { from, count }) => {
            const skipped = slot - from + 1n;

            return skipped <= 0n ? height
                : height - (skipped < count ? skipped : count);
        }, slot - SKIPPED_BEFORE);
    }

    epoch(slot) {
        return { epoch: slot / SLOTS_PER_EPOCH,
                 slotIndex: slot % SLOTS_PER_EPOCH,
                 slotsInEpoch: SLOTS_PER_EPOCH };
    }

    /* The hash of a slot's block, or of the last one before it. */
    slotHash(slot) {
        while (!this.hasBlock(slot)) {
            slot--;
        }

        const digest = crypto.createHash("sha256").update(this.#salt)
            .update(slot.toString()).digest();

        return { slot, hash: bs58.encode(digest) };
    }

    /* That hash given out to send with: the same for whoever asks. */
    blockhash(slot) {
        const block = this.slotHash(slot);

        return this.#giveOut(block.hash, block.slot);
    }

    /* One of its own, so that two equal orders are two transactions. */
    uniqueBlockhash(slot) {
        return this.#giveOut(bs58.encode(crypto.randomBytes(32)), slot);
    }

    #giveOut(blockhash, slot) {
        const lastValidBlockHeight = this.height(slot) + BLOCKHASH_LIFE;

        this.#blockhashes.set(blockhash, { slot, lastValidBlockHeight });
        this.#forgetOld();

        return { blockhash, lastValidBlockHeight };
    }

    /* They stand in the order they were given out, about the oldest first. */
    #forgetOld() {
        const oldest = this.height(this.tip) - REMEMBERED_BLOCKS;

        for (const [blockhash, given] of this.#blockhashes) {
            if (given.lastValidBlockHeight >= oldest) {
                return;
            }

            this.#blockhashes.delete(blockhash);
        }
    }

    /* As a node sees it whose newest block is at `slot`. */
    isBlockhashValid(blockhash, slot) {
        const given = this.#blockhashes.get(blockhash);

        return given !== undefined && given.slot <= slot
            && this.height(slot) <= given.lastValidBlockHeight;
    }

    /* No blockhash given out so far is valid any more. */
    expireBlockhashes() {
        this.#blockhashes.clear();
        this.#salt = crypto.randomBytes(32);
    }
}
