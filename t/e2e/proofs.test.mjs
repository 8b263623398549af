/*
 * What a referrer can check without trusting the edge: that their trade is in
 * the log, that their share follows from it, that the log only grows; and
 * that nobody learns from the log who traded.
 *
 * proofs.mjs, verifier.mjs and tiles.mjs check; none of them has code of ours.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Keypair } from "@solana/web3.js";

import { eventually, openStage } from "./edge.mjs";
import { ROOT } from "./nginx.mjs";
import { assertShows, fences, read } from "./pages.mjs";
import { checkConsistency, commitment, fromBase58, leafHash, readBody,
         readCheckpoint, readLeaf, sha256, shares, toBase58, treeRoot }
    from "./proofs.mjs";
import { followTiles } from "./tiles.mjs";
import { checkGrowth, checkHead, checkProof, checkShown, opensTaker }
    from "./verifier.mjs";

const PAGE = "docs/proofs.md";
const MORE_THAN_A_TILE = 300;       /* events */

const [TILES] = fences(PAGE).filter(({ language }) => language === "nginx");
const [SHOWN] = fences(PAGE).filter(({ language }) => language === "text");

const stage = await openStage({
    codes: { top: { tier: "premium" }, mid: { tier: "premium", parent: "top" },
             low: { tier: "premium", parent: "mid" } },
    server: TILES.text.replaceAll("/var/lib/jupref", "state"),
});
const admin = { headers: { authorization: `Bearer ${stage.edge.adminKey}` } };
const secrets = [];                 /* what mustn't be in the log */
const { verifierKey } = await stage.api("/v1/ledger/head");


async function trade(code, amount) {
    const trader = await stage.trader();
    const { order, executed } = await trader.swap(
        stage.pair("SOL", "USDC", amount, code ? { ref: code } : {}));

    assert.equal(executed.headers.get("jupref-trade"), "executed");
    secrets.push(trader.wallet, order.json.requestId);

    const { signature, slot } = executed.json;
    const fee = await stage.feeOnChain(signature, stage.mints.SOL);

    return { signature, slot: Number(slot), fee, trader };
}


function verify({ signature, slot, fee }) {
    return stage.admin("POST", `trades/${signature}/verify`,
                       { slot, fee: fee.toString() });
}


function proof(signature, options = {}) {
    return stage.api(`/v1/ledger/proof?trade=${signature}`, 200, options);
}


async function shown(signature) {
    const { data } = await stage.api("/v1/trades?limit=100");

    return data.find((one) => one.signature === signature);
}


async function head() {
    const answer = await stage.api("/v1/ledger/head");

    return { ...checkHead(answer, verifierKey), note: answer.checkpoint };
}


/* Each string with one character changed, each number changed, each path
 * too short and too long: where, and the whole with it. */
function* changed(value, where = "") {
    if (typeof value === "number") {
        yield [where, value + 1];
    } else if (typeof value === "string") {
        for (let at = 0; at < value.length; at++) {
            for (const bit of [1, 2]) {
                yield [`${where}[${at}]`, value.slice(0, at)
                    + String.fromCharCode(value.charCodeAt(at) ^ bit)
                    + value.slice(at + 1)];
            }
        }
    } else {
        for (const [name, member] of Object.entries(value)) {
            for (const [place, other] of changed(member, `${where}.${name}`)) {
                yield [place, Array.isArray(value)
                    ? value.with(name, other) : { ...value, [name]: other }];
            }

            if (typeof member === "string" && Array.isArray(value)) {
                yield [`less ${where}.${name}`, value.toSpliced(name, 1)];
                yield [`twice ${where}.${name}`,
                       value.toSpliced(name, 0, member)];
            }
        }
    }
}


function assertAllWrong(answer, check) {
    let tried = 0;

    check(answer);

    for (const [place, other] of changed(answer)) {
        assert.throws(() => check(other), undefined, place);
        tried++;
    }

    assert.ok(tried > 100);
}


/* Bytes below a line of the page's example, as hexadecimal. */
function example(title) {
    const [, lines] = new RegExp(`^    ${title}.*\n((?: {8}[0-9a-f]+\n)+)`, "m")
        .exec(read(PAGE));

    return Buffer.from(lines.replace(/\s/g, ""), "hex");
}


function counted(from, size) {
    return Buffer.from(Array.from({ length: size }, (_, at) => from + at));
}


