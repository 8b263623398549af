/*
 * Solana's JSON-RPC over the sandbox's chain: single calls and batches, a
 * node's own error codes and error data.
 *
 * One table of methods.  A method gets its parameters and returns the result;
 * it throws an RpcError for anything a node would answer with `error`.
 */

import bs58 from "bs58";
import { PublicKey, VersionedMessage, VersionedTransaction }
    from "@solana/web3.js";

import { firstSignature, transactionFee } from "./chain.mjs";
import { errorText } from "./errors.mjs";
import { encode } from "./json.mjs";
import { transactionJson } from "./rpc-encoding.mjs";
import { TOKEN, TOKEN_2022 } from "./tokens.mjs";
import { deliver, instead } from "./whims.mjs";

const API_VERSION = "4.2.2";
const MOST_SIGNATURES = 256;
const MOST_ACCOUNTS = 100;
const MOST_HISTORY = 1000;
const LARGEST_TRANSACTION = 4096;
const NEVER = 2n ** 64n - 1n;              /* the rent epoch of every account */

class RpcError extends Error {
    constructor(code, message, data) {
        super(message);
        this.answer = { code, message, data };
    }
}


export class Rpc {
    #market;
    #chain;
    slotsBehind = 0;

    constructor(market) {
        this.#market = market;
        this.#chain = market.chain;
    }

    async handle(request, response, { body, whims, record }) {
        const answer = instead(whims);

        record.answer = {
            status: answer?.status ?? 200,
            text: answer ? encode(answer.body) : this.#answerText(body),
        };
        await deliver(response, record.answer, whims);
    }

    health() {
        return this.slotsBehind === 0 ? "ok" : "behind";
    }

    #answerText(body) {
        let call;

        try {
            call = JSON.parse(body);
        } catch {
            return encode(failure(null, -32700, "Parse error"));
        }

        if (!Array.isArray(call)) {
            const answer = this.#call(call);

            return answer === null ? "" : encode(answer);
        }

        if (call.length === 0) {
            return encode(failure(null, -32600, "Invalid request"));
        }

        return encode(call.map((one) => this.#call(one))
            .filter((answer) => answer !== null));
    }

    #call(call) {
        if (call?.jsonrpc !== "2.0" || typeof call.method !== "string") {
            return failure(null, -32600, "Invalid request");
        }

        if (call.id === undefined) {
            return null;                               /* a notification */
        }

        if (!Object.hasOwn(this.#methods, call.method)) {
            return failure(call.id, -32601, "Method not found");
        }

        try {
            const result = this.#methods[call.method](...(call.params ?? []));

            return { jsonrpc: "2.0", result, id: call.id };
        } catch (error) {
            return error instanceof RpcError
                ? { jsonrpc: "2.0", error: error.answer, id: call.id }
                : failure(call.id, -32603, `Internal error: ${error.message}`);
        }
    }

