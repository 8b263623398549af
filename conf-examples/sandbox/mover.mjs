/*
 * The mover: the program that stands in for Jupiter's, which are not
 * published.  It takes their accounts and their instruction data and moves
 * tokens by calls into the token programs, so that what it does looks on chain
 * as the real thing: one instruction, the transfers as inner ones below it.
 *
 * What to move stands at the end of the instruction data:
 *
 *     | the program's own data | transfer * n | n u8 | switch u8 | bump u8 |
 *
 *     transfer, 16 bytes:
 *     | source | mint | destination | authority | program | decimals | 0 0 |
 *     | amount u64                                                         |
 *
 * each byte an index into the instruction's accounts.  The program signs as a
 * PDA of its own whose seeds are built into it.  The account named by `switch`
 * may hold a number: anything but zero makes the program fail with it, which
 * is how the sandbox plays slippage and other program errors on a transaction
 * that is signed already.  An event, if there is one, stands right after the
 * instruction's discriminator and is logged ("Program data: ...").
 */

import { TransactionInstruction } from "@solana/web3.js";

import { Program } from "./sbpf.mjs";

const DISCRIMINATOR = 8;
const TRANSFER_CHECKED = 12;

/* Memory the program works in, as offsets from the start of the heap. */
const HEAP = 0x300000000n;
const INFO = 56;
const AT = { infos: 0, metas: 4096, call: 4224, data: 4288, signers: 4352,
             bump: 4368, seeds: 4376, event: 4448, words: 4464 };

/* The serialized account as the runtime hands it over. */
const ACCOUNT = { signer: 1, writable: 2, executable: 3, key: 8, owner: 40,
                  lamports: 72, dataLength: 80, data: 88 };
const GROWTH = 10240;



/* An instruction that moves; `switchKey` names the account with the switch. */
export function moveInstruction({ programId, head, accounts, transfers,
                                  switchKey, bump }) {
    const keys = accounts.map((account) => ({ isSigner: false,
                                              isWritable: false, ...account }));
    const index = (key) => keys.findIndex(({ pubkey }) => pubkey.equals(key));
    const tail = [...transfers.map((transfer) => record(transfer, index)),
                  Buffer.from([transfers.length, index(switchKey), bump])];

    return new TransactionInstruction({
        programId, keys, data: Buffer.concat([head, ...tail]),
    });
}


function record(transfer, index) {
    const bytes = Buffer.alloc(16);

    bytes.set([index(transfer.source), index(transfer.mint),
               index(transfer.destination), index(transfer.authority),
               index(transfer.program), transfer.decimals]);
    bytes.writeBigUInt64LE(transfer.amount, 8);

    return bytes;
}


/* The program that signs by `seeds` and logs events of so many bytes. */
export function moverProgram({ seeds, eventSize = 0 }) {
    const program = new Program();

    readAccounts(program);

    if (eventSize > 0) {
        logEvent(program, eventSize);
    }

    failWhenTold(program);
    prepareSigner(program, seeds);
    moveTokens(program);

    return program.op("moveValue", { to: 0, value: 0 }).op("exit").elf();
}


/*
 * In:  r1 the runtime's input.  Builds one account info per account on the
 * heap.  Out: r6 instruction data length, data after it; r8 number of
 * accounts; r9 the heap.
 */
function readAccounts(program) {
    const field = (at, source) => program
        .op("move", { to: 2, from: 6 })
        .op("addValue", { to: 2, value: source })
        .op("storeDouble", { to: 7, from: 2, offset: at });
    const flag = (at, source) => program
        .op("loadByte", { to: 4, from: 6, offset: source })
        .op("storeByte", { to: 7, from: 4, offset: at });

    program
        .op("move", { to: 6, from: 1 })
        .op("loadDouble", { to: 8, from: 6 })
        .op("addValue", { to: 6, value: 8 })
        .constant(9, HEAP)
        .op("move", { to: 7, from: 9 })
        .op("moveValue", { to: 5, value: 0 })
        .label("account")
        .jump("jumpIfNotLess", "accounts read", { to: 5, from: 8 })
        .op("loadByte", { to: 1, from: 6 })
        .jump("jumpIfNot", "seen before", { to: 1, value: 0xff });

    field(0, ACCOUNT.key);
    field(8, ACCOUNT.lamports);
    field(32, ACCOUNT.owner);
    field(24, ACCOUNT.data);                       /* leaves it in r2 */
    flag(48, ACCOUNT.signer);
    flag(49, ACCOUNT.writable);
    flag(50, ACCOUNT.executable);

    program
        .op("loadDouble", { to: 3, from: 6, offset: ACCOUNT.dataLength })
        .op("storeDouble", { to: 7, from: 3, offset: 16 })
        .op("add", { to: 2, from: 3 })
        .op("addValue", { to: 2, value: GROWTH + 7 })
        .op("andValue", { to: 2, value: -8 })
        .op("loadDouble", { to: 4, from: 2 })
        .op("storeDouble", { to: 7, from: 4, offset: 40 })
        .op("move", { to: 6, from: 2 })
        .jump("jump", "next account")
        .label("seen before")
        .op("multiplyValue", { to: 1, value: INFO })
        .op("add", { to: 1, from: 9 });

    for (let offset = 0; offset < INFO; offset += 8) {
        program
            .op("loadDouble", { to: 2, from: 1, offset })
            .op("storeDouble", { to: 7, from: 2, offset });
    }

    program
        .label("next account")
        .op("addValue", { to: 6, value: 8 })
        .op("addValue", { to: 7, value: INFO })
        .op("addValue", { to: 5, value: 1 })
        .jump("jump", "account")
        .label("accounts read");
}


