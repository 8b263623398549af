/*
 * jupref-journal, from outside: what it finds in a state directory that
 * somebody or something has changed, and what it makes of it.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { copyState, csvRows, damaged, journal, journalWith, jsonLines,
         sealKey, stateFiles, writeKeys, writeState } from "./journal.mjs";
import { ROOT } from "./nginx.mjs";
import { cRows, codeWords, read, table } from "./pages.mjs";

const run = promisify(execFile);

const oldKey = sealKey("old");
const keys = writeKeys(oldKey);
const state = writeState(keys, { trades: 12, each: 5 });

const FIRST = "journal/00000000000000000001.segment";
const segments = stateFiles(state).filter((name) => /\.segment$/.test(name));
const snapshots = stateFiles(state).filter((name) => /\.snapshot$/.test(name));
const HEADER = 172;                     /* bytes of a segment's header */


function stat(of, keyring = keys) {
    return JSON.parse(journal("stat", of, keyring, "--json").stdout);
}


/* The records that a finding of `verify --json` is about, and its file. */
function findings(of, keyring = keys, ...options) {
    const { status, stdout } = journal("verify", of, keyring, "--json",
                                       ...options);
    const lines = jsonLines(stdout);

    return { status, sum: lines.at(-1), faults: lines.slice(0, -1) };
}


function smash(at, length = 16) {
    return (bytes) => {
        bytes.fill(0xa5, at, at + length);
        return bytes;
    };
}


test("a good state is good, and every record of it is folded", () => {
    const { status, sum, faults } = findings(state);

    assert.equal(status, 0);
    assert.deepEqual(faults, []);
    assert.equal(sum.good, true);
    assert.equal(sum.segments, segments.length);
    assert.equal(sum.folded, sum.records);
    assert.equal(sum.lastSeq, sum.syncedSeq);
    assert.equal(sum.snapshotsCompared, snapshots.length);
    assert.equal(sum.mints, 2);
});


test("any byte of any file that is changed is found, and its file named",
     async () => {
    const small = writeState(keys, { trades: 2, each: 2 });
    const flip = path.join(ROOT, "build/journal-flip");
    const copies = [small, copyState(small)];
    const halves = await Promise.all(copies.map((copy, part) =>
        run(flip, [copy, keys, String(part), "2"])));
    const bytes = stateFiles(small).reduce((sum, name) =>
        sum + fs.statSync(path.join(small, name)).size, 0);

    for (const { stdout } of halves) {
        assert.equal(stdout, `${bytes} positions, 0 not named\n`);
    }
});


test("a changed byte is no harm to the command itself", async () => {
    const small = writeState(keys, { trades: 2, each: 2 });
    const flip = path.join(ROOT, "build/journal-flip-asan");

    await run(flip, [small, keys, "17", "101"]);
});


test("a file that ends early or is gone is named", () => {
    for (const name of stateFiles(state)) {
        const size = fs.statSync(path.join(state, name)).size;

        for (const end of [0, 1, size >> 1, size - 1]) {
            const cut = damaged(state, name, (bytes) => bytes.subarray(0, end));
            const { status, faults } = findings(cut);

            assert.equal(status, 1, `${name} cut to ${end}`);
            assert.ok(faults.some(({ file }) => file === name
                                  || file.startsWith(path.dirname(name))),
                      `${name} cut to ${end}: ${JSON.stringify(faults)}`);
        }
    }

    for (const name of ["identity", "synced", ...segments]) {
        const { status } = findings(damaged(state, name, () => null));

        assert.equal(status, 1, name);
    }
});


test("records that are missing between segments are told by their numbers",
     () => {
    const [, second, third] = segments;
    const from = Number(/(\d+)\./.exec(second)[1]);
    const to = Number(/(\d+)\./.exec(third)[1]) - 1;
    const { faults } = findings(damaged(state, second, () => null));
    const missing = faults.find(({ fault }) => fault === "missing");

    assert.equal(missing.file, segments[0]);
    assert.deepEqual([missing.from, missing.to], [from, to]);
});