    #methods = {
        getHealth: () => this.#healthy(),
        getSlot: (config) => this.#chain.slot(commitment(config)),
        getBlockHeight: (config) =>
            this.#chain.blockHeight(commitment(config)),
        getVersion: () => ({ "solana-core": API_VERSION,
                             "feature-set": 3_640_012_085 }),
        getGenesisHash: () => this.#chain.genesisHash,
        getEpochInfo: (config) => this.#epochInfo(commitment(config)),
        getLatestBlockhash: (config) => this.#value(
            this.#chain.latestBlockhash(commitment(config)), config),
        isBlockhashValid: (blockhash, config) => this.#value(
            this.#chain.isBlockhashValid(blockhash), config),
        getFeeForMessage: (message, config) => this.#value(
            this.#feeForMessage(message), config),
        getMinimumBalanceForRentExemption: (bytes) => this.#chain.rent(bytes),
        getBalance: (address, config) => this.#value(
            this.#chain.balance(key(address)), config),
        getAccountInfo: (address, config) => this.#value(
            this.#account(key(address), config), config),
        getMultipleAccounts: (addresses, config) => this.#value(
            this.#accounts(addresses, config), config),
        getTokenAccountBalance: (address, config) => this.#value(
            this.#tokenBalance(key(address)), config),
        getTokenAccountsByOwner: (owner, filter, config) => this.#value(
            this.#tokenAccounts(key(owner), filter, config), config),
        requestAirdrop: (address, lamports) =>
            this.#chain.airdrop(key(address), BigInt(lamports)),
        sendTransaction: (text, config) => this.#send(text, config),
        simulateTransaction: (text, config) => this.#value(
            this.#simulate(text, config), config),
        getSignatureStatuses: (signatures) => this.#value(
            this.#statuses(signatures)),
        getTransaction: (signature, config) =>
            this.#transaction(signature, config),
        getSignaturesForAddress: (address, config) =>
            this.#signatures(key(address), config),
    };

    #value(value, config) {
        const slot = this.#chain.slot(commitment(config));
        const least = config?.minContextSlot;

        if (least !== undefined && slot < BigInt(least)) {
            throw new RpcError(-32016, "Minimum context slot has not been "
                               + "reached", { contextSlot: slot });
        }

        return { context: { apiVersion: API_VERSION, slot }, value };
    }

    #healthy() {
        if (this.slotsBehind > 0) {
            throw new RpcError(-32005, `Node is behind by ${this.slotsBehind} `
                               + "slots", { numSlotsBehind: this.slotsBehind });
        }

        return "ok";
    }

    #epochInfo(level) {
        const absoluteSlot = this.#chain.slot(level);

        return { absoluteSlot, blockHeight: this.#chain.blockHeight(level),
                 ...this.#chain.epoch(absoluteSlot),
                 transactionCount: this.#chain.transactionCount };
    }

    #feeForMessage(text) {
        const message = VersionedMessage.deserialize(
            Buffer.from(text, "base64"));
        const signatures = Array(message.header.numRequiredSignatures).fill();

        return this.#chain.isBlockhashValid(message.recentBlockhash)
            ? transactionFee({ message, signatures }) : null;
    }

    #account(address, config) {
        const account = this.#chain.account(address);

        return account && accountJson(account, config);
    }

    #accounts(addresses, config) {
        if (addresses.length > MOST_ACCOUNTS) {
            throw invalid(`Too many inputs provided; max ${MOST_ACCOUNTS}`);
        }

        return addresses.map((address) => this.#account(key(address), config));
    }

    #tokenBalance(address) {
        const account = this.#chain.tokenAccount(address);

        if (account === null) {
            throw invalid("Invalid param: could not find account");
        }

        return this.#chain.uiAmount(account.amount, account.mint);
    }

    #tokenAccounts(owner, { mint, programId }, config) {
        const programs = programId ? [key(programId)] : [TOKEN, TOKEN_2022];

        return programs
            .flatMap((program) => this.#chain.accountsOf(program))
            .filter((address) => {
                const account = this.#chain.tokenAccount(address);

                return account?.owner.equals(owner)
                    && (!mint || account.mint.equals(key(mint)));
            })
            .map((address) => ({
                pubkey: address.toBase58(),
                account: this.#tokenAccountJson(address, config),
            }));
    }

    #tokenAccountJson(address, config) {
        const account = this.#chain.account(address);

        if (config?.encoding !== "jsonParsed") {
            return accountJson(account, config);
        }

        const token = this.#chain.tokenAccount(address);
        const isToken = account.owner.equals(TOKEN);
        const parsed = {
            type: "account",
            info: {
                mint: token.mint.toBase58(), owner: token.owner.toBase58(),
                state: "initialized",
                isNative: account.data.readUInt32LE(109) === 1,
                tokenAmount: this.#chain.uiAmount(token.amount, token.mint),
            },
        };

        return { ...accountJson(account, config),
                 data: { program: isToken ? "spl-token" : "spl-token-2022",
                         parsed, space: account.data.length } };
    }

    #send(text, config) {
        const { raw, transaction } = decode(text, config?.encoding ?? "base58");
        const signature = firstSignature(transaction);
        const refusal = this.#chain.refusal(transaction);

        if (config?.skipPreflight) {
            if (refusal === null) {
                this.#chain.process(raw);
            }

            return signature;
        }

        const outcome = refusal ? { err: refusal, logs: [], unitsConsumed: 0 }
            : this.#chain.simulate(raw);

        if (outcome.err !== null) {
            throw new RpcError(-32002, "Transaction simulation failed: "
                               + errorText(outcome.err), preflight(outcome));
        }

        return this.#chain.process(raw).signature;
    }

    #simulate(text, config) {
        const { raw, transaction } = decode(text, config?.encoding ?? "base58");
        const { recentBlockhash } = transaction.message;
        const stale = !config?.replaceRecentBlockhash
            && !this.#chain.isBlockhashValid(recentBlockhash);

        if (stale) {
            return preflight({ err: "BlockhashNotFound", logs: [],
                               unitsConsumed: 0 });
        }

        const outcome = this.#chain.simulate(raw);
        const wanted = config?.accounts?.addresses;

        return {
            ...preflight(outcome),
            accounts: wanted?.map((address) => outcome.accounts.get(address)
                ?? null) ?? null,
            innerInstructions: config?.innerInstructions
                ? outcome.innerInstructions : undefined,
        };
    }

    #statuses(signatures) {
        if (signatures.length > MOST_SIGNATURES) {
            throw invalid(`Too many inputs provided; max ${MOST_SIGNATURES}`);
        }

        return signatures.map((signature) => {
            const record = this.#chain.find(signature);

            if (record === null) {
                return null;
            }

            const { err } = record.meta;
            const level = this.#chain.commitment(record);

            return {
                slot: record.slot,
                confirmations: level === "finalized"
                    ? null : this.#chain.slot() - record.slot,
                err, status: err === null ? { Ok: null } : { Err: err },
                confirmationStatus: level,
            };
        });
    }

    #transaction(signature, config) {
        const level = commitment(config);

        if (level === "processed") {
            throw invalid("Method does not support commitment below "
                          + "`confirmed`");
        }

        const record = this.#chain.find(signature);

        if (record === null || record.slot > this.#chain.slot(level)) {
            return null;
        }

        const version = record.transaction.version;
        const most = config?.maxSupportedTransactionVersion;

        if (version !== "legacy" && !(version <= most)) {
            throw new RpcError(-32015, `Transaction version (${version}) is `
                + "not supported by the requesting client. Please try the "
                + "request again with the following configuration parameter: "
                + `"maxSupportedTransactionVersion": ${version}`);
        }

        return transactionJson(record, config);
    }

    #signatures(address, config) {
        const records = this.#chain.touching(address);
        const place = (signature) => {
            const at = records.findIndex((one) => one.signature === signature);

            if (at < 0) {
                throw new RpcError(-32020,
                                   `Transaction ${signature} not found`);
            }

            return at;
        };
        const from = config?.before ? place(config.before) + 1 : 0;
        const to = config?.until ? place(config.until) : records.length;

        return records.slice(from, to)
            .slice(0, config?.limit ?? MOST_HISTORY)
            .map((record) => ({
                signature: record.signature, slot: record.slot,
                err: record.meta.err, memo: null, blockTime: record.blockTime,
                confirmationStatus: this.#chain.commitment(record),
            }));
    }
}


