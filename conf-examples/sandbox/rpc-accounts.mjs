/*
 * Accounts, balances and token accounts, as they were where the node is at the
 * commitment asked for.
 */

import bs58 from "bs58";

import { RpcError, commitment, contextSlot, envelope, invalid, key, list }
    from "./rpc-params.mjs";
import { TOKEN, TOKEN_2022, readMint, readTokenAccount } from "./tokens.mjs";

const MOST_ACCOUNTS = 100;
const MOST_FILTERS = 4;
const MOST_LARGEST = 20;
const LARGEST_BASE58 = 128;
const NEVER = 2n ** 64n - 1n;              /* the rent epoch of every account */


export function accountMethods(node) {
    const { chain } = node;
    const accounts = (config, value) => envelope(
        node, config, (level) => value(new Accounts(node, level, config)));

    return {
        getMinimumBalanceForRentExemption: (bytes) => chain.rent(bytes),
        getBalance: (address, config) => accounts(config, (all) =>
            all.find(key(address))?.lamports ?? 0n),
        getAccountInfo: (address, config) => accounts(config, (all) =>
            all.json(key(address))),
        getMultipleAccounts: (addresses, config) => accounts(config, (all) =>
            list(addresses, MOST_ACCOUNTS).map(
                (address) => all.json(key(address)))),
        getProgramAccounts: (program, config) => {
            const value = (all) => all.ofProgram(key(program));

            if (config?.withContext) {
                return accounts(config, value);
            }

            contextSlot(node, config);

            return value(new Accounts(node, commitment(config), config));
        },
        getTokenAccountBalance: (address, config) => accounts(config, (all) =>
            all.tokenBalance(key(address))),
        getTokenAccountsByOwner: (owner, filter, config) => accounts(
            config, (all) => all.tokenAccounts(filter, (account) =>
                account.owner.equals(key(owner)))),
        getTokenAccountsByDelegate: (delegate, filter, config) => accounts(
            config, (all) => all.tokenAccounts(filter, (account) =>
                account.delegate?.equals(key(delegate)))),
        getTokenSupply: (mint, config) => accounts(config, (all) =>
            all.supply(key(mint))),
        getTokenLargestAccounts: (mint, config) => accounts(config, (all) =>
            all.largest(key(mint))),
    };
}


/* All accounts at one commitment level, written as one `config` wants. */
class Accounts {
    #node;
    #level;
    #config;

    constructor(node, level, config) {
        this.#node = node;
        this.#level = level;
        this.#config = config ?? {};
    }

    find(address) {
        return this.#node.account(address, this.#level);
    }

    token(address) {
        const account = this.find(address);

        return account && readTokenAccount(account.owner, account.data);
    }

    #mint(address) {
        const account = this.find(address);
        const mint = account && readMint(account.owner, account.data);

        if (mint === null) {
            throw invalid("Invalid param: not a Token mint");
        }

        return mint;
    }

    #amount(amount, mint) {
        return this.#node.chain.uiAmount(amount, mint);
    }

    tokenBalance(address) {
        const account = this.token(address);

        if (account === null) {
            throw invalid("Invalid param: could not find account");
        }

        return this.#amount(account.amount, account.mint);
    }

    supply(mint) {
        return this.#amount(this.#mint(mint).supply, mint);
    }

    largest(mint) {
        this.#mint(mint);

        return this.#tokensWhere((account) => account.mint.equals(mint))
            .sort((one, other) => Number(other.token.amount
                                         - one.token.amount))
            .slice(0, MOST_LARGEST)
            .map(({ address, token }) => ({
                address: address.toBase58(),
                ...this.#amount(token.amount, mint),
            }));
    }

    tokenAccounts({ mint, programId } = {}, wanted) {
        if (mint === undefined && programId === undefined) {
            throw invalid("Invalid params: expected mint or programId");
        }

        return this.#tokensWhere(
            (account, program) => wanted(account)
                && (!mint || account.mint.equals(key(mint)))
                && (!programId || program.equals(key(programId))))
            .map(({ address }) => this.#keyed(address));
    }

    #tokensWhere(wanted) {
        return [TOKEN, TOKEN_2022].flatMap(
            (program) => this.#node.chain.accountsOf(program)
                .map((address) => ({ address, token: this.token(address) }))
                .filter(({ token }) => token && wanted(token, program)));
    }

    ofProgram(program) {
        const filters = list(this.#config.filters ?? [], MOST_FILTERS)
            .map(readFilter);

        return this.#node.chain.accountsOf(program)
            .filter((address) => {
                const account = this.find(address);

                return account?.owner.equals(program)
                    && filters.every((filter) => filter(account.data));
            })
            .map((address) => this.#keyed(address));
    }

    #keyed(address) {
        return { pubkey: address.toBase58(), account: this.json(address) };
    }

    json(address) {
        const account = this.find(address);

        return account && { ...accountJson(account, this.#config),
                            ...this.#parsed(account) };
    }

    /* `data` in its parts, if it was asked for and is of a token program. */
    #parsed(account) {
        if (this.#config.encoding !== "jsonParsed") {
            return {};
        }

        const token = readTokenAccount(account.owner, account.data);
        const mint = readMint(account.owner, account.data);
        const parsed = token
            ? { type: "account", info: this.#tokenInfo(token) }
            : mint && { type: "mint", info: {
                decimals: mint.decimals, supply: mint.supply.toString(),
                mintAuthority: mint.authority?.toBase58() ?? null,
                freezeAuthority: null, isInitialized: true,
            } };

        return parsed === null ? {} : { data: {
            program: account.owner.equals(TOKEN)
                ? "spl-token" : "spl-token-2022",
            parsed, space: account.data.length,
        } };
    }

    #tokenInfo(token) {
        return {
            mint: token.mint.toBase58(), owner: token.owner.toBase58(),
            state: "initialized", isNative: token.isNative,
            tokenAmount: this.#amount(token.amount, token.mint),
        };
    }
}


function readFilter({ dataSize, memcmp }) {
    if (dataSize !== undefined) {
        return (data) => data.length === dataSize;
    }

    if (typeof memcmp?.bytes !== "string") {
        throw invalid("Invalid params: expected dataSize or memcmp");
    }

    const { offset = 0, bytes, encoding } = memcmp;
    const wanted = encoding === "base64" ? Buffer.from(bytes, "base64")
        : Buffer.from(bs58.decode(bytes));

    return (data) => data.subarray(offset, offset + wanted.length)
        .equals(wanted);
}


export function accountJson({ data, owner, lamports, executable }, config) {
    const { offset = 0, length = data.length } = config?.dataSlice ?? {};
    const bytes = data.subarray(offset, offset + length);
    const encoding = config?.encoding;

    if ((encoding === undefined || encoding === "base58")
        && bytes.length > LARGEST_BASE58)
    {
        throw new RpcError(-32600, "Encoded binary (base 58) data should be "
            + `less than ${LARGEST_BASE58} bytes, please use Base64 encoding.`);
    }

    const text = encoding === undefined ? bs58.encode(bytes)
        : encoding === "base58" ? [bs58.encode(bytes), "base58"]
        : [bytes.toString("base64"), "base64"];

    return { data: text, executable, lamports, owner: owner.toBase58(),
             rentEpoch: NEVER, space: data.length };
}
