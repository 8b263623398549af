/*
 * How `make swap` finds what `make run` keeps up: a small file per port.
 */

import path from "node:path";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../../build", import.meta.url));


export function readPort() {
    const text = process.env.PORT || "8080";
    const port = Number(text);

    if (!/^[0-9]+$/.test(text) || port < 1 || port > 65535) {
        throw new Error(`PORT=${text} is no port: give one from 1 to 65535`);
    }

    return port;
}


export function stateFile(port) {
    return path.join(BUILD, `sandbox-${port}.json`);
}