function commitment(config) {
    const level = config?.commitment ?? "finalized";

    if (!["processed", "confirmed", "finalized"].includes(level)) {
        throw invalid(`Invalid params: unknown commitment ${level}`);
    }

    return level;
}


function key(text) {
    try {
        return new PublicKey(text);
    } catch {
        throw invalid("Invalid param: Invalid");
    }
}


function decode(text, encoding) {
    let raw;

    try {
        raw = encoding === "base64"
            ? Buffer.from(text, "base64") : Buffer.from(bs58.decode(text));
    } catch {
        throw invalid(`invalid ${encoding} encoding`);
    }

    if (raw.length > LARGEST_TRANSACTION) {
        throw invalid(`decoded transaction too large: ${raw.length} bytes`);
    }

    try {
        return { raw, transaction: VersionedTransaction.deserialize(raw) };
    } catch (error) {
        throw invalid(`failed to deserialize transaction: ${error.message}`);
    }
}


function preflight({ err, logs, unitsConsumed }) {
    return { err, logs, unitsConsumed, accounts: null, innerInstructions: null,
             returnData: null, replacementBlockhash: null };
}


function accountJson({ data, owner, lamports, executable }, config) {
    const { offset = 0, length = data.length } = config?.dataSlice ?? {};
    const bytes = data.subarray(offset, offset + length);
    const text = config?.encoding === undefined ? bs58.encode(bytes)
        : config.encoding === "base58" ? [bs58.encode(bytes), "base58"]
        : [bytes.toString("base64"), "base64"];

    return { data: text, executable, lamports, owner: owner.toBase58(),
             rentEpoch: NEVER, space: data.length };
}


function invalid(message) {
    return new RpcError(-32602, message);
}


function failure(id, code, message) {
    return { jsonrpc: "2.0", error: { code, message }, id };
}
