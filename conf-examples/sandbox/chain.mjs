/*
 * A Solana chain of one node: LiteSVM plus what LiteSVM leaves out.
 *
 * LiteSVM executes transactions.  This class adds time (slots pass by the
 * clock, or when told), block height, blockhashes that expire after 150
 * blocks, a history of what was sent with the balances before and after, and
 * commitment.  Everything here is synchronous: a transaction is processed the
 * moment it is sent.
 */

import crypto from "node:crypto";

import bs58 from "bs58";
import litesvm from "litesvm";
import { Keypair, PublicKey, SystemProgram, TransactionMessage,
         VersionedTransaction } from "@solana/web3.js";

import { transactionError } from "./errors.mjs";
import { readTokenAccount } from "./tokens.mjs";

const { Account, Clock, LiteSVM } = litesvm;

const FIRST_SLOT = 447_200_000n;
const SKIPPED_SLOTS = 21_700_000n;       /* block height is slots minus these */
const BLOCKHASH_LIFE = 150n;
const SLOTS_PER_EPOCH = 432_000n;

export const SLOT_MS = 214;
export const SIGNATURE_FEE = 5000n;


export class Chain {
    #svm = new LiteSVM().withNativeMints().withBlockhashCheck(false)
        .withTransactionHistory(0n);
    #history = new Map();
    #bySlot = [];
    #blockhashes = new Map();
    #started = Date.now();
    #slotsAdded = 0n;

    /* Slots until a transaction is confirmed and until it is finalized. */
    confirmedAfter = 1n;
    finalizedAfter = 32n;

    genesisHash = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

