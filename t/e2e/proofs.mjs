/*
 * docs/proofs.md put into JavaScript, section by section: how events are
 * written, what a leaf commits to, how a fee is shared, the tree, and the
 * checkpoint.  All that doesn't hold is thrown as `Wrong`.
 *
 * No code of the project is in here and none of its packages: SHA-256 and
 * Ed25519 come from Node.
 */

import crypto from "node:crypto";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";


export class Wrong extends Error {
    name = "Wrong";
}


export function must(holds, why) {
    if (!holds) {
        throw new Wrong(why);
    }
}


export function sha256(...parts) {
    return crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
}


/* One way only to write bytes: what decodes alike isn't the same. */
export function fromHex(text, size, what) {
    must(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text),
         `${what} isn't hexadecimal`);
    must(size === undefined || text.length === 2 * size,
         `${what} isn't ${size} bytes`);

    return Buffer.from(text, "hex");
}


export function fromBase64(text, size, what) {
    const bytes = Buffer.from(text, "base64");

    must(bytes.toString("base64") === text, `${what} isn't base64`);
    must(bytes.length === size, `${what} isn't ${size} bytes`);

    return bytes;
}


export function toBase58(bytes) {
    let number = BigInt(`0x${bytes.toString("hex")}`);
    let text = "";

    for (; number > 0n; number /= 58n) {
        text = BASE58[number % 58n] + text;
    }

    for (let at = 0; bytes[at] === 0; at++) {
        text = `1${text}`;
    }

    return text;
}


export function fromBase58(text) {
    let number = 0n;

    must(typeof text === "string" && /^[1-9A-HJ-NP-Za-km-z]+$/.test(text),
         "an address isn't base58");

    for (const letter of text) {
        number = number * 58n + BigInt(BASE58.indexOf(letter));
    }

    const bytes = Buffer.from(number.toString(16).padStart(64, "0"), "hex");

    must(bytes.length === 32 && toBase58(bytes) === text,
         "an address isn't 32 bytes");

    return bytes;
}


/* ---- notation: fields one after the other, nothing behind the last */

class Fields {
    #bytes;
    #at = 0;

    constructor(bytes) {
        this.#bytes = bytes;
    }

