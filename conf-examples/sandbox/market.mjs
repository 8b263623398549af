/*
 * The market of the sandbox: what is traded, at what price, and by whom.
 *
 * Five mints, a market maker that holds plenty of each (the pools' vault and
 * its own wallet), Jupiter's fee wallet, the operator's referral account, and
 * the lookup table that makes transactions small.  Prices don't move: a test
 * can work them out by hand.
 */

import { Keypair, PublicKey, SystemProgram } from "@solana/web3.js";

import { AGGREGATOR, EVENT_AUTHORITY, ORDER_ENGINE, routerProgram, vaultOf }
    from "./router.mjs";
import { NATIVE_MINT, TOKEN, TOKEN_2022, ASSOCIATED_TOKEN, associatedAccount,
         createAssociatedAccount, mintData } from "./tokens.mjs";

const REFERRAL_PROGRAM = new PublicKey(
    "REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3");
const ULTRA_PROJECT = new PublicKey(
    "DkiqsTrw1u1bYFumumC7sCG2S8K25qc2vemJFHyW2wJc");
const LOOKUP_TABLE_PROGRAM = new PublicKey(
    "AddressLookupTab1e1111111111111111111111111");

const REFERRAL_NAME = "jupref-sandbox";
const PARTNER_BPS = 8000;

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
    referralAccount = PublicKey.findProgramAddressSync(
        [Buffer.from("referral"), ULTRA_PROJECT.toBytes(),
         Buffer.from(REFERRAL_NAME)], REFERRAL_PROGRAM)[0];

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
        this.#openReferralAccount();
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

    /* Is this a referral account Jupiter would take? */
    isReferralAccount(address) {
        const account = this.chain.account(address);

        return account !== null && account.owner.equals(REFERRAL_PROGRAM)
            && account.data.subarray(40, 72).equals(ULTRA_PROJECT.toBuffer());
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

        this.chain.addProgram(AGGREGATOR, program);
        this.chain.addProgram(ORDER_ENGINE, program);
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

    #openReferralAccount() {
        const data = Buffer.alloc(274);

        data.set(Buffer.from("eda2504ec4e95b02", "hex"));
        data.set(this.maker.publicKey.toBytes(), 8);
        data.set(ULTRA_PROJECT.toBytes(), 40);
        data.writeUInt16LE(PARTNER_BPS, 72);
        data[74] = 1;
        data.writeUInt32LE(REFERRAL_NAME.length, 75);
        data.write(REFERRAL_NAME, 79);
        this.chain.setAccount(this.referralAccount,
                              { data, owner: REFERRAL_PROGRAM });

        for (const symbol of ["SOL", "USDC"]) {
            this.openTokenAccount(this.referralAccount, this.symbol(symbol));
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
