/*
 * Follows a log by its static files, as C2SP's tlog-tiles says
 * (https://c2sp.org/tlog-tiles): reads the checkpoint, then all tiles and
 * entries of a tree of that size, and recomputes every hash and the root.
 *
 * Like verifier.mjs it has no code of the project in it.
 */

import { leafHash, must, readCheckpoint, readLeaf, treeRoot }
    from "./proofs.mjs";

const WIDTH = 256;      /* hashes of a full tile, 32 bytes each */


/*
 * `prefix` is the address of the log.  Gives the checkpoint, the leaves as
 * they are read, and all `files` that were needed, by name.
 */
export async function followTiles(prefix, verifierKey) {
    const log = new Files(prefix);
    const note = await log.get("checkpoint", "text/plain; charset=utf-8");
    const checkpoint = readCheckpoint(note.toString(), verifierKey);
    const hashes = await readLevels(log, Number(checkpoint.size));

    must(treeRoot(hashes).equals(checkpoint.root),
         "the tiles have another root than the checkpoint");

    const entries = await readEntries(log, hashes);

    return { checkpoint, hashes, leaves: readChain(entries, hashes),
             files: log.files };
}


class Files {
    constructor(prefix) {
        this.prefix = prefix;
        this.files = new Map();
    }

    async get(name, type = "application/octet-stream") {
        const bytes = await this.find(name, type);

        must(bytes, `${name} isn't there`);

        return bytes;
    }

    async find(name, type = "application/octet-stream") {
        const response = await fetch(`${this.prefix}/${name}`);
        const bytes = Buffer.from(await response.arrayBuffer());

        if (response.status !== 200) {
            return null;
        }

        must(response.headers.get("content-type") === type,
             `${name} is sent as ${response.headers.get("content-type")}`);
        this.files.set(name, bytes);

        return bytes;
    }

    /* A tile, or the beginning of it that a tree of that size has. */
    async tile(level, index, width) {
        const name = `tile/${level}/${place(index)}`;
        const partial = width < WIDTH
            ? await this.find(`${name}.p/${width}`) : null;

        return partial ?? this.get(name);
    }
}


/* 1234067 is x001/x234/067 */
function place(index) {
    const digits = String(index);
    const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0")
        .match(/\d{3}/g);

    return groups.map((group, at) =>
        at < groups.length - 1 ? `x${group}` : group).join("/");
}


/* Index and width of the tiles of a level that has so many hashes. */
function tilesOf(count) {
    return Array.from({ length: Math.ceil(count / WIDTH) }, (_, index) =>
        [index, Math.min(WIDTH, count - index * WIDTH)]);
}


/* The leaves' hashes; those above must be what those below make. */
async function readLevels(log, size) {
    let below = null;
    let leaves = [];

    for (let level = 0, count = size; count > 0;
         level++, count = Math.floor(count / WIDTH)) {
        const hashes = [];

        for (const [index, width] of tilesOf(count)) {
            const bytes = await log.tile(level, index, width);

            must(bytes.length % 32 === 0 && bytes.length >= 32 * width,
                 `tile ${level}/${index} isn't ${width} hashes`);

            for (let at = 0; at < width; at++) {
                hashes.push(bytes.subarray(32 * at, 32 * at + 32));
            }
        }

        if (below) {
            hashes.forEach((hash, index) => must(hash.equals(treeRoot(
                below.slice(index * WIDTH, (index + 1) * WIDTH))),
                `hash ${index} of level ${level} isn't what is below it`));
        } else {
            leaves = hashes;
        }

        below = hashes;
    }

    return leaves;
}


async function readEntries(log, hashes) {
    const entries = [];

    for (const [index, width] of tilesOf(hashes.length)) {
        const bytes = await log.tile("entries", index, width);

        for (let at = 0, left = width; left > 0; left--) {
            const size = bytes.readUInt16BE(at);
            const entry = bytes.subarray(at + 2, at + 2 + size);

            must(leafHash(entry).equals(hashes[entries.length]),
                 `entry ${entries.length} isn't what its tile says`);
            entries.push(entry);
            at += 2 + size;
        }
    }

    return entries;
}


/* Leaves count from 1, and each says which one was before it. */
function readChain(entries, hashes) {
    const leaves = entries.map(readLeaf);

    leaves.forEach(({ seq, previous }, index) => must(
        seq === BigInt(index) + 1n && previous === (index === 0
            ? "00".repeat(32) : hashes[index - 1].toString("hex")),
        `leaf ${index} doesn't follow the one before`));

    return leaves;
}
