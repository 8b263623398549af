/*
 * A processed transaction as getTransaction writes it: `json`, `jsonParsed`,
 * `base64` or `base58`, with the balances before and after.
 *
 * jsonParsed names accounts and programs, but takes no instruction apart: a
 * node does so too with a program it doesn't know.
 */

import bs58 from "bs58";

import { invalid } from "./rpc-params.mjs";


export function transactionJson(record, config) {
    const encoding = config?.encoding ?? "json";
    const { err } = record.meta;

    if (!Object.hasOwn(encodings, encoding)) {
        throw invalid(`Invalid params: unknown encoding ${encoding}`);
    }

    return {
        slot: record.slot,
        blockTime: record.blockTime,
        version: config?.maxSupportedTransactionVersion === undefined
            ? undefined : record.transaction.version,
        transaction: encodings[encoding](record),
        meta: { ...record.meta,
                ...encoding === "jsonParsed" ? parsedMeta(record) : {},
                status: err === null ? { Ok: null } : { Err: err } },
    };
}


const encodings = {
    json: ({ transaction }) => ({
        signatures: transaction.signatures.map((one) => bs58.encode(one)),
        message: messageJson(transaction.message),
    }),
    base64: ({ raw }) => [raw.toString("base64"), "base64"],
    jsonParsed: (record) => ({
        signatures: record.transaction.signatures.map(
            (one) => bs58.encode(one)),
        message: parsedMessage(record),
    }),
    base58: ({ raw }) => [bs58.encode(raw), "base58"],
};


function messageJson(message) {
    const { transactionConfig: budget } = message;

    return {
        header: message.header,
        accountKeys: message.staticAccountKeys.map(String),
        recentBlockhash: message.recentBlockhash,
        instructions: message.compiledInstructions.map((instruction) => ({
            programIdIndex: instruction.programIdIndex,
            accounts: [...instruction.accountKeyIndexes],
            data: bs58.encode(instruction.data),
            stackHeight: 1,
        })),
        addressTableLookups: message.version === 0
            ? message.addressTableLookups.map((lookup) => ({
                accountKey: lookup.accountKey.toBase58(),
                writableIndexes: [...lookup.writableIndexes],
                readonlyIndexes: [...lookup.readonlyIndexes],
            })) : undefined,
        transactionConfig: budget ?? undefined,
    };
}


function parsedMessage({ transaction: { message }, keys }) {
    const fixed = message.staticAccountKeys.length;

    return {
        accountKeys: keys.map((key, i) => ({
            pubkey: key.toBase58(),
            signer: message.isAccountSigner(i),
            writable: message.isAccountWritable(i),
            source: i < fixed ? "transaction" : "lookupTable",
        })),
        recentBlockhash: message.recentBlockhash,
        instructions: message.compiledInstructions.map((instruction) =>
            namedInstruction(keys, {
                programIdIndex: instruction.programIdIndex,
                accounts: instruction.accountKeyIndexes,
                data: bs58.encode(instruction.data),
                stackHeight: 1,
            })),
    };
}


function parsedMeta({ meta, keys }) {
    return {
        loadedAddresses: undefined,
        innerInstructions: meta.innerInstructions.map(
            ({ index, instructions }) => ({
                index, instructions: instructions.map(
                    (instruction) => namedInstruction(keys, instruction)),
            })),
    };
}


function namedInstruction(keys, { programIdIndex, accounts, ...rest }) {
    return {
        programId: keys[programIdIndex].toBase58(),
        accounts: [...accounts].map((i) => keys[i].toBase58()),
        ...rest,
    };
}
