/*
 * `make swap`: one more swap through the edge that `make run` keeps up.
 *
 *   PORT=8080 node swap.mjs
 */

import fs from "node:fs";

import { receipt, tradeOnce } from "./demo.mjs";
import { readPort, stateFile } from "./state.mjs";


function readState(port) {
    try {
        return JSON.parse(fs.readFileSync(stateFile(port), "utf8"));
    } catch {
        throw new Error(`no edge on port ${port}: start one with `
                        + `\`make run PORT=${port}\``);
    }
}


try {
    console.log(`\n${receipt(await tradeOnce(readState(readPort())))}`);
} catch (error) {
    const cause = error.cause ? ` (${error.cause.message})` : "";

    console.error(`make swap: ${error.message}${cause}`);
    process.exitCode = 1;
}
