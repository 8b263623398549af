/*
 * `make run`: sandbox and edge on one machine, and a first swap through them.
 *
 *   PORT=8080 node run.mjs
 *
 * Stays up until it is told to end (Ctrl-C, SIGTERM, SIGHUP); then, and when
 * anything goes wrong on the way, all it started is gone.
 */

import fs from "node:fs";

import { PEOPLE, portIsFree, startEdge } from "./edge.mjs";
import { receipt, tradeOnce } from "./demo.mjs";
import { readPort, stateFile } from "./state.mjs";
import { startSandbox } from "./sandbox.mjs";

const CODE = "demo";
const undo = [];
let ending = false;


async function main() {
    const port = readPort();

    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.once(signal, () => end(0));
    }

    /* nobody reads any more, or a mistake of ours: clean up all the same */
    process.stdout.once("error", () => end(1));
    process.once("uncaughtException", (error) => {
        console.error(error);
        end(1);
    });

    if (!await portIsFree(port)) {
        throw new Error(`port ${port} of 127.0.0.1 is taken; choose another: `
                        + `make run PORT=${port + 1}`);
    }

    const sandbox = await startSandbox();
    undo.push(() => sandbox.stop());

    /* an end in the middle of the start waits for it, then undoes it */
    const starting = startEdge({ sandbox, port });
    undo.push(() => starting.then((edge) => edge.stop(), () => {}));
    const edge = await starting;

    const state = { url: edge.url, sandboxUrl: sandbox.url, code: CODE,
                    referrer: PEOPLE.alice.publicKey.toBase58() };

    fs.writeFileSync(stateFile(port), JSON.stringify(state));
    undo.push(() => fs.rmSync(stateFile(port), { force: true }));

    console.log(`\n${receipt(await tradeOnce(state))}`);
    console.log(invitation(state, edge, port));
}


function invitation({ url, referrer }, edge, port) {
    const another = port === 8080 ? "make swap" : `make swap PORT=${port}`;

    return `The edge is up on ${url} until Ctrl-C.

  one more swap   ${another}
  the referrer    ${url}/v1/referrers/${referrer}
  the platform    ${url}/v1/platform
  trades          ${url}/v1/trades
  leaderboard     ${url}/v1/leaderboard
  a fee preview   ${url}/v1/fees?code=${CODE}&amount=1000000
  metrics         ${url}/metrics
  Solana RPC      ${url}/rpc
  admin key       ${edge.adminKey}
  logs            ${edge.dir}
`;
}


async function end(status) {
    if (ending) {
        return;
    }

    ending = true;

    for (const step of undo.reverse()) {
        try {
            await step();
        } catch (error) {
            console.error(error.message);
            status = 1;
        }
    }

    process.exit(status);
}


try {
    await main();
} catch (error) {
    if (!ending) {
        console.error(`make run: ${error.message}`);
    }

    await end(1);
}
