/*
 * The README from its first command to the numbers, docs/api.md call by call,
 * and the configuration people copy: done as they are written, against a
 * sandbox behind TLS, and compared with what the pages show.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { after, test } from "node:test";

import { PEOPLE, freePort } from "../../conf-examples/sandbox/edge.mjs";
import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { Trader, control } from "../../conf-examples/sandbox/trader.mjs";
import { eventually } from "./edge.mjs";
import { Nginx, ROOT, startJupiter, writeCertificate, writeKeyring }
    from "./nginx.mjs";
import { assertJson, assertShows, codeWords, fences, read, runShell, sections,
         table } from "./pages.mjs";

const ZERO_TO_CONF = "From zero to your own nginx.conf";
const MINIMAL = "conf-examples/minimal/nginx.conf";
const NOT_HERE = /apt-get|systemctl|^make /m;     /* they change the machine */

const sandbox = await startSandbox();
const readme = new Nginx();
const minimal = new Nginx();
const certificate = writeCertificate(readme.dir);
const jupiter = await startJupiter(sandbox.url, certificate);
const wallet = Object.fromEntries(Object.entries(PEOPLE).map(
    ([name, keypair]) => [name, keypair.publicKey.toBase58()]));
const trader = new Trader({ url: "", sandboxUrl: sandbox.url });
const shell = { KEY: "", KEY_SHA256: "", TRADE_SIGNATURE: "" };

await control(sandbox.url, { commitment: { confirmed: 0, finalized: 0 } });
await trader.fund();

after(async () => {
    await jupiter.stop();
    await sandbox.stop();

    for (const result of await Promise.allSettled([minimal.stop(),
                                                   readme.stop()])) {
        assert.equal(result.reason, undefined);
    }
});


/* What a reader would replace, and what is ours: keys, Jupiter, its name. */
function replacements(keys) {
    return [
        ["REFERRAL_ACCOUNT", sandbox.market.referralAccount.toBase58()],
        ["REFERRER_WALLET", wallet.alice],
        ["KEY_SHA256", shell.KEY_SHA256],
        ["/etc/jupref/keys", keys],
        ["server api.jup.ag:443", `server 127.0.0.1:${jupiter.port}`],
        ["/etc/ssl/certs/ca-certificates.crt", certificate.file],
    ];
}


function readmeFences(language) {
    return fences("README.md").filter(
        (one) => one.heading === ZERO_TO_CONF && one.language === language);
}


/* A block of a page with the block that shows its output, if one follows. */
function commands(page, heading = undefined) {
    const all = fences(page).filter(
        (one) => heading === undefined || one.heading === heading);

    return all.map((one, index) => ({ ...one, shows: all[index + 1] }))
        .filter((one) => one.language === "sh" && !NOT_HERE.test(one.text))
        .map((one) => ({ ...one, shows: ["text", "json"].includes(
            one.shows?.language) ? one.shows : null }));
}


function runBlock(nginx, text, env = {}) {
    return runShell(text, {
        cwd: nginx.dir, env: { KEY: shell.KEY, ...env },
        replace: [["http://127.0.0.1:8080", nginx.url],
                  ["/etc/jupref", nginx.dir],
                  ["TAKER_WALLET", trader.wallet],
                  ["TRADE_SIGNATURE", shell.TRADE_SIGNATURE],
                  ["REFERRER_WALLET", wallet.alice],
                  ["PARENT_WALLET", wallet.alice],
                  ["NEW_WALLET", wallet.bob]],
    });
}


function check({ text, shows }, output) {
    const what = text.trim().split("\n").at(-1);

    if (shows?.language === "json") {
        assertJson(JSON.parse(output), JSON.parse(shows.text), what);
    } else if (shows) {
        assertShows(output, shows.text, what);
    }
}


/* Starts an nginx that `nginx -t` has nothing to say about. */
async function startContent(nginx) {
    const { good, words } = nginx.test();

    assert.ok(good, words);
    assert.doesNotMatch(words, /\[(warn|error|emerg)\]/);
    await nginx.start();
}


