/*
 * The pages of the documentation, and the tables in the C sources that they
 * describe, both as data.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { ROOT } from "./nginx.mjs";

const MODULE = "ngx_jupref_module";


export function read(file) {
    return fs.readFileSync(path.join(ROOT, file), "utf8");
}


/* Files below a folder that end so. */
export function files(folder, end) {
    return fs.readdirSync(path.join(ROOT, folder), { recursive: true })
        .map((name) => path.join(folder, name))
        .filter((name) => name.endsWith(end)).sort();
}


/* README, docs/ and the pages of the examples. */
export function pages() {
    return ["README.md", ...files("docs", ".md"),
            "conf-examples/sandbox/README.md"];
}


/* Fenced blocks of a page in order: {language, text, heading}. */
export function fences(page) {
    const found = [];
    let heading = "";
    let open = null;

    for (const line of read(page).split("\n")) {
        const fence = /^```(\w*)$/.exec(line);

        if (fence && !open) {
            open = { language: fence[1], text: "", heading };
        } else if (fence) {
            found.push(open);
            open = null;
        } else if (open) {
            open.text += `${line}\n`;
        } else if (/^#+ /.test(line)) {
            heading = line.replace(/^#+ /, "");
        }
    }

    assert.equal(open, null, `${page}: a fence is left open`);

    return found;
}


/* Headings of a page with what stands below each, up to the next one. */
export function sections(page) {
    const parts = withoutFences(read(page)).split(/^(?=#+ )/m);

    return parts.filter((part) => part.startsWith("#")).map((part) => {
        const [line, ...rest] = part.split("\n");

        return { heading: line.replace(/^#+ /, ""), text: rest.join("\n") };
    });
}


export function withoutFences(text) {
    return text.replace(/^```[^]*?^```$/gm, "");
}


/* Body cells of the tables under a heading, a row each. */
export function table(page, heading) {
    const section = sections(page).find((one) => one.heading === heading);

    assert.ok(section, `${page} has no heading "${heading}"`);

    return section.text.split("\n").filter((line) => line.startsWith("|"))
        .slice(2).map((line) => line.split(/(?<!\\)\|/).slice(1, -1)
            .map((cell) => cell.trim()));
}


/* What stands in `code` in a cell: every word of it. */
export function codeWords(cell) {
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
}


/* The initialiser of a table in a C source, comments gone. */
export function cTable(file, name) {
    const source = read(`${MODULE}/${file}`).replace(/\/\*[^]*?\*\//g, "");
    const at = source.search(new RegExp(`\\b${name}\\[\\w*\\] = \\{`));

    assert.notEqual(at, -1, `${file} has no table ${name}`);

    return source.slice(at, source.indexOf("\n};", at));
}


/* Rows of such a table: the cells of each `{ … }`, strings joined. */
export function cRows(file, name) {
    const rows = cTable(file, name).replace(/^[^{]*\{/, "");

    return [...rows.matchAll(/\{((?:"(?:\\.|[^"])*"|[^{}"])*)\}/g)].map(
        ([, row]) => row.replace(/"\s+"/g, "")
            .match(/ngx_string\("[^"]*"\)|"(?:\\.|[^"])*"|[^,\s]+/g)
            .map((cell) => cell.replace(/^ngx_string\((.*)\)$/, "$1")
                .replace(/^"(.*)"$/, "$1")));
}


/* [file, name] of every table of rows of a type in a room's C sources. */
export function cTables(folder, type) {
    return files(`${MODULE}/${folder}`, ".c").flatMap((file) =>
        [...read(file).matchAll(
            new RegExp(`^(?:static )?const ${type}\\s+(\\w+)\\[\\w*\\] = \\{`,
                       "gm"))]
            .map(([, name]) => [file.slice(MODULE.length + 1), name]));
}


/* All texts in the sources of a room, adjacent literals joined. */
export function cTexts(folder) {
    return files(`${MODULE}/${folder}`, ".c").flatMap((file) =>
        [...read(file).replace(/\/\*[^]*?\*\//g, "").replace(/"\s+"/g, "")
            .matchAll(/"((?:\\.|[^"\\\n])*)"/g)]
            .map(([, text]) => text.replace(/\\(["\\])/g, "$1")));
}


/* Runs a block of shell as a reader would, `replace` applied. */
export function runShell(text, { cwd, env = {}, replace = [] }) {
    for (const [from, to] of replace) {
        text = text.replaceAll(from, () => to);
    }

    return new Promise((resolve, reject) => {
        execFile("bash", ["-euo", "pipefail", "-c", text],
                 { cwd, env: { ...process.env, ...env }, encoding: "utf8" },
                 (error, stdout, stderr) => {
            if (error) {
                reject(new Error(`${text}${stdout}${stderr}${error.message}`));
            } else {
                resolve(stdout.replaceAll("\r\n", "\n"));
            }
        });
    });
}


/*
 * Every line of `expected` stands in `actual`, in that order.  An ellipsis is
 * anything; so is what differs from run to run.
 */
export function assertShows(actual, expected, what) {
    const lines = actual.split("\n");
    let at = 0;

    for (const line of expected.trimEnd().split("\n")) {
        const pattern = new RegExp("^" + line.trimEnd()
            .split("…").map(literally).join(".*") + "$");
        const found = lines.findIndex(
            (one, index) => index >= at && pattern.test(one.trimEnd()));

        assert.notEqual(found, -1,
                        `${what}: no line "${line}" in\n${actual}`);
        at = found + 1;
    }
}


const VARYING = [/^slot \d+$/, /^\d+\.\d s later$/, /^[1-9A-HJ-NP-Za-km-z]{32,}$/];

function literally(text) {
    return text
        .split(/([1-9A-HJ-NP-Za-km-z]{32,}|slot \d+|\d+\.\d s later)/)
        .map((part) => VARYING.find((one) => one.test(part))?.source
            .slice(1, -1) ?? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("");
}


/*
 * A documented JSON answer is the real one: same members in the same order,
 * same values, but for what differs from run to run: strings with an ellipsis,
 * times, keys, signatures, slots, places in the log, how much room there is.  A
 * list that ends in an ellipsis is any list.
 */
export function assertJson(actual, expected, what, name = "") {
    if (Array.isArray(expected)) {
        assert.ok(Array.isArray(actual), `${what}: no list`);

        if (expected.at(-1) === "…") {
            return;
        }

        assert.equal(actual.length, expected.length, `${what}: its length`);
        expected.forEach((one, index) => assertJson(
            actual[index], one, `${what}[${index}]`, name));
    } else if (expected !== null && typeof expected === "object") {
        assert.deepEqual(Object.keys(actual ?? {}), Object.keys(expected),
                         `${what}: its members`);

        for (const [key, value] of Object.entries(expected)) {
            assertJson(actual[key], value, `${what}.${key}`, key);
        }
    } else if (differs(expected, name)) {
        assert.equal(typeof actual, typeof expected, what);
    } else {
        assert.equal(actual, expected, what);
    }
}


function differs(value, name) {
    return ["slot", "capacity", "rowBytes", "events", "seq", "verifiedSeq",
            "size", "treeSize", "index", "to", "slotTimeUs", "referenceSlot",
            "blockHeight", "processed", "finalized", "lagMs", "latencyUs",
            "probes", "spared"].includes(name)
        || typeof value === "string"
           && (value.includes("…")
               || /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
               || /^[1-9A-HJ-NP-Za-km-z]{32,}$/.test(value));
}