test("reading goes on behind what is broken, and every fault is told", () => {
    let broken = damaged(state, FIRST, smash(HEADER + 400));

    broken = damaged(broken, segments[2], smash(HEADER + 700));

    const { faults, sum } = findings(broken);

    assert.deepEqual(faults.map(({ fault, file }) => [fault, file]),
                     [["record", FIRST], ["record", segments[2]]]);
    assert.ok(sum.records >= sum.lastSeq - 4);

    for (const { seq, at, text } of faults) {
        assert.match(text, new RegExp(`at byte ${at}: record ${seq} .*; `));
    }
});


test("a key that isn't in the keyring is named, and another one's is no help",
     () => {
    const other = writeKeys(sealKey("new"));
    const { status, faults } = findings(state, other);

    assert.equal(status, 1);
    assert.ok(faults.every(({ fault }) => fault === "key_unknown"));
    assert.match(faults[0].text, /sealed by key "old"/);

    const same = findings(state, writeKeys(sealKey("old")));

    assert.equal(same.status, 1);
    assert.equal(same.sum.records, 0);
});


test("another edge's state, and one of a newer format, are named", () => {
    const { status, faults } = findings(state, keys, "--edge=edge2");

    assert.equal(status, 1);
    assert.ok(faults.every(({ fault }) => fault === "other_edge"));
    assert.match(faults[0].text, /"edge1", not of "edge2"/);

    const newer = findings(damaged(state, FIRST, (bytes) => {
        bytes.writeUInt32LE(2, 8);
        return bytes;
    }));

    assert.equal(newer.faults[0].fault, "format_newer");
    assert.equal(newer.faults[0].file, FIRST);
});


test("a stranger among the segments is named", () => {
    const copy = copyState(state);

    fs.writeFileSync(path.join(copy, "journal/notes.txt"), "");

    const { status, faults } = findings(copy);

    assert.equal(status, 1);
    assert.equal(faults[0].file, "journal/notes.txt");
});


test("repair says that a good state needs none", () => {
    const { status, stdout } = journal("repair", state, keys);

    assert.equal(status, 0);
    assert.match(stdout, /nothing to repair/);
});


test("repair mends a single wrong byte, and nothing is lost", () => {
    for (const name of [...segments, "identity"]) {
        const size = fs.statSync(path.join(state, name)).size;

        for (const at of [3, 60, 120, size - 5]) {
            const broken = damaged(state, name, (bytes) => {
                bytes[at] ^= 0x10;
                return bytes;
            });
            const before = fs.readFileSync(path.join(broken, name));
            const said = journal("repair", broken, keys);

            assert.equal(said.status, 1);
            assert.match(said.stdout, new RegExp(`would mend "${name}": byte `
                                                 + `${at} `));
            assert.deepEqual(fs.readFileSync(path.join(broken, name)), before);

            assert.equal(journal("repair", broken, keys, "--yes").status, 0);
            assert.deepEqual(fs.readFileSync(path.join(broken, name)),
                             fs.readFileSync(path.join(state, name)));
            assert.equal(journal("verify", broken, keys).status, 0);
        }
    }
});


test("repair cuts the journal before the first record that can't be had, "
     + "tells what goes, and keeps it", () => {
    const plain = writeState(keys, { trades: 12 });
    const broken = damaged(plain, FIRST, smash(HEADER + 2000));
    const [{ seq }] = findings(broken).faults;
    const { lastSeq } = findings(plain).sum;
    const lost = `lost: ${lastSeq - seq + 1} records, ${seq} to ${lastSeq}, of `
        + `which ${lastSeq - seq + 1} had been synced`;
    const before = fs.readFileSync(path.join(broken, FIRST));
    const said = journal("repair", broken, keys);

    assert.equal(said.status, 1);
    assert.ok(said.stdout.includes(lost), said.stdout);
    assert.match(said.stdout, new RegExp(`would cut "${FIRST}"`));

    const done = journal("repair", broken, keys, "--yes");

    assert.equal(done.status, 0);
    assert.ok(done.stdout.includes(lost), done.stdout);

    const [, aside] = /kept in ".*\/(repaired-[^"]+)"/.exec(done.stdout);

    assert.deepEqual(fs.readFileSync(path.join(broken, aside, FIRST)), before);

    const { status, sum } = findings(broken);

    assert.equal(status, 0);
    assert.equal(sum.lastSeq, seq - 1);
    assert.equal(sum.syncedSeq, seq - 1);
});