test("the README's commands make a keyring and a key", async () => {
    const [keyring, key] = commands("README.md", ZERO_TO_CONF);

    await runBlock(readme, keyring.text);

    const file = `${readme.dir}/keys`;

    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.match(fs.readFileSync(file, "utf8").replace(/[0-9a-f]{64}/g, "KEY"),
                 /^cookie 1 KEY\nsession 1 KEY\nseal 1 KEY\n$/);

    const words = await runBlock(readme, key.text);

    shell.KEY = /^your key +([0-9a-f]{48})$/m.exec(words)[1];
    shell.KEY_SHA256 = /^KEY_SHA256 ([0-9a-f]{64})$/m.exec(words)[1];
});


test("nginx -t refuses the README's nginx.conf as it is, then takes it",
     async () => {
    const [conf] = readmeFences("nginx");

    for (const word of ["REFERRAL_ACCOUNT", "REFERRER_WALLET", "KEY_SHA256"]) {
        await readme.adopt(conf.text,
                           replacements(`${readme.dir}/keys`).filter(
                               ([from]) => from !== word));

        const { good, words } = readme.test();

        assert.equal(good, false);
        assert.match(words, new RegExp(`invalid value "${word}"`));
    }

    /* with the pool that docs/api.md shows, before the sandbox's node */

    await readme.adopt(conf.text, [
        ...replacements(`${readme.dir}/keys`),
        ["upstream jupiter {", `upstream solana {
            jupref_freshest;
            server ${new URL(sandbox.url).host};
        }
        jupref_verify off;
        upstream jupiter {`],
    ]);

    await startContent(readme);
});


test("the README's click, order, execute and numbers are as it shows",
     async () => {
    const env = {};

    for (const block of commands("README.md", ZERO_TO_CONF).slice(2)) {
        const output = await runBlock(readme, block.text, env);

        check(block, output);

        if (output.includes("\nJupref-Code:")) {
            const order = JSON.parse(output.split("\n").at(-1));

            env.REQUEST_ID = order.requestId;
            env.SIGNED_TRANSACTION = trader.sign(order.transaction);
        }
    }
});


test("docs/api.md's calls are answered as it shows", async () => {
    /* those about accounts need nodes that prove: verify.test.mjs has them */

    const blocks = commands("docs/api.md").filter(({ heading }) =>
        !/fee-integrity|reconciliation|incidents/.test(heading));
    const { data } = await (await fetch(`${readme.url}/v1/trades`)).json();

    shell.TRADE_SIGNATURE = data[0].signature;
    assert.ok(blocks.length >= 9);

    for (const block of blocks) {
        assert.ok(block.shows, `${block.heading}: an answer is shown`);
        check(block, await runBlock(readme, block.text));
    }
});


test("/metrics has the labels docs/metrics.md says, and no others",
     async () => {
    const shown = {};

    for (const [, name, label, value] of (await (await fetch(
        `${readme.url}/metrics`)).text()).matchAll(
            /^(\w+)\{(\w+)="([^"]*)"\} /gm)) {
        ((shown[name] ??= {})[label] ??= []).push(value);
    }

    const page = "docs/metrics.md";
    const tables = codeWords(table(page, "Families").find(
        ([name]) => name === "`jupref_ledger_rows`")[2]).slice(1);

    for (const [name, , labels] of table(page, "Families")) {
        const [family] = codeWords(name);
        const [label, ...values] = codeWords(labels);
        const told = labels.includes("see below")
            ? table(page, `Reasons of ${family}`).map(
                ([reason]) => codeWords(reason)[0])
            : labels.includes("the same") ? tables : values;

        assert.deepEqual(Object.keys(shown[family] ?? {}),
                         label ? [label] : [], family);
        assert.deepEqual((shown[family]?.[label] ?? []).sort(), told.sort(),
                         family);
    }
});


test("64m has the room docs/directives.md says", async () => {
    const { capacities } = await (await fetch(
        `${readme.url}/v1/platform`)).json();
    const { text } = sections("docs/directives.md").find(
        ({ heading }) => heading === "jupref_zone");
    const told = /64m has room for about ([^.]+)\./.exec(
        text.replaceAll("\n", " "))[1];
    const names = { trades: "trades", "bound wallets": "wallets",
                    referrers: "referrers", codes: "codes",
                    "pending orders": "pendingOrders" };

    for (const [name, table] of Object.entries(names)) {
        const number = Number(new RegExp(`([\\d,]+) ${name}`).exec(told)[1]
            .replaceAll(",", ""));

        assert.ok(Math.abs(capacities[table].capacity / number - 1) < 0.05,
                  `${name}: ${capacities[table].capacity}`);
    }
});


