/*
 * Checks what an edge says of a trade, without trusting it.
 *
 *     node verifier.mjs https://swap.example.com SIGNATURE
 *          [--key VERIFIER_KEY] [--since FILE] [--seq SEQ]
 *
 * This file asks the API and says what was checked; how things are checked is
 * docs/proofs.md, put into JavaScript in proofs.mjs.  Both need Node, nothing
 * else, and no code of the project.
 *
 *     --key     the key that the log must be signed by; without it the one
 *               that the edge shows
 *     --since   a checkpoint that was kept: the log must have grown from it;
 *               the newest is kept there in its place
 *     --seq     archivedSeq of a trade that was archived
 */

import fs from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { Wrong, checkConsistency, checkInclusion, commitment, eventName,
         fromBase58, fromBase64, fromHex, leafHash, must, readBody,
         readCheckpoint, readLeaf, shares } from "./proofs.mjs";


/* ---- answers of the API; `verifierKey` is whose log it has to be */

/* The checkpoint that an answer shows, and that it has that size and root. */
function shownCheckpoint(answer, size, verifierKey) {
    const checkpoint = readCheckpoint(answer.checkpoint, verifierKey);

    must(checkpoint.size === BigInt(size)
         && checkpoint.root.equals(fromHex(answer.root, 32, "the root")),
         "size and root aren't those of the checkpoint");

    return checkpoint;
}


/* GET /v1/ledger/head */
export function checkHead(head, verifierKey = head.verifierKey) {
    const checkpoint = shownCheckpoint(head, head.size, verifierKey);

    must(head.verifierKey === verifierKey && head.origin === checkpoint.origin,
         "the log isn't the one that was asked for");

    return checkpoint;
}


/* GET /v1/ledger/consistency?from=&to= */
export function checkGrowth(answer, old, now) {
    must(BigInt(answer.from) === old.size && BigInt(answer.to) === now.size,
         "the consistency proof is of other sizes");
    must(old.root.equals(fromHex(answer.fromRoot, 32, "fromRoot"))
         && now.root.equals(fromHex(answer.toRoot, 32, "toRoot")),
         "the consistency proof is of other trees");
    checkConsistency(old.size, now.size, readPath(answer.consistency),
                     old.root, now.root);
}


function readPath(hashes) {
    must(Array.isArray(hashes), "a path is no list");

    return hashes.map((one) => fromHex(one, 32, "a hash of a path"));
}


/* One of `events`: that it is in the tree, and what was booked. */
function checkEvent(event, { size, root }) {
    const bytes = fromBase64(event.leaf, 82, "the leaf");
    const leaf = readLeaf(bytes);
    const hash = leafHash(bytes);

    must(event.type === eventName(leaf.type) && BigInt(event.seq) === leaf.seq
         && event.time === new Date(Number(leaf.time)).toISOString()
         && BigInt(event.index) === leaf.seq - 1n,
         "the leaf is another event's");
    must(hash.equals(fromHex(event.leafHash, 32, "leafHash")),
         "leafHash isn't the leaf's hash");
    checkInclusion(hash, leaf.seq - 1n, size, readPath(event.inclusion), root);

    const body = Buffer.from(event.body, "base64");

    must(body.toString("base64") === event.body, "the body isn't base64");
    must(commitment(fromBase64(event.salt, 16, "the salt"), body)
         === leaf.commitment, "the leaf commits to another body");

    const read = { type: event.type, seq: leaf.seq, time: event.time,
                   body: readBody(leaf.type, body) };

    if (event.taker !== undefined) {
        must(opensTaker(event, read.body.takerCommitment),
             "the event commits to another taker");
    }

    return read;
}


/* Whether what an administrator is shown of a taker is what was booked. */
export function opensTaker({ taker, takerSalt }, takerCommitment) {
    return commitment(fromBase64(takerSalt, 16, "takerSalt"),
                      fromBase58(taker)) === takerCommitment;
}


/*
 * GET /v1/ledger/proof?trade=: what the log has of the trade.  `fee` is the
 * verified one where there is one, else an estimate.
 */
export function checkProof(answer, signature, verifierKey) {
    const checkpoint = shownCheckpoint(answer, answer.treeSize, verifierKey);
    const events = answer.events.map((one) => checkEvent(one, checkpoint));
    const last = (...types) => events.findLast(
        ({ type }) => types.includes(type));
    const executed = last("trade.executed", "trade.unknown");
    const verified = last("trade.verified");
    const archived = last("trade.archived");

    must(answer.signature === signature && events.every(
        ({ body }) => body.signature === signature),
         "the proof is of another trade");
    must(events.every(({ seq }, at) => at === 0 || seq > events[at - 1].seq),
         "the events aren't in their order");
    must(executed, "the trade itself isn't proved");

    const { fee, feeMint } = (verified ?? executed).body;
    const proved = { checkpoint, events, fee, feeMint, verified, archived,
                     executed, trade: executed.body };

    if (archived) {
        checkArchived(archived.body, proved);
    }

    return proved;
}


function checkArchived(archived, { executed, verified, fee, trade }) {
    const wallets = [1, 2, 3].map((level) => archived[`wallet${level}`]);
    const { levels } = shares(fee, trade.terms,
                              wallets.map((wallet) => wallet !== null));

    must(archived.executedSeq === executed.seq
         && archived.verifiedSeq === (verified?.seq ?? 0n),
         "the archived trade is of other events");
    must(archived.fee === fee && (!verified || levels.every((one, index) =>
        one === archived[`commission${index + 1}`])),
         "the archived trade has other shares");
}