test("damage before a snapshot costs history, not the ledger", () => {
    const broken = damaged(state, segments[1], smash(HEADER + 500));
    const { status, stdout } = journal("repair", broken, keys);

    assert.equal(status, 0);
    assert.match(stdout, /nginx starts on this, from a snapshot behind/);
    assert.deepEqual(stat(broken).trialBalance, stat(state).trialBalance);
});


test("a journal that is gone comes back from the newest snapshot", () => {
    const seq = Number(/(\d+)\./.exec(snapshots.at(-1))[1]);
    const broken = copyState(state);

    fs.rmSync(path.join(broken, "journal"), { recursive: true });
    fs.mkdirSync(path.join(broken, "journal"), { mode: 0o700 });
    fs.rmSync(path.join(broken, "synced"));

    const { status, stdout } = journal("repair", broken, keys, "--yes");

    assert.equal(status, 0, stdout);
    assert.match(stdout, new RegExp(`up to event ${seq};`));
    assert.match(journal("repair", broken, keys).stdout, /nginx starts/);
    assert.equal(stat(broken).tables.trades.rows, 10);
});


test("snapshots, tiles and synced that are broken are made again", () => {
    for (const name of [...snapshots, "synced",
                        ...stateFiles(state).filter(
                            (one) => one.startsWith("tiles/tile"))]) {
        const broken = damaged(state, name, smash(20));

        assert.equal(journal("verify", broken, keys).status, 1, name);

        const { status, stdout } = journal("repair", broken, keys, "--yes");

        assert.equal(status, 0, stdout);
        assert.match(stdout, /no record is lost/);
        assert.equal(journal("verify", broken, keys).status, 0, name);
    }
});


/* As a running nginx has it behind the last record, and a crash leaves it. */
function withRoom(of, ...names) {
    return names.reduce((copy, name) => damaged(copy, name, (bytes) =>
        Buffer.concat([bytes, Buffer.alloc(20_000)])), of);
}


test("room behind a segment's records is no fault and isn't counted", () => {
    const roomy = withRoom(state, ...segments);
    const { status, sum, faults } = findings(roomy);

    assert.equal(status, 0);
    assert.deepEqual(faults, []);
    assert.equal(sum.folded, sum.records);
    assert.match(journal("repair", roomy, keys).stdout, /nothing to repair/);
    assert.deepEqual(stat(roomy), stat(state));
    assert.equal(journal("dump", roomy, keys).stdout,
                 journal("dump", state, keys).stdout);
});


test("rewrap takes room away", () => {
    const roomy = withRoom(state, ...segments);
    const both = writeKeys(sealKey("2026b"), oldKey);

    assert.equal(journal("rewrap", roomy, both).status, 0);

    for (const name of segments) {
        assert.equal(fs.statSync(path.join(roomy, name)).size,
                     fs.statSync(path.join(state, name)).size, name);
    }
});


test("a changed byte in room is found; where a segment follows, it is damage "
     + "that repair mends", () => {
    const [first] = segments;
    const last = segments.at(-1);
    const size = (name) => fs.statSync(path.join(state, name)).size;
    const changed = (name, at) => damaged(
        withRoom(state, name), name, (bytes) => {
            bytes[size(name) + at] = 0x40;
            return bytes;
        });

    for (const at of [0, 5, 11, 12, 4000, 19_999]) {
        const torn = findings(changed(last, at));

        assert.equal(torn.status, 0);
        assert.deepEqual(torn.faults.map(({ note, file, at }) =>
            [note, file, at]), [["torn", last, size(last)]]);
        assert.match(torn.faults[0].text,
                     new RegExp(`the last ${at + 1} bytes`));

        const broken = changed(first, at);
        const { status, faults } = findings(broken);

        assert.equal(status, 1);
        assert.deepEqual(faults.map(({ fault, file, at }) =>
            [fault, file, at]), [["record", first, size(first)]]);

        const { stdout } = journal("repair", broken, keys);

        assert.match(stdout, new RegExp(`would mend "${first}": byte `
                                        + `${size(first) + at} becomes 0x00`));
        assert.equal(journal("repair", broken, keys, "--yes").status, 0);
        assert.equal(findings(broken).status, 0);
        assert.equal(stat(broken).events, stat(state).events);
    }
});