test("Jupiter is called by its name, over one connection, without cookies",
     () => {
    assert.equal(jupiter.seen.length, 2);
    assert.equal(jupiter.connections, 1);

    for (const { headers } of jupiter.seen) {
        assert.equal(headers.host, "api.jup.ag");
        assert.equal(headers.cookie, undefined);
        assert.equal(headers["x-api-key"], undefined);
    }
});


test("the minimal configuration trades over both APIs", async () => {
    writeKeyring(`${minimal.dir}/keys`);
    await minimal.adopt(read(MINIMAL), [
        ...replacements(`${minimal.dir}/keys`)
            .filter(([from]) => !from.startsWith("server api")),
        ["api.jup.ag:443", `127.0.0.1:${jupiter.port}`],
        [/#proxy_set_header +x-api-key JUPITER_KEY;/,
         "proxy_set_header x-api-key jup_key;"],
    ]);

    await startContent(minimal);

    const before = jupiter.connections;
    const args = { outputMint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v",
                   inputMint: "So11111111111111111111111111111111111111112",
                   amount: "10000000" };

    trader.url = minimal.url;
    trader.cookies.clear();
    await trader.click("/r/alice");

    for (const api of ["/swap/v2", "/ultra/v1"]) {
        const { order, executed } = await trader.swap(args, { api });

        assert.equal(order.headers.get("jupref-code"), "alice");
        assert.equal(executed.headers.get("jupref-trade"), "executed");
        assert.equal(jupiter.seen.at(-1).headers["x-api-key"], "jup_key");
    }

    assert.equal(jupiter.connections - before, 1);

    for (const path of ["/health", "/ready", "/metrics", "/v1/ledger/head",
                        "/tiles/checkpoint"]) {
        assert.equal((await fetch(minimal.url + path)).status, 200, path);
    }

    const log = fs.readFileSync(`${minimal.dir}/trades.log`, "utf8");

    assert.match(log, /code=alice fee=90 wallet=\w+ trade=executed id=\S+/);
});


/* The http part and the location of the API in a page's one example of it. */
function closedApi(page, heading) {
    const { text } = fences(page).find((one) => one.heading === heading
        && one.language === "nginx" && one.text.includes("jupref_api;"));
    const at = text.indexOf("server {");
    const location = text.slice(text.indexOf("location /v1/", at),
                                text.lastIndexOf("}", text.length - 2));

    return { http: text.slice(0, at), location };
}


test("the API can be closed as docs/variables.md and docs/api.md say",
     async () => {
    const closed = { variables: closedApi("docs/variables.md", "Examples"),
                     api: closedApi("docs/api.md", "Who may read") };
    const open = /location \/v1\/ +\{ jupref_api; \}/;
    const [conf] = readmeFences("nginx");
    const bearer = { headers: { authorization: `Bearer ${shell.KEY}` } };
    const status = {};

    for (const [name, { http, location }] of Object.entries(closed)) {
        const nginx = new Nginx();

        try {
            writeKeyring(`${nginx.dir}/keys`);
            await nginx.adopt(conf.text, [
                ...replacements(`${nginx.dir}/keys`),
                [open, location], [/\n    server \{/, `\n${http} server {`],
            ]);
            await startContent(nginx);

            const ask = async (path, options) =>
                (await fetch(nginx.url + path, options)).status;

            status[name] = [await ask("/v1/platform"),
                            await ask("/v1/platform", bearer),
                            await ask(`/v1/referrers/${wallet.alice}`)];
        } finally {
            await nginx.stop();
        }
    }

    assert.deepEqual(status, { variables: [403, 200, 403],
                               api: [200, 200, 403] });
});


test("make run shows what the README shows", async () => {
    const [shown] = fences("README.md").filter(
        (one) => one.heading === "Two commands" && one.language === "text");
    const port = await freePort();
    const run = spawn(process.execPath, ["conf-examples/sandbox/run.mjs"], {
        cwd: ROOT, env: { ...process.env, PORT: String(port) },
        stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => run.once("close", resolve));
    let words = "";

    run.stdout.on("data", (text) => {
        words += text;
    });

    try {
        await eventually("make run is up", () => {
            assert.equal(run.exitCode, null);
            return words.includes("until Ctrl-C");
        }, 30_000);
    } finally {
        run.kill("SIGINT");
        await ended;
    }

    assertShows(words, shown.text.replaceAll("8080", String(port)),
                "make run");
});
