/*
 * A Solana chain: LiteSVM plus what LiteSVM leaves out.
 *
 * LiteSVM executes transactions.  This class adds time (slots.mjs), what
 * accounts were like some slots ago (versions.mjs), a history of what was sent
 * with the balances before and after, and commitment.  Everything here is
 * synchronous: a transaction is processed the moment it is sent.
 *
 * It is the chain itself; what one node knows of it is in node.mjs.
 */

import bs58 from "bs58";
import litesvm from "litesvm";
import { Keypair, PublicKey, SystemProgram, TransactionMessage,
         VersionedTransaction } from "@solana/web3.js";

import { transactionError } from "./errors.mjs";
import { Slots } from "./slots.mjs";
import { readTokenAccount } from "./tokens.mjs";
import { Versions, sameAccount, upTo } from "./versions.mjs";

const { Account, Clock, LiteSVM } = litesvm;

/* How far back a program can see which slots there were. */
const SLOT_HASHES = 64;

export const SIGNATURE_FEE = 5000n;


export class Chain {
    #svm = new LiteSVM().withNativeMints().withBlockhashCheck(false)
        .withTransactionHistory(0n);
    #versions = new Versions();
    #history = new Map();
    #inOrder = [];
    #bySlot = new Map();
    #waiting = [];
    #syncedSlot = null;

    slots = new Slots();

    /* Slots until a transaction is confirmed and until it is finalized. */
    confirmedAfter = 1n;
    finalizedAfter = 32n;

    genesisHash = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

    get #vm() {
        return this.#svm.inner;
    }

    /* Time */

    slot(commitment = "processed") {
        return this.slots.tip - this.depth(commitment);
    }

    /* How many slots a commitment level is behind the tip. */
    depth(commitment) {
        return { processed: 0n, confirmed: this.confirmedAfter,
                 finalized: this.finalizedAfter }[commitment];
    }

    blockHeight(commitment) {
        return this.slots.height(this.slot(commitment));
    }

    advance(slots) {
        this.slots.advance(slots);
        this.#landWaiting();
    }

    skip(slots) {
        this.slots.skip(slots);
        this.#landWaiting();
    }

    /* One per call, so that two equal orders are two transactions. */
    latestBlockhash(commitment) {
        return this.slots.uniqueBlockhash(this.slot(commitment));
    }

    isBlockhashValid(blockhash, slot = this.slot()) {
        return this.slots.isBlockhashValid(blockhash, slot);
    }

    expireBlockhashes() {
        this.slots.expireBlockhashes();
    }

    /* From here on the present state is what has always been. */
    forgetVersions() {
        this.#versions.forget();
    }

    /* Accounts */

    account(address) {
        return plainAccount(this.#vm.getAccount(address.toBytes()));
    }

    /* The account as it was at a slot. */
    accountAt(address, slot) {
        const version = this.#versions.at(address.toBase58(), slot);

        return version === null ? this.account(address) : version.account;
    }

    /* What changed after so many changes, see versions.mjs. */
    changesAfter(count, slot) {
        return this.#versions.changesAfter(count, slot);
    }

    setAccount(address, { lamports, data, owner, executable = false }) {
        const needed = lamports ?? this.rent(data.length);

        this.#change(address, new Account(
            needed, data, owner.toBytes(), executable, 0n));
    }

    removeAccount(address) {
        this.#change(address, new Account(
            0n, Buffer.alloc(0), SystemProgram.programId.toBytes(), false, 0n));
    }

    #change(address, account) {
        const before = this.account(address);

        this.#vm.setAccount(address.toBytes(), account);
        this.#keepVersion(address, this.slot(), before);
    }

    #keepVersion(address, until, before) {
        if (!sameAccount(before, this.account(address))) {
            this.#versions.keep(address.toBase58(), until, before);
        }
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
                (entry) => [bs58.encode(entry.address),
                            plainAccount(entry.account())])),
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

        const slot = this.slot();
        const { keys, loaded } = this.#accountKeys(transaction.message);
        const accounts = keys.map((key) => this.account(key));
        const before = this.#balances(keys);
        const outcome = this.#vm.sendVersionedTransaction(raw);
        const failed = typeof outcome.err === "function";
        const meta = failed ? outcome.meta() : outcome;
        const after = this.#balances(keys);

        keys.forEach((key, i) => this.#keepVersion(key, slot, accounts[i]));

        const record = {
            signature,
            slot,
            blockTime: this.slots.timeOf(slot),
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
        this.#inOrder.push(record);
        this.#bySlot.set(slot, [...this.block(slot), record]);

        return record;
    }

    /* Executes it `slots` from now, if its blockhash is still good then. */
    processLater(raw, slots) {
        this.#waiting.push({ raw, slot: this.slot() + BigInt(slots) });
        setTimeout(() => this.#landWaiting(),
                   (slots + 1) * this.slots.slotMs).unref();
    }

    #landWaiting() {
        const tip = this.slot();
        const due = this.#waiting.filter(({ slot }) => slot <= tip);

        this.#waiting = this.#waiting.filter(({ slot }) => slot > tip);

        for (const { raw } of due) {
            if (this.refusal(VersionedTransaction.deserialize(raw)) === null) {
                this.process(raw);
            }
        }
    }

    get transactionCount() {
        return this.#inOrder.length;
    }

    /* The records of a slot, in the order they were processed. */
    block(slot) {
        return this.#bySlot.get(slot) ?? [];
    }

    find(signature) {
        return this.#history.get(signature) ?? null;
    }

    /* The records after the first `count`, in slots up to `slot`. */
    recordsAfter(count, slot) {
        return upTo(this.#inOrder, count, slot, (record) => record.slot);
    }

    /* Newest first, every transaction that names the address. */
    touching(address) {
        return this.#inOrder
            .filter((record) => record.keys.some((key) => key.equals(address)))
            .reverse();
    }

    #syncClock() {
        const slot = this.slot();
        const { epoch } = this.slots.epoch(slot);

        if (slot !== this.#syncedSlot) {
            this.#syncedSlot = slot;
            this.#vm.warpToSlot(slot);
            this.#vm.setSlotHashes(Array.from(
                { length: SLOT_HASHES },
                (_, i) => this.slots.slotHash(slot - 1n - BigInt(i))));
        }

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


/* LiteSVM's account as an object of values, null for none. */
function plainAccount(account) {
    return account === null || account.lamports() === 0n ? null : {
        lamports: account.lamports(),
        data: Buffer.from(account.data()),
        owner: new PublicKey(account.owner()),
        executable: account.executable(),
    };
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
