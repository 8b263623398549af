/*
 * The market of the sandbox: what is traded, at what price, and by whom.
 *
 * Five mints, a market maker that holds plenty of each (the pools' vault and
 * its own wallet), Jupiter's fee wallet, the operator's referral account, and
 * the lookup table that makes transactions small.  Prices don't move: a test
 * can work them out by hand.
 */

import { Keypair, PublicKey, SystemProgram } from "@solana/web3.js";

import { Referral } from "./referral.mjs";
import { AGGREGATOR, EVENT_AUTHORITY, ORDER_ENGINE, UNKNOWN_ROUTER,
         routerProgram, vaultOf } from "./router.mjs";
import { NATIVE_MINT, TOKEN, TOKEN_2022, ASSOCIATED_TOKEN, associatedAccount,
         createAssociatedAccount, mintData } from "./tokens.mjs";

const LOOKUP_TABLE_PROGRAM = new PublicKey(
    "AddressLookupTab1e1111111111111111111111111");

/*
 * Whose mint a fee is taken in: SOL before stables before the rest, and
 * between two of a kind as they stand here.
 */
const MINTS = [
    { symbol: "SOL", address: NATIVE_MINT.toBase58(), decimals: 9,
      microUsd: 150_000_000n, kind: "sol" },
    { symbol: "USDC", address: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v",
      decimals: 6, microUsd: 1_000_000n, kind: "stable" },
    { symbol: "USDT", address: "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB",
      decimals: 6, microUsd: 1_000_000n, kind: "stable" },
    { symbol: "BONK", address: "DezXAZ8z7PnrnRJjz3wXBoRCixCa6xjnB7YaB1pPB263",
      decimals: 5, microUsd: 25n, kind: "other" },
    { symbol: "TAXED", address: "TaxedCat11111111111111111111111111111111111",
      decimals: 6, microUsd: 40_000n, kind: "other", transferFeeBps: 100 },
];

export const MAKER_STOCK = 10n ** 16n;


export class Market {
    maker = Keypair.generate();
    jupiterFees = Keypair.generate().publicKey;
    vault = vaultOf(AGGREGATOR)[0];
    lookupTable = Keypair.generate().publicKey;
    referral = new Referral(this);

    mints = MINTS.map((mint, priority) => ({
        ...mint, priority,
        key: new PublicKey(mint.address),
        program: mint.transferFeeBps ? TOKEN_2022 : TOKEN,
    }));

    constructor(chain) {
        this.chain = chain;
        this.#openPrograms();
        this.#openMints();
        this.#openWallets();
        this.referral.open();
        this.#openLookupTable();
        chain.forgetVersions();
    }

    mint(address) {
        return this.mints.find((mint) => mint.address === address) ?? null;
    }

    symbol(symbol) {
        return this.mints.find((mint) => mint.symbol === symbol);
    }

    tokenAccount(owner, mint) {
        return associatedAccount(owner, mint.key, mint.program);
    }

    get referralAccount() {
        return this.referral.account;
    }

    openTokenAccount(owner, mint) {
        if (this.chain.balance(this.maker.publicKey) < 10n ** 12n) {
            this.chain.airdrop(this.maker.publicKey, 10n ** 15n);
        }

        this.chain.run([createAssociatedAccount(
            this.maker.publicKey, owner, mint.key, mint.program)],
                       [this.maker]);
    }

    /* Sets what the owner's token account of a mint holds. */
    setBalance(owner, mint, amount) {
        const address = this.tokenAccount(owner, mint);

        if (this.chain.tokenAccount(address) === null) {
            this.openTokenAccount(owner, mint);
        }

        const account = this.chain.account(address);
        const held = account.data.readBigUInt64LE(64);

        account.data.writeBigUInt64LE(amount, 64);

        if (mint.key.equals(NATIVE_MINT)) {
            account.lamports += amount - held;
        }

        this.chain.setAccount(address, account);
        this.#changeSupply(mint, amount - held);
    }

    dropTokenAccount(owner, mint) {
        const address = this.tokenAccount(owner, mint);
        const held = this.chain.tokenAccount(address)?.amount ?? 0n;

        this.chain.removeAccount(address);
        this.#changeSupply(mint, -held);
    }

    #changeSupply(mint, change) {
        const account = this.chain.account(mint.key);

        if (!mint.key.equals(NATIVE_MINT)) {
            account.data.writeBigUInt64LE(
                account.data.readBigUInt64LE(36) + change, 36);
            this.chain.setAccount(mint.key, account);
        }
    }

    #openPrograms() {
        const program = routerProgram();

        for (const address of [AGGREGATOR, ORDER_ENGINE, UNKNOWN_ROUTER]) {
            this.chain.addProgram(address, program);
        }

        this.setFailure(0);
    }

    /* What the router program fails with from now on; 0 for nothing. */
    setFailure(code) {
        const data = Buffer.alloc(4);

        data.writeUInt32LE(code);
        this.chain.setAccount(EVENT_AUTHORITY, { data, owner: AGGREGATOR });
    }

    #openMints() {
        for (const mint of this.mints) {
            if (!mint.key.equals(NATIVE_MINT)) {
                this.chain.setAccount(mint.key, {
                    data: mintData({ ...mint,
                                     authority: this.maker.publicKey }),
                    owner: mint.program,
                });
            }
        }
    }

    #openWallets() {
        this.chain.airdrop(this.maker.publicKey, 10n ** 15n);

        for (const mint of this.mints) {
            this.setBalance(this.vault, mint, MAKER_STOCK);
            this.setBalance(this.maker.publicKey, mint, MAKER_STOCK);
            this.openTokenAccount(this.jupiterFees, mint);
        }
    }

    #openLookupTable() {
        const wallets = [this.vault, this.jupiterFees, this.referralAccount];
        const addresses = [
            this.vault, EVENT_AUTHORITY, TOKEN, TOKEN_2022, ASSOCIATED_TOKEN,
            SystemProgram.programId,
            ...this.mints.map((mint) => mint.key),
            ...wallets.flatMap((wallet) => this.mints.map(
                (mint) => this.tokenAccount(wallet, mint))),
        ];
        const header = Buffer.alloc(56);

        header.writeUInt32LE(1, 0);
        header.writeBigUInt64LE(2n ** 64n - 1n, 4);           /* in use */
        this.chain.setAccount(this.lookupTable, {
            data: Buffer.concat([header, ...addresses.map(
                (address) => address.toBuffer())]),
            owner: LOOKUP_TABLE_PROGRAM,
        });
        this.lookupAddresses = addresses;
    }
}
