/*
 * The documentation against the sources: what the tables in the C files have
 * is described, nothing else is, and what can be tried without a server holds.
 */

import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, test } from "node:test";

import { PEOPLE } from "../../conf-examples/sandbox/edge.mjs";
import { Nginx, ROOT, writeKeyring } from "./nginx.mjs";
import { cRows, cTable, cTables, cTexts, codeWords, fences, files, pages,
         read, sections, table, withoutFences } from "./pages.mjs";

const HTTP = "http/ngx_http_jupref";
const DIRECTIVES = "docs/directives.md";
const CONTEXTS = { NGX_HTTP_MAIN_CONF: "http", NGX_HTTP_LOC_CONF: "location",
                   NGX_HTTP_UPS_CONF: "upstream",
                   NGX_HTTP_JUPREF_ANY: "http, server, location" };

const nginx = new Nginx();

after(() => nginx.stop());


function directives() {
    return cRows(`${HTTP}_module.c`, "ngx_http_jupref_commands")
        .map(([name, where]) => [name, CONTEXTS[where.split("|")[0]]]);
}


function variables() {
    return [...cRows(`${HTTP}_variables.c`, "ngx_http_jupref_variables"),
            ...cRows(`${HTTP}_rpc_variables.c`,
                     "ngx_http_jupref_rpc_variables")]
        .map(([name]) => name).filter((name) => name.startsWith("jupref_"));
}


/* Of all tables of families; each ends with a row without a name. */
function families() {
    return cTables("http", "ngx_http_jupref_family_t")
        .flatMap(([file, table]) => cRows(file, table))
        .filter(([name]) => name !== "NULL")
        .map(([name, type]) => type === "1" ? [`${name}_total`, "counter"]
            : [name, type === "2" ? "histogram" : "gauge"]);
}


/* First words of a table's rows, the rest as cells. */
function described(page, heading) {
    return table(page, heading).map(([first, ...cells]) =>
        [codeWords(first)[0], ...cells]);
}


test("every directive is described, with its context", () => {
    const known = directives();

    assert.equal(known.length, 25);

    for (const page of [DIRECTIVES, "README.md"]) {
        assert.deepEqual(described(page, "Directives").map(
            ([name, where]) => [name, where]).sort(), [...known].sort());
    }

    assert.deepEqual(sections(DIRECTIVES).slice(1).map(
        ({ heading }) => heading).sort(), known.map(([name]) => name).sort());

    for (const { heading, text } of sections(DIRECTIVES).slice(1)) {
        assert.match(text, new RegExp(`\\*\\*syntax\\*\\* \`${heading}[ ;]`));
        assert.match(text, /\*\*default\*\* /);
        assert.ok(fences(DIRECTIVES).some((one) => one.language === "nginx"
            && one.heading === heading && one.text.includes(heading)), heading);
    }
});


test("every variable is described", () => {
    assert.deepEqual(["Variables", "Variables of RPC calls"].flatMap(
        (heading) => described("docs/variables.md", heading))
        .map(([name]) => name).sort(),
                     variables().map((name) => `$${name}`).sort());
});


test("every metric is described, and every reason", () => {
    assert.deepEqual(["Families", "Families of nodes", "Families of proof",
                      "Families of the gateway"].flatMap(
        (heading) => described("docs/metrics.md", heading)).map(
        ([name, type]) => [name, type]), families());

    const levels = { NGX_LOG_INFO: "info", NGX_LOG_WARN: "warn",
                     NGX_LOG_ERR: "error" };

    assert.deepEqual(
        described("docs/metrics.md", "Reasons of jupref_unattributed_total")
            .map(([name, level]) => [name, level]),
        cRows(`${HTTP}_counters.c`, "ngx_http_jupref_reasons")
            .map(([name, level]) => [name, levels[level]]));

    assert.deepEqual(
        described("docs/metrics.md", "Reasons of jupref_ledger_refused_total")
            .map(([name]) => name).sort(),
        cRows("ledger/jupref_ledger.c", "jupref_ledger_results")
            .map(([name]) => name)
            .filter((name) => !["ok", "no_change"].includes(name)).sort());
});