/*
 * A trade of GET /v1/trades or /v1/referrers/{wallet}/trades says the same.
 * Gives the shares, recomputed, of the levels that earned.
 */
export function checkShown(shown, { trade, fee, feeMint, verified, executed }) {
    const told = shown.verifiedFee ?? shown.estimatedFee;

    must(shown.code === (trade.code || null)
         && shown.inputMint === trade.inputMint
         && shown.outputMint === trade.outputMint
         && BigInt(shown.inAmount) === trade.inAmount
         && BigInt(shown.outAmount) === trade.outAmount
         && BigInt(shown.seq) === executed.seq
         && (shown.verifiedFee !== null) === Boolean(verified),
         "the API shows another trade than was booked");
    must(shown.feeMint === feeMint && BigInt(told) === fee,
         "the API shows another fee than was booked");

    const earned = [1, 2, 3].map((level) => shown.commissions.find(
        (one) => one.level === level));
    const computed = shares(fee, trade.terms, earned.map(Boolean));

    must(earned.every((one, index) =>
        BigInt(one?.amount ?? 0) === computed.levels[index]),
         "the API shows other commissions than fee and terms give");

    return { ...computed, wallets: earned.map((one) => one?.wallet ?? null) };
}


/* ---- the command line */

const PAGES = 10;       /* of the newest trades, to find one in */

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true, options: {
            key: { type: "string" }, since: { type: "string" },
            seq: { type: "string" },
        } });
    const [edge, signature] = positionals;

    if (positionals.length !== 2) {
        throw new Wrong("usage: verifier.mjs URL SIGNATURE "
                        + "[--key VERIFIER_KEY] [--since FILE] [--seq SEQ]");
    }

    const say = (what, ...words) =>
        console.log(`${what.padEnd(12)}${words.join(" ")}`);
    const api = edge.replace(/\/$/, "").replace(/^(\w+:\/\/[^/]+)$/, "$1/v1");
    const proof = await get(`${api}/ledger/proof?trade=${signature}`
                            + (values.seq ? `&seq=${values.seq}` : ""));
    const head = await get(`${api}/ledger/head`);
    const verifierKey = values.key ?? head.verifierKey;
    const newest = checkHead(head, verifierKey);

    say("log", `${newest.origin}, ${newest.size} events`);
    say("signed by", verifierKey);

    const proved = checkProof(proof, signature, verifierKey);

    await follow(api, proved.checkpoint, newest);
    await keep(api, values.since, verifierKey, newest, head.checkpoint, say);

    for (const { type, seq, time } of proved.events) {
        say("in the log", `${type}, event ${seq}, ${time}`);
    }

    sayTrade(proved, say);

    const shown = await findShown(api, signature);

    if (shown === undefined) {
        say("not shown", `among the newest ${PAGES * 100} trades of the API:`,
            "who earned what isn't compared");
    } else {
        sayShares(checkShown(shown, proved), say);
    }
}


/* The log of an older checkpoint is the beginning of the newer one's. */
async function follow(api, old, now) {
    checkGrowth(await get(`${api}/ledger/consistency?from=${old.size}`
                          + `&to=${now.size}`), old, now);
}


async function keep(api, file, verifierKey, newest, note, say) {
    if (file === undefined) {
        return;
    }

    if (fs.existsSync(file)) {
        const old = readCheckpoint(fs.readFileSync(file, "utf8"), verifierKey);

        await follow(api, old, newest);
        say("grown from", `${old.size} events, of ${file}`);
    }

    fs.writeFileSync(file, note);
}


function sayTrade({ trade, fee, feeMint, verified }, say) {
    const { feeBps, discountBps, share1, share2, share3, partnerBps, tier } =
        trade.terms;

    say("trade", `${trade.inAmount} of ${trade.inputMint}`);
    say("", `for ${trade.outAmount} of ${trade.outputMint}`);
    say("terms", `${trade.code || "no code"}, ${tier}: ${feeBps} bps less`,
        `${discountBps}, ${partnerBps} to the partner, of that`,
        `${share1}, ${share2}, ${share3} to the levels`);
    say("fee", `${fee} of ${feeMint}`, verified ? "(verified)"
                                                 : "(estimated)");
}


function sayShares({ levels, wallets, platform, jupiter }, say) {
    for (const [index, wallet] of wallets.entries()) {
        if (wallet !== null) {
            say(`level ${index + 1}`, levels[index], "to", wallet);
        }
    }

    say("platform", platform);
    say("Jupiter", jupiter);
    say("right", "what the API shows is what was booked, to the unit");
}


async function findShown(api, signature) {
    let cursor = "";

    for (let page = 0; page < PAGES && cursor !== null; page++) {
        const { data, nextCursor } = await get(
            `${api}/trades?limit=100&cursor=${encodeURIComponent(cursor)}`);
        const shown = data.find((one) => one.signature === signature);

        if (shown) {
            return shown;
        }

        cursor = nextCursor;
    }

    return undefined;
}


async function get(url) {
    const response = await fetch(url);
    const text = await response.text();

    must(response.ok, `${url}: HTTP ${response.status} ${text}`);

    return JSON.parse(text);
}


if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    try {
        await main();
    } catch (error) {
        console.error(`wrong: ${error.message}`);
        process.exitCode = 1;
    }
}