    take(size) {
        must(this.#at + size <= this.#bytes.length, "a body is cut short");
        this.#at += size;

        return this.#bytes.subarray(this.#at - size, this.#at);
    }

    end() {
        must(this.#at === this.#bytes.length, "a body is too long");
    }
}

const hash = (fields) => fields.take(32).toString("hex");
const address = (size) => (fields) => {
    const bytes = fields.take(size);

    return bytes.every((byte) => byte === 0) ? null : toBase58(bytes);
};
const key = address(32);
const signature = address(64);
const u8 = (fields) => fields.take(1)[0];
const u16 = (fields) => fields.take(2).readUInt16LE();
const u32 = (fields) => fields.take(4).readUInt32LE();
const u64 = (fields) => fields.take(8).readBigUInt64LE();

function text(longest, pattern = /^/) {
    return (fields) => {
        const bytes = fields.take(u8(fields));
        const read = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
            .decode(bytes);

        must(bytes.length <= longest && bytes.at(-1) !== 0
             && pattern.test(read), `a text of a body is none: ${read}`);

        return read;
    };
}

const code = text(32, /^([A-Za-z0-9_-]{3,32})?$/);
const reason = text(64, /^\P{Cc}*$/u);

function oneOf(...values) {
    return (fields) => {
        const value = u8(fields);

        must(values.includes(value), `${value} is none of ${values}`);

        return value;
    };
}


/* ---- bodies */

const TERMS = { tier: text(24), feeBps: u16, discountBps: u16, share1: u16,
                share2: u16, share3: u16, partnerBps: u16 };

function terms(fields) {
    const read = readFields(fields, TERMS);

    must(read.share1 + read.share2 + read.share3 <= 10_000
         && read.partnerBps <= 10_000, "terms share out more than there is");

    return read;
}

const TRADE = {
    takerCommitment: hash, signature, code, terms, inputMint: key,
    outputMint: key, feeMint: key, inAmount: u64, outAmount: u64, fee: u64,
    volume: u64, slot: u64, lastValidBlockHeight: u64, grantedBps: u16,
    messageHash: hash, router: text(16),
};

const RULING = { signature, reason };

const INCIDENT = { kind: oneOf(1, 2, 3, 4, 5), detail: reason };

const ARCHIVED = {
    wallet1: key, commission1: u64, wallet2: key, commission2: u64,
    wallet3: key, commission3: u64, executedTime: u64, executedSeq: u64,
    verifiedSeq: u64, previous: u64, previousOfReferrer: u64,
    state: oneOf(1, 2, 3, 4, 5, 6, 7, 8, 9),
};

const BODIES = [
    null,
    ["referrer.registered", { wallet: key, parent: key, terms }],
    ["referrer.status", { wallet: key, status: oneOf(1, 2) }],
    ["referrer.tier", { wallet: key, terms }],
    ["code.created", { code, wallet: key, terms, ownTerms: oneOf(0, 1),
                       configured: oneOf(0, 1) }],
    ["code.retired", { code }],
    ["wallet.bound", { walletCommitment: hash, code }],
    ["clicks.counted", { code, count: u32 }],
    ["trade.executed", TRADE],
    ["trade.unknown", TRADE],
    ["orders.counted", { code, count: u32 }],
    ["trade.intent", TRADE],
    ["intent.closed", {}],
    ["trade.verified", { signature, feeMint: key, fee: u64, slot: u64 }],
    ["trade.rejected", RULING],
    ["trade.expired", RULING],
    ["hold.released", { cutoff: u64 }],
    ["trade.disputed", RULING],
    ["dispute.resolved", RULING],
    ["trade.reversed", RULING],
    ["trade.archived", { ...TRADE, ...ARCHIVED }],
    ["trade.unproved", RULING],
    ["fees.claimed", { signature, mint: key, amount: u64, slot: u64 }],
    ["fees.drifted", { mint: key, slot: u64, expected: u64, actual: u64,
                       unexplained: u64, missing: oneOf(0, 1) }],
    ["incident.raised", INCIDENT],
    ["incident.cleared", INCIDENT],
];

function readFields(fields, layout) {
    const read = {};

    for (const [name, one] of Object.entries(layout)) {
        read[name] = one(fields);
    }

    return read;
}


export function eventName(type) {
    must(Number.isInteger(type) && BODIES[type], `no event has type ${type}`);

    return BODIES[type][0];
}


export function readBody(type, bytes) {
    const fields = new Fields(bytes);

    eventName(type);

    const body = readFields(fields, BODIES[type][1]);

    fields.end();

    return body;
}


/* ---- a leaf, and what it commits to */

export function readLeaf(bytes) {
    const fields = new Fields(bytes);
    const leaf = readFields(fields, { version: u8, type: u8, seq: u64,
                                      time: u64, previous: hash,
                                      commitment: hash });

    fields.end();
    must(leaf.version === 1, `a leaf has version ${leaf.version}`);
    eventName(leaf.type);

    return leaf;
}


export function commitment(opening, bytes) {
    must(opening.length === 16, "an opening isn't 16 bytes");

    return sha256(opening, bytes).toString("hex");
}


/* ---- shares: whole base units, BigInt */

export function shares(fee, { partnerBps, share1, share2, share3 },
                       earns = [true, true, true]) {
    const part = (whole, bps) => whole * BigInt(bps) / 10_000n;
    const partner = part(fee, partnerBps);
    const levels = [share1, share2, share3].map(
        (share, level) => earns[level] ? part(partner, share) : 0n);
    const platform = levels.reduce((rest, one) => rest - one, partner);

    return { partner, levels, platform, jupiter: fee - partner };
}


/* ---- the tree */

export const leafHash = (leaf) => sha256(Buffer.of(0), leaf);
export const node = (left, right) => sha256(Buffer.of(1), left, right);


/* The root of a tree, from the hashes of all its leaves. */
export function treeRoot(hashes) {
    if (hashes.length < 2) {
        return hashes[0] ?? sha256();
    }

    let half = 1;

    while (2 * half < hashes.length) {
        half *= 2;
    }

    return node(treeRoot(hashes.slice(0, half)), treeRoot(hashes.slice(half)));
}


export function checkInclusion(hash, index, size, path, root) {
    must(index < size, "the leaf lies behind the tree");

    let [a, b, r] = [index, size - 1n, hash];

    for (const p of path) {
        must(b !== 0n, "the inclusion path is too long");

        if (a & 1n || a === b) {
            r = node(p, r);

            while (!(a & 1n) && a > 0n) {
                [a, b] = [a >> 1n, b >> 1n];
            }
        } else {
            r = node(r, p);
        }

        [a, b] = [a >> 1n, b >> 1n];
    }

    must(b === 0n && r.equals(root), "the leaf isn't in the tree");
}


export function checkConsistency(from, to, path, old, root) {
    must(0n < from && from <= to, "trees of such sizes can't be compared");

    if (from === to) {
        must(path.length === 0 && old.equals(root), "the tree isn't the same");
        return;
    }

    const hashes = (from & from - 1n) === 0n ? [old, ...path] : path;

    must(hashes.length > 0, "the consistency path is empty");

    let [a, b] = [from - 1n, to - 1n];

    while (a & 1n) {
        [a, b] = [a >> 1n, b >> 1n];
    }

    let [o, n] = [hashes[0], hashes[0]];

    for (const p of hashes.slice(1)) {
        must(b !== 0n, "the consistency path is too long");

        if (a & 1n || a === b) {
            [o, n] = [node(p, o), node(p, n)];

            while (!(a & 1n) && a > 0n) {
                [a, b] = [a >> 1n, b >> 1n];
            }
        } else {
            n = node(n, p);
        }

        [a, b] = [a >> 1n, b >> 1n];
    }

    must(b === 0n && o.equals(old) && n.equals(root),
         "the tree isn't the beginning of the newer one");
}


/* ---- the checkpoint: {origin, size, root}, if `verifierKey` signed it */

export function readCheckpoint(note, verifierKey) {
    const [, name, id, base64] =
        /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifierKey) ?? [];

    must(base64, "that is no verifier key");

    const keyed = fromBase64(base64, 33, "the verifier key");

    must(keyed[0] === 1 && id === sha256(Buffer.from(`${name}\n`), keyed)
        .toString("hex", 0, 4), "the verifier key isn't what its id says");

    const [, signed, origin, size, root, lines] =
        /^((.+)\n(0|[1-9]\d*)\n(.+)\n)\n((?:\u2014 \S+ \S+\n)+)$/.exec(note)
        ?? [];

    must(lines, "the checkpoint isn't a signed note of a log");
    must(origin === name && /^[!-~]{1,64}$/.test(origin)
         && !origin.includes("+"), "the checkpoint is another log's");

    const publicKey = crypto.createPublicKey({
        key: { kty: "OKP", crv: "Ed25519",
               x: keyed.subarray(1).toString("base64url") }, format: "jwk" });
    const good = lines.trimEnd().split("\n").some((line) => {
        const [, signer, proof] = line.split(" ");

        if (signer !== name) {
            return false;
        }

        const bytes = fromBase64(proof, 68, "the checkpoint's signature");

        return bytes.toString("hex", 0, 4) === id
            && crypto.verify(null, Buffer.from(signed), publicKey,
                             bytes.subarray(4));
    });

    must(good, "the checkpoint isn't signed by the log's key");

    return { origin, size: BigInt(size),
             root: fromBase64(root, 32, "the checkpoint's root") };
}