    get #vm() {
        return this.#svm.inner;
    }

    /* Time */

    slot(commitment = "processed") {
        const passed = BigInt(Math.floor(
            (Date.now() - this.#started) / SLOT_MS));
        const tip = FIRST_SLOT + passed + this.#slotsAdded;

        return tip - this.#depth(commitment);
    }

    #depth(commitment) {
        return { processed: 0n, confirmed: this.confirmedAfter,
                 finalized: this.finalizedAfter }[commitment];
    }

    blockHeight(commitment) {
        return this.slot(commitment) - SKIPPED_SLOTS;
    }

    epoch(slot = this.slot()) {
        return { epoch: slot / SLOTS_PER_EPOCH,
                 slotIndex: slot % SLOTS_PER_EPOCH,
                 slotsInEpoch: SLOTS_PER_EPOCH };
    }

    advance(slots) {
        this.#slotsAdded += BigInt(slots);
    }

    /* One per call, so that two equal orders are two transactions. */
    latestBlockhash(commitment) {
        const slot = this.slot(commitment);
        const blockhash = bs58.encode(crypto.randomBytes(32));
        const lastValidBlockHeight = slot - SKIPPED_SLOTS + BLOCKHASH_LIFE;

        this.#blockhashes.set(blockhash, lastValidBlockHeight);
        this.#forgetBlockhashes();

        return { blockhash, lastValidBlockHeight };
    }

    /* They stand in the order they were given out, the oldest first. */
    #forgetBlockhashes() {
        for (const [blockhash, lastValid] of this.#blockhashes) {
            if (lastValid >= this.blockHeight()) {
                return;
            }

            this.#blockhashes.delete(blockhash);
        }
    }

    isBlockhashValid(blockhash) {
        const lastValid = this.#blockhashes.get(blockhash);

        return lastValid !== undefined && this.blockHeight() <= lastValid;
    }

    expireBlockhashes() {
        this.#blockhashes.clear();
    }

    /* Accounts */

    account(address) {
        const account = this.#vm.getAccount(address.toBytes());

        if (account === null || account.lamports() === 0n) {
            return null;
        }

        return {
            lamports: account.lamports(),
            data: Buffer.from(account.data()),
            owner: new PublicKey(account.owner()),
            executable: account.executable(),
        };
    }

    setAccount(address, { lamports, data, owner, executable = false }) {
        const needed = lamports ?? this.rent(data.length);

        this.#vm.setAccount(address.toBytes(), new Account(
            needed, data, owner.toBytes(), executable, 0n));
    }

    removeAccount(address) {
        this.#vm.setAccount(address.toBytes(), new Account(
            0n, Buffer.alloc(0), SystemProgram.programId.toBytes(), false, 0n));
    }

    accountsOf(program) {
        return this.#vm.getProgramAccounts(program.toBytes())
            .map((entry) => new PublicKey(entry.address));
    }

    tokenAccount(address) {
        const account = this.account(address);

        return account && readTokenAccount(account.owner, account.data);
    }

    decimals(mint) {
        return this.account(mint)?.data[44] ?? 0;
    }

    balance(address) {
        return this.account(address)?.lamports ?? 0n;
    }

    rent(bytes) {
        return this.#vm.minimumBalanceForRentExemption(BigInt(bytes));
    }

    addProgram(address, elf) {
        this.#vm.addProgram(address.toBytes(), elf);
    }

    /* Coins out of nowhere, as a recorded transaction. */
    airdrop(address, lamports) {
        const faucet = Keypair.generate();

        this.setAccount(faucet.publicKey, {
            lamports: lamports + SIGNATURE_FEE, data: Buffer.alloc(0),
            owner: SystemProgram.programId,
        });

        return this.run([SystemProgram.transfer({
            fromPubkey: faucet.publicKey, toPubkey: address, lamports,
        })], [faucet]);
    }

    /* Transactions */

    /* Signs and sends instructions of the sandbox's own. */
    run(instructions, signers) {
        const message = new TransactionMessage({
            payerKey: signers[0].publicKey,
            recentBlockhash: this.latestBlockhash().blockhash,
            instructions,
        }).compileToV0Message();
        const transaction = new VersionedTransaction(message);

        transaction.sign(signers);
        const record = this.process(transaction.serialize());

        if (record.meta.err !== null) {
            throw new Error(`${JSON.stringify(record.meta.err)}\n`
                            + record.meta.logMessages.join("\n"));
        }

        return record.signature;
    }

    /* Why the transaction could not even be tried, or null. */
    refusal(transaction, signature = firstSignature(transaction)) {
        if (this.#history.has(signature)) {
            return "AlreadyProcessed";
        }

        if (!this.isBlockhashValid(transaction.message.recentBlockhash)) {
            return "BlockhashNotFound";
        }

        return null;
    }

    simulate(raw) {
        this.#syncClock();
        const outcome = this.#vm.simulateVersionedTransaction(raw);
        const failed = typeof outcome.err === "function";
        const meta = outcome.meta();

        return {
            err: failed ? transactionError(outcome.err()) : null,
            logs: meta.logs(),
            unitsConsumed: meta.computeUnitsConsumed(),
            innerInstructions: innerInstructions(meta),
            accounts: new Map(failed ? [] : outcome.postAccounts().map(
                (entry) => [bs58.encode(entry.address), entry.account()])),
        };
    }

    /* Executes it, once and for all; the record tells what became of it. */
    process(raw) {
        const transaction = VersionedTransaction.deserialize(raw);
        const signature = firstSignature(transaction);

        if (this.#history.has(signature)) {
            return this.#history.get(signature);
        }

        this.#syncClock();

        const { keys, loaded } = this.#accountKeys(transaction.message);
        const before = this.#balances(keys);
        const outcome = this.#vm.sendVersionedTransaction(raw);
        const failed = typeof outcome.err === "function";
        const meta = failed ? outcome.meta() : outcome;
        const after = this.#balances(keys);

        const record = {
            signature,
            slot: this.slot(),
            blockTime: BigInt(Math.floor(Date.now() / 1000)),
            raw: Buffer.from(raw),
            transaction,
            keys,
            meta: {
                err: failed ? transactionError(outcome.err()) : null,
                fee: transactionFee(transaction),
                preBalances: before.lamports,
                postBalances: after.lamports,
                preTokenBalances: before.tokens,
                postTokenBalances: after.tokens,
                innerInstructions: innerInstructions(meta),
                logMessages: meta.logs(),
                loadedAddresses: loaded,
                computeUnitsConsumed: meta.computeUnitsConsumed(),
                rewards: [],
            },
        };

        this.#history.set(signature, record);
        this.#bySlot.push(record);

        return record;
    }

    get transactionCount() {
        return this.#bySlot.length;
    }

    find(signature) {
        return this.#history.get(signature) ?? null;
    }

    /* Newest first, every transaction that names the address. */
    touching(address) {
        return this.#bySlot
            .filter((record) => record.keys.some((key) => key.equals(address)))
            .reverse();
    }

    commitment(record) {
        const age = this.slot() - record.slot;

        if (age >= this.finalizedAfter) {
            return "finalized";
        }

        return age >= this.confirmedAfter ? "confirmed" : "processed";
    }

    #syncClock() {
        const slot = this.slot();
        const { epoch } = this.epoch(slot);

        this.#vm.warpToSlot(slot);
        this.#vm.setClock(new Clock(slot, 0n, epoch, epoch + 1n,
                                    BigInt(Math.floor(Date.now() / 1000))));
    }

    /* Static keys, then those from lookup tables: writable, then readonly. */
    #accountKeys(message) {
        const writable = [];
        const readonly = [];

        for (const lookup of message.addressTableLookups ?? []) {
            const table = this.account(lookup.accountKey)?.data
                ?? Buffer.alloc(56);
            const at = (i) => new PublicKey(
                table.subarray(56 + 32 * i, 88 + 32 * i));

            writable.push(...lookup.writableIndexes.map(at));
            readonly.push(...lookup.readonlyIndexes.map(at));
        }

        const fixed = message.staticAccountKeys ?? message.accountKeys;

        return {
            keys: [...fixed, ...writable, ...readonly],
            loaded: { writable: writable.map(String),
                      readonly: readonly.map(String) },
        };
    }

    #balances(keys) {
        const lamports = keys.map((key) => this.balance(key));
        const tokens = [];

        keys.forEach((key, accountIndex) => {
            const account = this.account(key);
            const token = account
                && readTokenAccount(account.owner, account.data);

            if (token?.initialized) {
                tokens.push({
                    accountIndex,
                    mint: token.mint.toBase58(),
                    owner: token.owner.toBase58(),
                    programId: account.owner.toBase58(),
                    uiTokenAmount: this.uiAmount(token.amount, token.mint),
                });
            }
        });

        return { lamports, tokens };
    }

    uiAmount(amount, mint) {
        const decimals = this.decimals(mint);
        const value = Number(amount) / 10 ** decimals;

        return { amount: amount.toString(), decimals,
                 uiAmount: amount === 0n ? null : value,
                 uiAmountString: value.toString() };
    }
}


