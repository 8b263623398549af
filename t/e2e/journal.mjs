/*
 * State directories to break, and jupref-journal to look at them.
 *
 * `writeState` makes one without an nginx, by build/journal-writer; every
 * directory is removed when the test file ends.
 */

import { execFileSync, spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { ROOT } from "./nginx.mjs";

const TOOL = path.join(ROOT, "build/jupref-journal");
const WRITER = path.join(ROOT, "build/journal-writer");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "jupref-journal-"));
let states = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));


export function sealKey(id) {
    return `seal ${id} ${crypto.randomBytes(32).toString("hex")}\n`;
}


/* A keyring of these lines; its path. */
export function writeKeys(...lines) {
    const file = path.join(folder, `keys.${states++}`);

    fs.writeFileSync(file, lines.join(""), { mode: 0o600 });

    return file;
}


/* Trades, so many a segment; each full segment ends in a snapshot. */
export function writeState(keyring, { trades, each = 0, edge = "edge1" }) {
    const state = path.join(folder, `state.${states++}`);

    execFileSync(WRITER, [state, keyring, edge, String(trades), String(each)]);

    return state;
}


export function copyState(state) {
    const copy = path.join(folder, `state.${states++}`);

    fs.cpSync(state, copy, { recursive: true });

    return copy;
}


/* What a command says and how it ends. */
export function journal(command, state, keyring, ...options) {
    return journalWith([command, `--state=${state}`, `--keyring=${keyring}`,
                        ...options]);
}


export function journalWith(words) {
    const { status, signal, stdout, stderr } = spawnSync(
        TOOL, words, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });

    return { status: status ?? signal, stdout, stderr,
             words: stdout + stderr };
}


export function jsonLines(text) {
    return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}


/* Names of all files below a state directory. */
export function stateFiles(state) {
    return fs.readdirSync(state, { recursive: true })
        .filter((name) => fs.statSync(path.join(state, name)).isFile())
        .sort();
}


/* Changes bytes of a file in a copy of the state; the copy. */
export function damaged(state, name, change) {
    const copy = copyState(state);
    const file = path.join(copy, name);
    const changed = change(fs.readFileSync(file));

    if (changed === null) {
        fs.rmSync(file);
    } else {
        fs.writeFileSync(file, changed);
    }

    return copy;
}


/* Rows of CSV (RFC 4180) as objects. */
export function csvRows(text) {
    const lines = text.split("\r\n").slice(0, -1).map((line) =>
        [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
            ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));

    return lines.slice(1).map((cells) => Object.fromEntries(
        lines[0].map((name, i) => [name, cells[i]])));
}