test("the example of docs/proofs.md is right", () => {
    const salt = counted(0x80, 32);
    const bytes = example("public body");
    const body = readBody(8, bytes);
    const leaf = readLeaf(example("leaf, 82 bytes"));

    assert.equal(commitment(salt.subarray(16), counted(3, 32)),
                 body.takerCommitment);
    assert.equal(example("taker commitment").toString("hex"),
                 body.takerCommitment);
    assert.equal(commitment(salt.subarray(0, 16), bytes), leaf.commitment);
    assert.deepEqual(leafHash(example("leaf, 82 bytes")),
                     example("leaf hash"));

    assert.deepEqual(
        [leaf.type, leaf.seq, new Date(Number(leaf.time)).toISOString()],
        [8, 5n, "2025-11-22T19:00:00.123Z"]);
    assert.deepEqual(
        { ...body, takerCommitment: "", signature: "", messageHash: "",
          inputMint: "", outputMint: "", feeMint: "" },
        { takerCommitment: "", signature: "", messageHash: "", inputMint: "",
          outputMint: "", feeMint: "", code: "Ada",
          terms: { tier: "gold", feeBps: 100, discountBps: 10, share1: 2000,
                   share2: 500, share3: 100, partnerBps: 8000 },
          inAmount: 1_000_000_000n, outAmount: 150_000_000n, fee: 900_001n,
          volume: 150_000_000n, slot: 300_000_000n,
          lastValidBlockHeight: 280_000_150n, grantedBps: 90, router: "iris" });
    assert.equal(body.signature, toBase58(counted(1, 64)));
    assert.deepEqual(fromBase58(body.inputMint), counted(4, 32));
    assert.deepEqual(shares(body.fee, body.terms), {
        partner: 720_000n, levels: [144_000n, 36_000n, 7_200n],
        platform: 532_800n, jupiter: 180_001n });

    const [, note] = /\n((?:    .*\n){3}\n    — .*\n)/.exec(read(PAGE)
        .split("\n## An example\n")[1]);
    const key = read(PAGE).trimEnd().split("\n").at(-1).trim();

    assert.equal(readCheckpoint(note.replace(/^ {4}/gm, ""), key).size, 8n);
});


const terms = { low: ["low", "mid", "top"], mid: ["mid", "top"], none: [] };
const traded = {};

for (const [code, levels] of Object.entries(terms)) {
    test(`a trade that ${levels.length} levels earn on is proved, estimated `
         + "and verified", async () => {
        const one = await trade(code === "none" ? "" : code, 123_456_789n);
        const estimate = checkProof(await proof(one.signature), one.signature,
                                    verifierKey);

        assert.equal(estimate.verified, undefined);
        checkShown(await shown(one.signature), estimate);

        await verify(one);

        const proved = checkProof(await proof(one.signature), one.signature,
                                  verifierKey);
        const { platform, jupiter, wallets, levels: amounts } =
            checkShown(await shown(one.signature), proved);

        assert.deepEqual(proved.events.map(({ type }) => type),
                         ["trade.executed", "trade.verified"]);
        assert.equal(proved.fee, one.fee);
        assert.equal(proved.verified.body.slot, BigInt(one.slot));
        assert.equal(proved.trade.inAmount, 123_456_789n);
        assert.deepEqual(wallets.filter(Boolean), levels.map(
            (name) => stage.referrer(name).wallet));

        /* and it is what the referrers' balances have */
        for (const [index, name] of levels.entries()) {
            const { balances } = await stage.stats(name);
            const [{ pending }] = balances.filter(
                ({ mint }) => mint === stage.mints.SOL);

            assert.ok(amounts[index] > 0n);
            assert.ok(BigInt(pending) >= amounts[index]);
        }

        assert.equal(amounts.reduce((sum, amount) => sum + amount,
                                    platform + jupiter), one.fee);
        traded[code] = one;
    });
}


test("the API can't show other shares than were booked", async () => {
    const { signature } = traded.low;
    const proved = checkProof(await proof(signature), signature, verifierKey);
    const row = await shown(signature);

    checkShown(row, proved);

    const others = ["verifiedFee", "inAmount", "outAmount", "code", "feeMint",
                    "inputMint", "outputMint"].map(
        (name) => ({ ...row, [name]: `${row[name]}1` }));

    for (const [at, one] of row.commissions.entries()) {
        others.push({ ...row, commissions: row.commissions.with(
            at, { ...one, amount: `${BigInt(one.amount) + 1n}` }) });
    }

    assert.equal(others.length, 10);

    for (const other of others) {
        assert.throws(() => checkShown(other, proved), /^Wrong: the API shows/,
                      JSON.stringify(other));
    }
});


test("the log only grows", async () => {
    const old = await head();

    await trade("low", 10_000_000n);

    const now = await head();

    assert.ok(now.size > old.size);

    for (const from of [old, { size: 1n }, { size: 2n }, { size: 3n },
                        { size: now.size - 1n }, now]) {
        const answer = await stage.api(
            `/v1/ledger/consistency?from=${from.size}&to=${now.size}`);
        const root = from.root ?? Buffer.from(answer.fromRoot, "hex");

        checkGrowth(answer, { size: from.size, root }, now);
    }

    /* another log than the one that was seen */
    const answer = await stage.api(
        `/v1/ledger/consistency?from=${old.size}&to=${now.size}`);

    assert.throws(() => checkGrowth(answer, { ...old, root: sha256() }, now));
});