/* Out: r7 the number of transfers; r6 the end of them. */
function failWhenTold(program) {
    program
        .op("loadDouble", { to: 1, from: 6 })
        .op("add", { to: 6, from: 1 })
        .op("addValue", { to: 6, value: 8 - 3 })
        .op("loadByte", { to: 7, from: 6 })
        .op("loadByte", { to: 1, from: 6, offset: 1 })
        .op("multiplyValue", { to: 1, value: INFO })
        .op("add", { to: 1, from: 9 })
        .op("loadDouble", { to: 2, from: 1, offset: 16 })
        .jump("jumpIfLessThan", "go on", { to: 2, value: 4 })
        .op("loadDouble", { to: 2, from: 1, offset: 24 })
        .op("loadWord", { to: 0, from: 2 })
        .jump("jumpIfEqual", "go on", { to: 0, value: 0 })
        .op("exit")
        .label("go on");
}


/* In: r6 the instruction data's length, the data after it. */
function logEvent(program, size) {
    program
        .op("move", { to: 1, from: 6 })
        .op("addValue", { to: 1, value: 8 + DISCRIMINATOR })
        .op("storeDouble", { to: 9, from: 1, offset: AT.event })
        .op("storeDoubleValue", { to: 9, offset: AT.event + 8, value: size })
        .op("move", { to: 1, from: 9 })
        .op("addValue", { to: 1, value: AT.event })
        .op("moveValue", { to: 2, value: 1 })
        .systemCall("sol_log_data");
}


/* The PDA's seeds, of which the last is the bump that ends the data. */
function prepareSigner(program, seeds) {
    const pointer = (at, target) => program
        .op("move", { to: 1, from: 9 })
        .op("addValue", { to: 1, value: target })
        .op("storeDouble", { to: 9, from: 1, offset: at });
    const number = (at, value) => program
        .op("storeDoubleValue", { to: 9, offset: at, value });
    let words = AT.words;

    seeds.forEach((seed, i) => {
        const padded = Buffer.concat([seed, Buffer.alloc(-seed.length & 7)]);

        pointer(AT.seeds + 16 * i, words);
        number(AT.seeds + 16 * i + 8, seed.length);

        for (let at = 0; at < padded.length; at += 8) {
            program
                .constant(1, padded.readBigUInt64LE(at))
                .op("storeDouble", { to: 9, from: 1, offset: words });
            words += 8;
        }
    });

    program
        .op("loadByte", { to: 1, from: 6, offset: 2 })
        .op("storeByte", { to: 9, from: 1, offset: AT.bump });
    pointer(AT.seeds + 16 * seeds.length, AT.bump);
    number(AT.seeds + 16 * seeds.length + 8, 1);
    pointer(AT.signers, AT.seeds);
    number(AT.signers + 8, seeds.length + 1);

    /* r6 back to the first transfer */
    program
        .op("move", { to: 1, from: 7 })
        .op("multiplyValue", { to: 1, value: 16 })
        .op("subtract", { to: 6, from: 1 });
}


/* In: r6 the first transfer, r7 how many, r8 accounts, r9 the heap. */
function moveTokens(program) {
    const account = (byte) => program
        .op("loadByte", { to: 1, from: 6, offset: byte })
        .op("multiplyValue", { to: 1, value: INFO })
        .op("add", { to: 1, from: 9 })
        .op("loadDouble", { to: 1, from: 1 });
    const meta = (i, writable, signer) => account(i)
        .op("storeDouble", { to: 9, from: 1, offset: AT.metas + 16 * i })
        .op("storeByteValue", { to: 9, offset: AT.metas + 16 * i + 8,
                                value: writable })
        .op("storeByteValue", { to: 9, offset: AT.metas + 16 * i + 9,
                                value: signer });
    const pointer = (at, target) => program
        .op("move", { to: 1, from: 9 })
        .op("addValue", { to: 1, value: target })
        .op("storeDouble", { to: 9, from: 1, offset: at });

    program
        .label("transfer")
        .jump("jumpIfEqual", "moved", { to: 7, value: 0 });

    meta(0, 1, 0);
    meta(1, 0, 0);
    meta(2, 1, 0);
    meta(3, 0, 1);
    account(4).op("storeDouble", { to: 9, from: 1, offset: AT.call });
    pointer(AT.call + 8, AT.metas);
    program.op("storeDoubleValue", { to: 9, offset: AT.call + 16, value: 4 });
    pointer(AT.call + 24, AT.data);
    program
        .op("storeDoubleValue", { to: 9, offset: AT.call + 32, value: 10 })
        .op("storeByteValue", { to: 9, offset: AT.data,
                                value: TRANSFER_CHECKED })
        .op("loadDouble", { to: 1, from: 6, offset: 8 })
        .op("storeDouble", { to: 9, from: 1, offset: AT.data + 1 })
        .op("loadByte", { to: 1, from: 6, offset: 5 })
        .op("storeByte", { to: 9, from: 1, offset: AT.data + 9 })
        .op("move", { to: 1, from: 9 })
        .op("addValue", { to: 1, value: AT.call })
        .op("move", { to: 2, from: 9 })
        .op("move", { to: 3, from: 8 })
        .op("move", { to: 4, from: 9 })
        .op("addValue", { to: 4, value: AT.signers })
        .op("moveValue", { to: 5, value: 1 })
        .systemCall("sol_invoke_signed_c")
        .op("addValue", { to: 6, value: 16 })
        .op("addValue", { to: 7, value: -1 })
        .jump("jump", "transfer")
        .label("moved");
}
