/*
 * What the sandbox needs of the token programs: addresses, the layout of mints
 * and token accounts, and the handful of instructions a swap is made of.
 */

import { PublicKey, SystemProgram, TransactionInstruction }
    from "@solana/web3.js";

export const TOKEN = new PublicKey(
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const TOKEN_2022 = new PublicKey(
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
export const ASSOCIATED_TOKEN = new PublicKey(
    "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
export const NATIVE_MINT = new PublicKey(
    "So11111111111111111111111111111111111111112");

const MINT_SIZE = 82;
const ACCOUNT_SIZE = 165;
const KIND = { mint: 1, account: 2 };
const TRANSFER_FEE_CONFIG = 1;


export function associatedAccount(owner, mint, program = TOKEN) {
    return PublicKey.findProgramAddressSync(
        [owner.toBytes(), program.toBytes(), mint.toBytes()],
        ASSOCIATED_TOKEN)[0];
}


/* The token account in `data`, or null if it isn't one. */
export function readTokenAccount(owner, data) {
    const isToken = owner.equals(TOKEN) && data.length === ACCOUNT_SIZE;
    const isToken2022 = owner.equals(TOKEN_2022)
        && (data.length === ACCOUNT_SIZE
            || data[ACCOUNT_SIZE] === KIND.account);

    if (!isToken && !isToken2022) {
        return null;
    }

    const bytes = Buffer.from(data);

    return {
        mint: new PublicKey(bytes.subarray(0, 32)),
        owner: new PublicKey(bytes.subarray(32, 64)),
        amount: bytes.readBigUInt64LE(64),
        delegate: bytes.readUInt32LE(72) === 1
            ? new PublicKey(bytes.subarray(76, 108)) : null,
        initialized: bytes[108] !== 0,
        isNative: bytes.readUInt32LE(109) === 1,
    };
}


/* The mint in `data`, or null if it isn't one. */
export function readMint(owner, data) {
    const isMint = owner.equals(TOKEN) && data.length === MINT_SIZE;
    const isMint2022 = owner.equals(TOKEN_2022)
        && (data.length === MINT_SIZE || data[ACCOUNT_SIZE] === KIND.mint);

    if (!isMint && !isMint2022) {
        return null;
    }

    const bytes = Buffer.from(data);

    return {
        authority: bytes.readUInt32LE(0) === 1
            ? new PublicKey(bytes.subarray(4, 36)) : null,
        supply: bytes.readBigUInt64LE(36),
        decimals: bytes[44],
    };
}


/* A mint, with a transfer fee (then a Token-2022 one) or without. */
export function mintData({ decimals, authority, supply = 0n, transferFeeBps }) {
    const bytes = Buffer.alloc(transferFeeBps ? 278 : 82);

    bytes.writeUInt32LE(1, 0);
    bytes.set(authority.toBytes(), 4);
    bytes.writeBigUInt64LE(supply, 36);
    bytes[44] = decimals;
    bytes[45] = 1;

    if (transferFeeBps) {
        bytes[ACCOUNT_SIZE] = KIND.mint;
        bytes.writeUInt16LE(TRANSFER_FEE_CONFIG, 166);
        bytes.writeUInt16LE(108, 168);
        bytes.set(authority.toBytes(), 170);
        bytes.set(authority.toBytes(), 202);

        for (const at of [242, 260]) {                /* older, newer fee */
            bytes.writeBigUInt64LE(2n ** 64n - 1n, at + 8);
            bytes.writeUInt16LE(transferFeeBps, at + 16);
        }
    }

    return bytes;
}


export function createAssociatedAccount(payer, owner, mint, program = TOKEN) {
    return new TransactionInstruction({
        programId: ASSOCIATED_TOKEN,
        keys: [
            writable(payer, true),
            writable(associatedAccount(owner, mint, program)),
            readable(owner), readable(mint), readable(SystemProgram.programId),
            readable(program),
        ],
        data: Buffer.from([1]),                        /* idempotent */
    });
}


/* `mint` is one of the market's. */
export function transferChecked({ source, mint, destination, owner, amount }) {
    const data = Buffer.alloc(10);

    data[0] = 12;
    data.writeBigUInt64LE(amount, 1);
    data[9] = mint.decimals;

    return new TransactionInstruction({
        programId: mint.program, data,
        keys: [writable(source), readable(mint.key), writable(destination),
               readable(owner, true)],
    });
}


export function syncNative(account) {
    return new TransactionInstruction({
        programId: TOKEN, keys: [writable(account)], data: Buffer.from([17]),
    });
}


export function closeAccount(account, destination, owner) {
    return new TransactionInstruction({
        programId: TOKEN,
        keys: [writable(account), writable(destination), readable(owner, true)],
        data: Buffer.from([9]),
    });
}


export function readable(pubkey, isSigner = false) {
    return { pubkey, isSigner, isWritable: false };
}


export function writable(pubkey, isSigner = false) {
    return { pubkey, isSigner, isWritable: true };
}