export function firstSignature(transaction) {
    return bs58.encode(transaction.signatures[0]);
}


/* 5,000 lamports a signature, and what the payer bids on top. */
export function transactionFee({ message, signatures }) {
    return SIGNATURE_FEE * BigInt(signatures.length)
        + priorityFee(message, message.compiledInstructions);
}


function priorityFee(message, instructions) {
    if (message.version === 1) {
        return BigInt(message.transactionConfig?.priorityFee ?? 0);
    }

    let units = 200_000n * BigInt(instructions.length);
    let price = 0n;

    for (const { programIdIndex, data } of instructions) {
        const program = message.staticAccountKeys[programIdIndex].toBase58();
        const bytes = Buffer.from(data);

        if (program !== "ComputeBudget111111111111111111111111111111") {
            continue;
        }

        if (bytes[0] === 2) {
            units = BigInt(bytes.readUInt32LE(1));
        }

        if (bytes[0] === 3) {
            price = bytes.readBigUInt64LE(1);
        }
    }

    return (units * price + 999_999n) / 1_000_000n;
}


function innerInstructions(meta) {
    return meta.innerInstructions()
        .map((inner, index) => ({
            index,
            instructions: inner.map((entry) => ({
                programIdIndex: entry.instruction().programIdIndex(),
                accounts: [...entry.instruction().accounts()],
                data: bs58.encode(entry.instruction().data()),
                stackHeight: entry.stackHeight(),
            })),
        }))
        .filter(({ instructions }) => instructions.length > 0);
}
