/*
 * The wire forms web3.js doesn't write: version 1 transactions, and message
 * and signatures as they stand inside a transaction of any version.
 *
 *     legacy, v0    signature count (compact u16) | signatures | message
 *     v1            message (first byte 0x81) | signatures
 */

import crypto from "node:crypto";

import bs58 from "bs58";
import { VersionedTransaction } from "@solana/web3.js";

const V1 = 0x81;
const SIGNATURE = 64;
const PRIVATE_KEY_HEAD = Buffer.from("302e020100300506032b657004220420",
                                     "hex");                    /* PKCS 8 */
const CONFIG = { priorityFee: 3, computeUnitLimit: 4, loadedDataLimit: 8 };


/* The bytes that are signed, out of a whole transaction. */
export function messageBytes(raw) {
    if (raw[0] === V1) {
        return raw.subarray(0, raw.length - raw[1] * SIGNATURE);
    }

    /* a transaction has few signatures: their count takes one byte */
    return raw.subarray(1 + raw[0] * SIGNATURE);
}


/* A transaction with blank signatures around the message. */
export function unsignedTransaction(message) {
    const bytes = serializeMessage(message);
    const count = message.header.numRequiredSignatures;
    const blank = Buffer.alloc(count * SIGNATURE);

    return bytes[0] === V1 ? Buffer.concat([bytes, blank])
        : Buffer.concat([Buffer.from([count]), blank, bytes]);
}


/* Puts a keypair's signature in its place, in a copy; any version. */
export function withSignature(raw, keypair) {
    const { message } = VersionedTransaction.deserialize(raw);
    const place = message.staticAccountKeys.findIndex(
        (key) => key.equals(keypair.publicKey));
    const signed = Buffer.from(raw);
    const first = raw[0] === V1 ? raw.length - raw[1] * SIGNATURE : 1;

    if (place < 0 || place >= message.header.numRequiredSignatures) {
        throw new Error(`${keypair.publicKey} is no signer of the transaction`);
    }

    signed.set(crypto.sign(null, messageBytes(raw), privateKey(keypair)),
               first + place * SIGNATURE);

    return signed;
}


function privateKey(keypair) {
    return crypto.createPrivateKey({
        key: Buffer.concat([PRIVATE_KEY_HEAD,
                            keypair.secretKey.subarray(0, 32)]),
        format: "der", type: "pkcs8",
    });
}


function serializeMessage(message) {
    return message.version === 1
        ? serializeV1(message) : Buffer.from(message.serialize());
}


function serializeV1(message) {
    const { header, transactionConfig: config } = message;
    const instructions = message.compiledInstructions;
    const numbers = Buffer.alloc(16);

    numbers.writeBigUInt64LE(BigInt(config.priorityFee), 0);
    numbers.writeUInt32LE(config.computeUnitLimit, 8);
    numbers.writeUInt32LE(config.loadedAccountsDataSizeLimit, 12);

    return Buffer.concat([
        Buffer.from([V1, header.numRequiredSignatures,
                     header.numReadonlySignedAccounts,
                     header.numReadonlyUnsignedAccounts,
                     CONFIG.priorityFee | CONFIG.computeUnitLimit
                         | CONFIG.loadedDataLimit, 0, 0, 0]),
        bs58.decode(message.recentBlockhash),
        Buffer.from([instructions.length, message.staticAccountKeys.length]),
        ...message.staticAccountKeys.map((key) => key.toBuffer()),
        numbers,
        ...instructions.map(({ programIdIndex, accountKeyIndexes, data }) =>
            Buffer.from([programIdIndex, accountKeyIndexes.length,
                         data.length & 0xff, data.length >> 8])),
        ...instructions.flatMap(({ accountKeyIndexes, data }) =>
            [Buffer.from(accountKeyIndexes), Buffer.from(data)]),
    ]);
}