test("records that have become zeros are missed as records cut off are", () => {
    for (const [name, fault] of [[FIRST, "missing"],
                                 [segments.at(-1), "short"]]) {
        const zeroed = findings(damaged(state, name, (bytes) =>
            bytes.fill(0, HEADER)));
        const cut = findings(damaged(state, name, (bytes) =>
            bytes.subarray(0, HEADER)));

        assert.equal(zeroed.status, 1);
        assert.equal(zeroed.faults[0].fault, fault);
        assert.equal(zeroed.faults[0].at, HEADER);
        assert.deepEqual(zeroed.faults, cut.faults);
    }
});


test("repair cuts no room that nothing is wrong with", () => {
    const last = segments.at(-1);
    const roomy = withRoom(damaged(state, last, (bytes) => {
        bytes[HEADER + 40] ^= 1;
        return bytes;
    }), last);
    const done = journal("repair", roomy, keys, "--yes");

    assert.equal(done.status, 0, done.stdout);
    assert.match(done.stdout, /mend "/);
    assert.doesNotMatch(done.stdout, /cut "/);
    assert.equal(findings(roomy).status, 0);

    const broken = withRoom(damaged(state, last, smash(HEADER + 700)), last);
    const [{ at }] = findings(broken).faults;

    assert.equal(journal("repair", broken, keys, "--yes").status, 0);
    assert.equal(fs.statSync(path.join(broken, last)).size, at);
});


test("repair leaves alone what isn't damage", () => {
    const other = writeKeys(sealKey("new"));
    const copy = copyState(state);
    const { status, words } = journal("repair", copy, other, "--yes");

    assert.equal(status, 1);
    assert.match(words, /that isn't damage, and nothing is changed/);
    assert.equal(journal("verify", copy, keys).status, 0);
});


test("rewrap moves everything to the new key, which then opens it alone",
     () => {
    const copy = copyState(state);
    const newKey = sealKey("2026b");
    const both = writeKeys(newKey, oldKey);
    const alone = writeKeys(newKey);
    const files = 1 + segments.length + snapshots.length;

    assert.equal(findings(copy, alone).status, 1);

    const { status, stdout } = journal("rewrap", copy, both);

    assert.equal(status, 0);
    assert.equal(stdout, `${files} files moved to key "2026b", 0 were there `
                         + "already, 0 left, 0 failed\n");
    assert.deepEqual(stat(copy, alone).keys.map(({ id }) => id), ["2026b"]);
    assert.equal(findings(copy, alone).status, 0);
    assert.equal(findings(copy, keys).status, 1);
    assert.match(journal("rewrap", copy, alone).stdout, /^0 files moved/);
    assert.deepEqual(stateFiles(copy).filter((name) => name !== "lock"),
                     stateFiles(state).filter((name) => name !== "lock"));
});


test("dump has every event, with its chain", () => {
    const events = jsonLines(journal("dump", state, keys).stdout);
    const { types } = stat(state);

    events.forEach((event, i) => {
        assert.equal(event.seq, i + 1);
        assert.equal(event.previous, i ? events[i - 1].hash : "0".repeat(64));
        assert.match(event.time, /^2026-11-2\dT\d\d:00:00\.000Z$/);
    });

    for (const [type, { count }] of Object.entries(types)) {
        assert.equal(events.filter((one) => one.type === type).length, count);
    }

    const executed = events.find(({ type }) => type === "trade.executed");

    assert.equal(executed.inAmount, "1000001");
    assert.equal(executed.code, "amy");
    assert.equal(executed.terms.chargedBps, 90);
    assert.deepEqual(executed.terms.sharesBps, [4000, 500, 100]);
    assert.equal(events[1].actor, "ops");

    const told = (wanted) => {
        const { seq, time, edge, edgeSeq, actor, hash, previous, salt,
                ...rest } = events.find(({ type }) => type === wanted);

        return rest;
    };

    assert.equal(told("trade.unproved").reason, "history_gone");
    assert.deepEqual(told("fees.claimed"), {
        type: "fees.claimed", signature: told("fees.claimed").signature,
        mint: told("fees.drifted").mint, amount: "5000", slot: 400000008 });
    assert.deepEqual(told("fees.drifted"), {
        type: "fees.drifted", mint: executed.inputMint, slot: 400000009,
        expected: "31000", actual: "30992", unexplained: "8",
        missing: true });
    assert.deepEqual(told("incident.raised"), {
        type: "incident.raised", kind: "fee_drift",
        detail: "so much is missing" });
    assert.equal(told("incident.cleared").kind, "fee_drift");

    const part = jsonLines(journal("dump", state, keys, "--from=7",
                                   "--to=9").stdout);

    assert.deepEqual(part, events.slice(6, 9));
});


/* What the terms make of a fee, in whole base units. */
function split(row, fee) {
    const partner = fee * BigInt(row.partnerBps) / 10_000n;
    const levels = [1, 2, 3].map((level) => row[`level${level}`]
        ? partner * BigInt(row[`share${level}Bps`]) / 10_000n : 0n);
    const given = levels.reduce((sum, one) => sum + one, 0n);

    return { jupiterCut: fee - partner, platform: partner - given, levels };
}


test("what is exported recomputes, and sums up to the trial balance", () => {
    const { stdout } = journal("export", state, keys, "--from=2026-11-20",
                               "--to=2026-11-21");
    const rows = csvRows(stdout);
    const booked = new Map();
    const add = (mint, account, amount) => {
        const key = `${mint} ${account}`;

        booked.set(key, (booked.get(key) ?? 0n) + amount);
    };

    assert.equal(rows.length, 12);
    assert.deepEqual([...new Set(rows.map(({ status }) => status))].sort(),
                     ["available", "disputed", "executed", "rejected",
                      "reversed", "unknown", "verified"]);

    for (const row of rows) {
        const fee = BigInt(row.verifiedFee || row.estimatedFee);
        const { jupiterCut, platform, levels } = split(row, fee);
        const account = { verified: "pending", available: "available",
                          disputed: "disputed" }[row.status];

        assert.equal(row.jupiterCut, String(jupiterCut), row.signature);
        assert.equal(row.platform, String(platform));
        assert.deepEqual([row.commission1, row.commission2, row.commission3],
                         levels.map(String));

        if (account) {
            add(row.feeMint, "jupiter_unclaimed", fee);
            add(row.feeMint, "jupiter_cut", jupiterCut);
            add(row.feeMint, "platform", platform);
            levels.forEach((amount) => add(row.feeMint, account, amount));
        }
    }

    for (const { mint, accounts } of stat(state).trialBalance) {
        let sum = 0n;

        for (const [name, { debit, credit }] of Object.entries(accounts)) {
            const held = BigInt(debit) - BigInt(credit);

            sum += held;
            assert.equal(held < 0n ? -held : held,
                         booked.get(`${mint} ${name}`) ?? 0n,
                         `${mint} ${name}`);
        }

        assert.equal(sum, 0n);
    }

    assert.equal(rows.find(({ status }) => status === "disputed").reason,
                 'says "not mine", twice');
});


test("export writes a file a day, each with its own trades", () => {
    const long = writeState(keys, { trades: 40, each: 15 });
    const out = copyState(state);       /* any directory */
    const { status } = journal("export", long, keys, "--from=2026-11-19",
                               "--to=2026-11-22", `--out=${out}`);
    const day = (date) => csvRows(fs.readFileSync(
        path.join(out, `trades-${date}.csv`), "utf8"));

    assert.equal(status, 0);
    assert.deepEqual(["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]
                     .map((date) => day(date).length), [0, 23, 17, 0]);
    assert.ok(day("2026-11-21").every(({ executedAt }) =>
        executedAt.startsWith("2026-11-21T")));
    assert.equal(fs.statSync(path.join(out, "trades-2026-11-20.csv")).mode
                 & 0o777, 0o600);

    const damage = journal("export", damaged(long, FIRST, smash(HEADER + 300)),
                           keys, "--from=2026-11-20", "--to=2026-11-20");

    assert.equal(damage.status, 1);
    assert.equal(damage.stdout, "");
});


test("stat tells sizes, keys and what a zone has room for", () => {
    const told = stat(state);
    const sized = JSON.parse(journal("stat", state, keys, "--json",
                                     "--zone=64m").stdout);
    const records = Object.values(told.types).reduce(
        (sum, { bytes }) => sum + bytes, 0);

    assert.equal(told.edge, "edge1");
    assert.equal(told.running, false);
    assert.equal(told.segments.reduce((sum, { events }) => sum + events, 0),
                 told.events);
    assert.equal(told.segments.reduce((sum, { bytes }) => sum + bytes, 0),
                 records + HEADER * told.segments.length);
    assert.deepEqual(told.keys, [{ id: "old", segments: segments.length,
                                   snapshots: snapshots.length,
                                   identity: true }]);
    assert.equal(told.tables.trades.capacity, undefined);
    assert.ok(sized.tables.trades.capacity > 50_000);
    assert.match(journal("stat", state, keys, "--zone=64m").stdout,
                 /^trades +12 +\d+ +0%$/m);
});


test("arguments that aren't known are refused by name", () => {
    const refused = [
        [["verify", "--state=x"], "--keyring must be given"],
        [["verify", "--state=x", "--keyring=y", "--yes"],
         'takes no option "--yes"'],
        [["dump", "--state=x", "--keyring=y", "--form=1"],
         'unknown option "--form=1"'],
        [["repair", "--state=x", "--keyring=y", "--ye"],
         'unknown option "--ye"'],
        [["dump", "--state=x", "--keyring=y", "more"],
         'unknown argument "more"'],
        [["verify", "--state=x", "--state=y", "--keyring=y"],
         '"--state" is given twice'],
        [["mend"], 'there is no command "mend"'],
    ];

    for (const [words, complaint] of refused) {
        const { status, stderr } = journalWith(words);

        assert.equal(status, 2);
        assert.ok(stderr.includes(complaint), stderr);
    }

    for (const [command, ...options] of [
        ["dump", "--from=0"], ["dump", "--from=5", "--to=4"],
        ["stat", "--zone=1m"], ["stat", "--zone=much"],
        ["export", "--from=2026-11-31", "--to=2026-12-01"],
        ["export", "--from=2026-11-20"],
    ]) {
        assert.equal(journal(command, state, keys, ...options).status, 2);
    }
});


test("what can't be read is told from what is broken", () => {
    const open = writeKeys(oldKey);

    fs.chmodSync(open, 0o644);

    assert.equal(journal("verify", "/nonexistent", keys).status, 3);
    assert.equal(journal("verify", state, "/nonexistent").status, 3);
    assert.match(journal("verify", state, open).stderr, /is open to others/);
    assert.match(journal("verify", state, writeKeys("cookie 1 00\n")).stderr,
                 /line 1 of keyring/);
    assert.match(journal("verify", "/tmp", keys).stderr,
                 /is no state directory/);
});


test("docs/journal.md has every command, its options, and every fault", () => {
    const page = "docs/journal.md";
    const takes = { JUPREF_TAKES_RANGE: ["--from", "--to"],
                    JUPREF_TAKES_OUT: ["--out"], JUPREF_TAKES_ZONE: ["--zone"],
                    JUPREF_TAKES_JSON: ["--json"],
                    JUPREF_TAKES_YES: ["--yes"] };
    const commands = cRows("log/tool/jupref_tool.c", "jupref_commands").map(
        (cells) => [cells[0], cells.slice(2).flatMap(
            (cell) => takes[cell] ?? [])]);

    assert.equal(commands.length, 6);
    assert.deepEqual(table(page, "jupref-journal")
        .filter(([first]) => first.startsWith("["))
        .map(([name, options]) => [codeWords(name)[0], codeWords(options).map(
            (one) => one.split("=")[0])]), commands);

    const faults = [...read("ngx_jupref_module/log/jupref_fault.c").matchAll(
        /\[JUPREF_FAULT_\w+\] = \{ "(\w+)"/g)].map(([, name]) => name);

    assert.deepEqual(table(page, "verify").flatMap(([name]) => codeWords(name))
        .sort(), faults.filter((name) => name !== "none").sort());
});
