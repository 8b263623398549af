/*
 * A state directory that isn't as it should be refuses the start, and says
 * what is wrong, where, and what to do.  Put right again, everything is there.
 */

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, test } from "node:test";

import { Jupiter, randomWallet } from "./crash-jupiter.mjs";
import { Load } from "./crash-load.mjs";
import { CrashNginx, pause } from "./crash-nginx.mjs";

const FORMAT_AT = 8;
const HEADER = 188;                     /* bytes of a segment's */

const jupiter = new Jupiter();

await jupiter.start();

const nginx = await CrashNginx.create({
    jupiter, codes: { amy: randomWallet(), bob: randomWallet() },
    http: "jupref_snapshot off;",
});
const load = new Load(nginx, jupiter);
const journal = `${nginx.state}/journal`;

nginx.zone = "8m";

after(async () => {
    await nginx.remove();
    await jupiter.stop();
});

for (let i = 0; i < 3; i++) {
    await nginx.mustStart();
    load.start();
    await pause(150);
    await load.stop();
    await load.checkAll();
    await nginx.stop();
}

const segments = fs.readdirSync(journal).sort();


/* Changes bytes of a file and gives a function that puts them back. */
function change(file, act) {
    const before = fs.readFileSync(file);

    fs.writeFileSync(file, act(Buffer.from(before)));

    return () => fs.writeFileSync(file, before);
}


function flip(bytes, at) {
    bytes[at] ^= 1;

    return bytes;
}


/* `spoil` gives what mends it again. */
function refuses(what, spoil, ...patterns) {
    test(`${what} refuses the start`, async () => {
        const mend = spoil();
        const words = await nginx.start();

        mend();

        for (const pattern of patterns) {
            assert.match(words, pattern);
        }

        jupiter.life++;
        await nginx.mustStart();
        await load.checkAll({ afterStart: true });
        await nginx.stop();
    });
}


refuses("a mode that lets others in", () => {
    fs.chmodSync(nginx.state, 0o755);

    return () => fs.chmodSync(nginx.state, 0o700);
}, /state=.*has mode 0?755, it must be 0700: chmod 700 \//);


refuses("a file of the journal that others may read", () => {
    fs.chmodSync(`${journal}/${segments[0]}`, 0o644);

    return () => fs.chmodSync(`${journal}/${segments[0]}`, 0o600);
}, new RegExp(`journal/${segments[0]}" for "jupref_zone" must be a file with `
              + "mode 0600 "), /0644/);


if (process.getuid() === 0) {
    refuses("another owner", () => {
        const { uid, gid } = fs.statSync(nginx.state);

        fs.chownSync(nginx.state, 0, 0);

        return () => fs.chownSync(nginx.state, uid, gid);
    }, /state=.*belongs to uid 0, it must belong to uid \d+, .*: chown \d+ \//);
}


refuses("another edge's name", () => {
    nginx.edge = "other";

    return () => {
        nginx.edge = "";
    };
}, /the state in .* can't be used, other_edge: .*main.*/);


refuses("a keyring without the key", () => {
    nginx.writeKeyring(["two"]);

    return () => nginx.writeKeyring(["one"]);
}, /can't be used, key_unknown: .*"one"/, /jupref_keyring|keyring/);


refuses("a segment of a newer format", () =>
    change(`${journal}/${segments[1]}`, (bytes) => {
        bytes.writeUInt32LE(2, FORMAT_AT);

        return bytes;
    }),
        /can't be recovered, format_newer: /,
        new RegExp(`journal/${segments[1]}`), /run the version that wrote it/);


refuses("a broken header", () =>
    change(`${journal}/${segments[1]}`, (bytes) => flip(bytes, 40)),
        new RegExp(`journal/${segments[1]}`), /jupref-journal verify/);


refuses("a broken record in the middle", () =>
    change(`${journal}/${segments[0]}`,
           (bytes) => flip(bytes, Math.floor(bytes.length / 2))),
        /can't be recovered, record: /,
        new RegExp(`journal/${segments[0]}" at byte \\d+: record \\d+ `),
        /jupref-journal verify and repair/);


refuses("a broken record at the end of what was synced", () =>
    change(`${journal}/${segments.at(-1)}`,
           (bytes) => flip(bytes, bytes.length - 1)),
        /can't be recovered, (record|short): /,
        new RegExp(`journal/${segments.at(-1)}`),
        /jupref-journal verify and repair/);


refuses("a journal that ends before what was synced", () =>
    change(`${journal}/${segments.at(-1)}`,
           (bytes) => bytes.subarray(0, bytes.length - 1)),
        new RegExp(`journal/${segments.at(-1)}`),
        /jupref-journal verify and repair/);


refuses("a segment that is missing", () => {
    const kept = `${nginx.dir}/kept`;

    fs.renameSync(`${journal}/${segments[1]}`, kept);

    return () => fs.renameSync(kept, `${journal}/${segments[1]}`);
}, /can't be recovered, missing: /, new RegExp(`journal/${segments[0]}`));


refuses("a file that is no segment", () => {
    fs.writeFileSync(`${journal}/notes`, "", { mode: 0o600 });

    const { uid, gid } = fs.statSync(journal);

    fs.chownSync(`${journal}/notes`, uid, gid);

    return () => fs.rmSync(`${journal}/notes`);
}, /not_a_segment/, /journal\/notes/);


test("what a crash tore off behind the synced part is cut and told",
     async () => {
    const last = `${journal}/${fs.readdirSync(journal).sort().at(-1)}`;
    const seen = nginx.log().length;

    assert.ok(fs.statSync(last).size > HEADER);
    fs.appendFileSync(last, Buffer.alloc(77, 7));
    await nginx.mustStart();
    assert.match(nginx.log().slice(seen),
                 /\[warn\].*a torn tail of 77 bytes was cut off the journal/);
    await load.checkAll({ afterStart: true });
});