test("consistency is checked for every pair of sizes", () => {
    const hashes = Array.from({ length: 17 }, (_, at) => leafHash(
        Buffer.of(at)));
    const root = (size) => treeRoot(hashes.slice(0, Number(size)));

    /* RFC 9162, 2.1.4.1 */
    const path = (from, leaves, whole) => {
        if (from === leaves.length) {
            return whole ? [] : [treeRoot(leaves)];
        }

        let half = 1;

        while (2 * half < leaves.length) {
            half *= 2;
        }

        const [left, right] = [leaves.slice(0, half), leaves.slice(half)];

        return from <= half
            ? [...path(from, left, whole), treeRoot(right)]
            : [...path(from - half, right, false), treeRoot(left)];
    };

    for (let to = 1; to <= hashes.length; to++) {
        for (let from = 1; from <= to; from++) {
            const hashesOf = path(from, hashes.slice(0, to), true);
            const sizes = [BigInt(from), BigInt(to)];

            checkConsistency(...sizes, hashesOf, root(from), root(to));
            assert.throws(() => checkConsistency(
                ...sizes, [...hashesOf, sha256()], root(from), root(to)));
            assert.throws(() => checkConsistency(
                ...sizes, hashesOf, sha256(), root(to)));
            assert.throws(() => checkConsistency(
                ...sizes, hashesOf, root(from), sha256()));
        }
    }
});


test("a changed byte anywhere is found", async () => {
    const { signature } = traded.low;

    assertAllWrong(await proof(signature), (answer) =>
        checkProof(answer, signature, verifierKey));

    /* time and hash of the newest event are the API's word alone */
    const { time: _, head: __, ...answer } = await stage.api("/v1/ledger/head");

    assertAllWrong(answer, (one) => checkHead(one, verifierKey));

    const [old, now] = [{ size: 3n }, await head()];
    const growth = await stage.api(
        `/v1/ledger/consistency?from=${old.size}&to=${now.size}`);

    old.root = Buffer.from(growth.fromRoot, "hex");
    assertAllWrong(growth, (one) => checkGrowth(one, old, now));
});


test("a proof is one of the trade that was asked for, in this log alone",
     async () => {
    const answer = await proof(traded.low.signature);
    const { publicKey } = crypto.generateKeyPairSync("ed25519");
    const raw = Buffer.concat([Buffer.of(1), Buffer.from(
        publicKey.export({ format: "jwk" }).x, "base64url")]);
    const [name] = verifierKey.split("+");
    const id = sha256(Buffer.from(`${name}\n`), raw).toString("hex", 0, 4);

    assert.throws(() => checkProof(answer, traded.mid.signature, verifierKey),
                  /another trade/);
    assert.throws(() => checkProof(answer, traded.low.signature,
                                   `${name}+${id}+${raw.toString("base64")}`),
                  /isn't signed by the log's key/);
});


test("the taker is opened to an administrator alone", async () => {
    const { signature, trader } = traded.mid;
    const [open] = (await proof(signature)).events;
    const [opened] = (await proof(signature, admin)).events;
    const { takerCommitment } = readBody(8, Buffer.from(open.body, "base64"));

    assert.equal(open.taker, undefined);
    assert.equal(open.takerSalt, undefined);
    assert.equal(opened.taker, trader.wallet);
    assert.ok(opensTaker(opened, takerCommitment));
    assert.ok(!opensTaker({ ...opened, taker: stage.referrer("top").wallet },
                          takerCommitment));
    checkProof(await proof(signature, admin), signature, verifierKey);
});


test("the log can be followed by its tiles", async () => {
    const codes = Array.from({ length: MORE_THAN_A_TILE }, (_, at) =>
        `code-${at}`);
    const wallets = Array.from({ length: MORE_THAN_A_TILE / 60 }, () =>
        Keypair.generate().publicKey.toBase58());

    await Promise.all(wallets.map((wallet) => stage.admin(
        "POST", "referrers", { wallet, tier: "premium" }, 201)));
    await Promise.all(codes.map((code, at) => stage.admin(
        "POST", "codes", { code, wallet: wallets[at % wallets.length] }, 201)));

    const now = await head();
    const log = await followTiles(`${stage.url}/tiles`, verifierKey);

    assert.ok(log.checkpoint.size >= now.size);
    assert.ok(now.size > 256n);
    assert.ok(log.files.has("tile/0/000"));
    assert.ok(log.files.has("tile/entries/000"));
    assert.ok([...log.files.keys()].some((name) =>
        /^tile\/0\/001\.p\/\d+$/.test(name)));

    /* what was proved before is in it, and roots that were seen are its */
    assert.deepEqual(treeRoot(log.hashes.slice(0, Number(now.size))), now.root);

    for (const { signature } of Object.values(traded)) {
        for (const { seq, leafHash: hash } of (await proof(signature)).events) {
            assert.equal(log.hashes[seq - 1].toString("hex"), hash);
        }
    }

    /* the head of the tree is the one that answers with money tell */
    const answer = await fetch(`${stage.url}/v1/platform`);
    const [seq, hash] = answer.headers.get("jupref-ledger").split(":");

    await eventually("the tiles have it", async () => {
        const { hashes } = await followTiles(`${stage.url}/tiles`, verifierKey);

        return hashes[seq - 1]?.toString("hex") === hash;
    }, 10_000);
});