test("every RPC method stands in its class, with what it costs", () => {
    const source = read("ngx_jupref_module/solana/jupref_rpc_method.c");
    const known = [
        ...[...source.matchAll(/\{ "(\w+)",\s*JUPREF_RPC_(\w+),\s*(\d+),/g)]
            .map(([, name, group, cost]) =>
                [group.toLowerCase(), `\`${name}\`${cost === "1"
                    ? "" : ` ${cost}`}`]),
        ...[...source.matchAll(/JUPREF_RPC_GONE\("(\w+)"\)/g)]
            .map(([, name]) => ["removed", `\`${name}\``]),
    ];
    const told = table("docs/rpc.md", "Classes")
        .filter(([group]) => group !== "`unknown`")
        .flatMap(([group, methods]) => methods.split(", ")
            .map((method) => [codeWords(group)[0], method]));

    assert.ok(known.length > 60);
    assert.deepEqual(told.map(String).sort(), known.map(String).sort());
});


test("every problem is described, with its status", () => {
    assert.deepEqual(described("docs/api.md", "Problems").map(
        ([name, status]) => [name, status]),
        cRows(`${HTTP}_problem.c`, "ngx_http_jupref_problems")
            .map(([name, status]) => [name, status])
            .filter(([name]) => name !== "ok"));
});


test("every route is described, with the role it needs", () => {
    const named = (route) => route.replace(/\{\w*\}/g, "{}");
    const known = cRows(`${HTTP}_api.c`, "ngx_http_jupref_routes");

    /* braces in the paths: the table is read as a whole here */
    const routes = [...cTable(`${HTTP}_api.c`, "ngx_http_jupref_routes")
        .matchAll(/NGX_HTTP_(\w+), "([^"]+)", NGX_HTTP_JUPREF_ROLE_(\w+)/g)]
        .map(([, method, where, role]) => [`${method} /v1/${where}`,
                                           role.toLowerCase()]);

    assert.equal(routes.length, known.length - 1);
    assert.deepEqual(table("docs/api.md", "API").map(([route, key]) =>
        [named(codeWords(route)[0]), codeWords(key)[0] ?? "none"]).sort(),
                     routes.sort());
    assert.deepEqual(sections("docs/api.md").map(({ heading }) => heading)
        .filter((heading) => /^[A-Z]+ \//.test(heading)).map(named).sort(),
                     routes.map(([route]) => route).sort());
});


test("every header of ours is described", () => {
    const known = new Set(cTexts("http").filter(
        (text) => /^Jupref-[A-Z][\w-]+$/.test(text)));
    const pagesText = pages().map(read).join("\n");

    assert.equal(known.size, 5);
    assert.deepEqual([...new Set(pagesText.match(/\bJupref-[A-Z][\w-]+/g))]
        .sort(), [...known].sort());

    for (const header of known) {
        assert.ok(["docs/trading.md", "docs/api.md"].some(
            (page) => read(page).includes(`\`${header}\``)), header);
    }
});


test("no page names a thing of ours that isn't there", () => {
    const known = new Set([
        ...directives().map(([name]) => name), ...variables(),
        ...families().map(([name]) => name),
    ]);

    for (const page of [...pages(), ...files("conf-examples", ".conf")]) {
        const words = read(page).match(/(?<!\w)jupref_[a-z_]+/g) ?? [];

        assert.deepEqual(words.filter((word) => !known.has(word)), [], page);
    }
});


test("the errors shown are ones the module says", () => {
    const patterns = ["http", "upstream", "agent"].flatMap(
        (room) => cTexts(room)).map((text) => new RegExp("^"
        + text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
            .replace(/%%/g, "\0").replace(/%(V|s|ui|uL|uD|uzk|uz|zk|O|d|i)/g,
                (_, form) => form.endsWith("k") ? "\\d+k" : "[^]+?")
            .replaceAll("\0", "%") + "$"));
    const shown = fences(DIRECTIVES).filter(
        (one) => one.language === "text").flatMap(
        (one) => one.text.trimEnd().split("\n"));

    assert.ok(shown.length > 20);

    for (const line of shown) {
        assert.ok(patterns.some((pattern) => pattern.test(line)
            && pattern.source.length > 20), line);
    }
});


/* A piece of a configuration, with around it what it needs. */
function whole(text) {
    const has = (directive) => new RegExp(`\\b${directive} `).test(text);
    const inServer = /^location /m.test(text);
    const http = [
        has("jupref_zone") ? "" : "jupref_zone main 8m;",
        has("jupref_tier") ? "" : ["default", "referred", "premium"].map(
            (tier) => `jupref_tier ${tier} fee=100;`).join(" "),
        has("jupref_keyring") ? "" : "jupref_keyring /etc/jupref/keys;",
        has("jupref_referral_account")
            ? "" : "jupref_referral_account REFERRAL_ACCOUNT;",
        "upstream jupiter { server 127.0.0.1:1; }",
    ].join("\n");

    return `load_module modules/ngx_http_jupref_module.so;
        user www-data;
        worker_processes auto;
        pid /run/nginx.pid;
        error_log /var/log/nginx/error.log;
        events { }
        http { ${http}
        ${inServer ? "" : text.replace("server {", "server { listen 8080;")}
        ${inServer || !text.includes("server {")
            ? `server { listen 8080; ${inServer ? text : ""} }` : ""} }`;
}


test("every piece of nginx configuration in docs/ passes nginx -t",
     async () => {
    const keys = `${nginx.dir}/keys`;
    const words = { REFERRAL_ACCOUNT: PEOPLE.dave, NEW_WALLET: PEOPLE.bob,
                    REFERRER_WALLET: PEOPLE.alice };

    writeKeyring(keys);

    for (const page of pages().filter((one) => one.startsWith("docs/"))) {
        for (const { language, heading, text } of fences(page)) {
            if (language !== "nginx") {
                continue;
            }

            let conf = whole(text).replaceAll("/etc/jupref/keys", keys)
                .replaceAll("KEY_SHA256", crypto.randomBytes(32)
                    .toString("hex"));

            for (const [word, keypair] of Object.entries(words)) {
                conf = conf.replaceAll(word, keypair.publicKey.toBase58());
            }

            await nginx.adopt(conf, []);

            const result = nginx.test();

            assert.ok(result.good, `${page}, ${heading}: ${result.words}`);
        }
    }
});


/* As GitHub makes them of headings. */
function anchor(heading) {
    return heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");
}


test("links lead somewhere", () => {
    for (const page of pages()) {
        const links = [...withoutFences(read(page))
            .matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);

        for (const link of links.filter((one) => !/^https:/.test(one))) {
            const [file, name] = link.split("#");
            const target = file === "" ? page
                : path.join(path.dirname(page), file);

            assert.ok(fs.existsSync(path.join(ROOT, target)),
                      `${page}: ${link}`);

            if (name !== undefined) {
                assert.ok(sections(target).some(
                    ({ heading }) => anchor(heading) === name),
                          `${page}: ${link}`);
            }
        }
    }
});


test("each `make` the pages name is a target, and the folders exist", () => {
    const targets = new Set([...read("Makefile").matchAll(/^([\w-]+):.*## /gm)]
        .map(([, name]) => name));

    for (const page of pages()) {
        const named = [...read(page).matchAll(/(?:^ *|`)make ([a-z][\w-]*)/gm)]
            .map(([, name]) => name);

        assert.deepEqual(named.filter((name) => !targets.has(name)), [], page);
    }

    for (const [cell] of table("README.md", "Working on it")) {
        const [first, ...rest] = codeWords(cell);

        for (const folder of [first, ...rest.map(
            (name) => path.join(path.dirname(first), name))]) {
            assert.ok(fs.existsSync(path.join(ROOT, folder)), folder);
        }
    }
});


test("the README stays short", () => {
    assert.ok(read("README.md").split("\n").length <= 275);
});
