/*
 * A processed transaction as getTransaction writes it: `json`, `base64` or
 * `base58`, with the balances before and after.
 */

import bs58 from "bs58";


export function transactionJson(record, config) {
    const encoding = config?.encoding ?? "json";
    const { err } = record.meta;

    return {
        slot: record.slot,
        blockTime: record.blockTime,
        version: config?.maxSupportedTransactionVersion === undefined
            ? undefined : record.transaction.version,
        transaction: encodings[encoding](record),
        meta: { ...record.meta,
                status: err === null ? { Ok: null } : { Err: err } },
    };
}


const encodings = {
    json: ({ transaction }) => ({
        signatures: transaction.signatures.map((one) => bs58.encode(one)),
        message: messageJson(transaction.message),
    }),
    base64: ({ raw }) => [raw.toString("base64"), "base64"],
    base58: ({ raw }) => [bs58.encode(raw), "base58"],
};

/* Parsing is a courtesy a node may refuse; it then answers as for `json`. */
encodings.jsonParsed = encodings.json;


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
