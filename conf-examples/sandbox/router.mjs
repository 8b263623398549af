/*
 * Jupiter's aggregator and its RFQ order engine, as the sandbox has them: the
 * mover (mover.mjs) at their addresses, behind their own instruction data.
 */

import { PublicKey } from "@solana/web3.js";

import { moveInstruction, moverProgram } from "./mover.mjs";

export const AGGREGATOR = new PublicKey(
    "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4");
export const ORDER_ENGINE = new PublicKey(
    "61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH");

/* A router that nobody has heard of. */
export const UNKNOWN_ROUTER = new PublicKey(
    "UnknownRouter111111111111111111111111111111");

/* The aggregator's event authority; here it also carries the failure switch. */
export const EVENT_AUTHORITY = PublicKey.findProgramAddressSync(
    [Buffer.from("__event_authority")], AGGREGATOR)[0];

const ROUTE_V2 = Buffer.from("bb64facc31c4af14", "hex");
const FILL = Buffer.from("a860b7a35c0a28a0", "hex");
const VAULT_SEED = Buffer.from("vault");


export function vaultOf(program) {
    return PublicKey.findProgramAddressSync([VAULT_SEED], program);
}


/* Jupiter's route_v2: head as the real one, then what to move. */
export function routeInstruction({ programId = AGGREGATOR, accounts, inAmount,
                                   quotedOut, slippageBps, feeBps,
                                   transfers }) {
    const head = Buffer.alloc(30);

    head.set(ROUTE_V2);
    head.writeBigUInt64LE(inAmount, 8);
    head.writeBigUInt64LE(quotedOut, 16);
    head.writeUInt16LE(slippageBps, 24);
    head.writeUInt16LE(feeBps, 26);

    return instruction(programId, head, accounts, transfers);
}


/* The order engine's fill. */
export function fillInstruction({ accounts, inAmount, outAmount, expireAt,
                                  feeBps, transfers }) {
    const head = Buffer.alloc(35);

    head.set(FILL);
    head.writeBigUInt64LE(inAmount, 8);
    head.writeBigUInt64LE(outAmount, 16);
    head.writeBigInt64LE(expireAt, 24);
    head.writeUInt16LE(feeBps, 32);

    return instruction(ORDER_ENGINE, head, accounts, transfers);
}


function instruction(programId, head, accounts, transfers) {
    return moveInstruction({ programId, head, accounts, transfers,
                             switchKey: EVENT_AUTHORITY,
                             bump: vaultOf(programId)[1] });
}


/* Every router signs as its vault. */
export function routerProgram() {
    return moverProgram({ seeds: [VAULT_SEED] });
}