test("a changed byte of a tile, of entries or of the checkpoint is found",
     async () => {
    const log = await followTiles(`${stage.url}/tiles`, verifierKey);
    const whole = globalThis.fetch;
    const type = (name) => name === "checkpoint"
        ? "text/plain; charset=utf-8" : "application/octet-stream";

    try {
        for (const [name, bytes] of log.files) {
            const step = Math.max(1, Math.floor(bytes.length / 50));

            for (let at = 0; at < bytes.length; at += step) {
                const other = Buffer.from(bytes);

                other[at] ^= 1;
                globalThis.fetch = async (url) => {
                    const asked = url.slice(`${stage.url}/tiles/`.length);
                    const found = asked === name ? other : log.files.get(asked);

                    return new Response(found ?? "", {
                        status: found ? 200 : 404,
                        headers: { "content-type": type(asked) } });
                };
                await assert.rejects(
                    followTiles(`${stage.url}/tiles`, verifierKey),
                    undefined, `${name}, byte ${at}`);
            }
        }
    } finally {
        globalThis.fetch = whole;
    }
});


test("nobody learns from the log who traded", async () => {
    const { files } = await followTiles(`${stage.url}/tiles`, verifierKey);
    const state = path.join(stage.edge.dir, "state/tiles");
    const published = [...files.values()];

    for (const name of fs.readdirSync(state, { recursive: true })) {
        const file = path.join(state, name);

        if (fs.statSync(file).isFile()) {
            published.push(fs.readFileSync(file));
        }
    }

    for (const { signature } of Object.values(traded)) {
        const answer = await proof(signature);

        published.push(Buffer.from(JSON.stringify(answer)),
                       ...answer.events.flatMap(({ body, leaf }) =>
                           [body, leaf].map(
                               (one) => Buffer.from(one, "base64"))));
    }

    assert.ok(published.length > 10);
    assert.ok(secrets.length >= 8);

    for (const secret of secrets) {
        for (const form of formsOf(secret)) {
            assert.ok(published.every((bytes) => !bytes.includes(form)),
                      `${secret} is published`);
        }
    }

    /* the same search finds what is published */
    assert.ok(published.some((bytes) => bytes.includes(
        formsOf(stage.mints.SOL)[1])));
});


/* A wallet or a requestId: its text, its bytes, and these as texts. */
function formsOf(secret) {
    const bytes = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(secret)
        ? fromBase58(secret) : Buffer.from(secret.replaceAll("-", ""), "hex");
    const forms = [Buffer.from(secret)];

    if (bytes.length >= 16) {
        forms.push(bytes, Buffer.from(bytes.toString("hex")),
                   Buffer.from(bytes.toString("base64").slice(0, -4)));
    }

    return forms;
}


function commandLine(...args) {
    return new Promise((resolve) => execFile(
        process.execPath, [path.join(ROOT, "t/e2e/verifier.mjs"), ...args],
        { encoding: "utf8" }, (error, stdout, stderr) => resolve(
            { status: error?.code ?? 0, stdout, stderr })));
}


test("the command line says what it checked", async () => {
    const { signature } = traded.low;
    const kept = path.join(stage.edge.dir, "kept-checkpoint");
    const args = [stage.url, signature, "--key", verifierKey, "--since", kept];
    const first = await commandLine(...args);

    assert.equal(first.status, 0, first.stderr);
    assertShows(first.stdout, SHOWN.text, "the verifier");
    assert.match(first.stdout, new RegExp(
        `^level 3     \\d+ to ${stage.referrer("top").wallet}$`, "m"));
    assert.doesNotMatch(first.stdout, /^grown from/m);

    await trade("mid", 10_000_000n);

    const second = await commandLine(...args);

    assert.equal(second.status, 0, second.stderr);
    assert.match(second.stdout, /^grown from  \d+ events/m);

    /* a log that was seen otherwise, a trade that isn't there */
    fs.writeFileSync(kept, read(PAGE));
    assert.equal((await commandLine(...args)).status, 1);
    assert.match((await commandLine(stage.url, "1".repeat(64))).stderr,
                 /^wrong: .*HTTP 404/);
});
