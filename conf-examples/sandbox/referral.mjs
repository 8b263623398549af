/*
 * Jupiter's referral program: the operator's account in it, what that account
 * has been paid, and how it is claimed.
 *
 * Accounts have the real program's layout, and the program's own account and
 * program data the upgradeable loader's.  A claim moves the whole balance of a
 * referral token account, so many basis points to the partner and the rest to
 * the project's admin, and logs the real ClaimEvent; anybody may make one.
 */

import { Keypair, PublicKey, SystemProgram } from "@solana/web3.js";

import { moveInstruction, moverProgram } from "./mover.mjs";
import { ASSOCIATED_TOKEN, createAssociatedAccount, readable,
         transferChecked, writable } from "./tokens.mjs";

export const REFERRAL_PROGRAM = new PublicKey(
    "REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3");
export const ULTRA_PROJECT = new PublicKey(
    "DkiqsTrw1u1bYFumumC7sCG2S8K25qc2vemJFHyW2wJc");

const UPGRADEABLE_LOADER = new PublicKey(
    "BPFLoaderUpgradeab1e11111111111111111111111");
const REFERRAL_NAME = "jupref-sandbox";
const SHARE_BPS = 8000;
const BPS = 10_000n;

const DISCRIMINATOR = {
    project: "cda8bdcab5f78e13",
    referralAccount: "eda2504ec4e95b02",
    claimV2: "e5572ea2159de772",
    claimEvent: "5d0f46aa308cd4db",
};
const PROJECT_SIZE = 284;
const ACCOUNT_SIZE = 274;
const EVENT_SIZE = 8 + 6 * 32 + 2 * 8;
const SHARE_AT = 72;

const SEEDS = [Buffer.from("referral"), ULTRA_PROJECT.toBuffer(),
               Buffer.from(REFERRAL_NAME)];


export class Referral {
    #market;
    #bump;

    partner = Keypair.generate().publicKey;
    admin = Keypair.generate().publicKey;
    programData = PublicKey.findProgramAddressSync(
        [REFERRAL_PROGRAM.toBytes()], UPGRADEABLE_LOADER)[0];

    constructor(market) {
        this.#market = market;
        [this.account, this.#bump] = PublicKey.findProgramAddressSync(
            SEEDS, REFERRAL_PROGRAM);
    }

    open() {
        const { chain } = this.#market;

        chain.addProgram(REFERRAL_PROGRAM, moverProgram(
            { seeds: SEEDS, eventSize: EVENT_SIZE }));
        chain.airdrop(this.partner, 10n ** 9n);
        chain.airdrop(this.admin, 10n ** 9n);
        this.setProgram({ slot: chain.slot() - 1_000_000n,
                          authority: this.admin });
        this.#openProject();
        this.#openAccount();

        for (const symbol of ["SOL", "USDC"]) {
            this.#market.openTokenAccount(this.account,
                                          this.#market.symbol(symbol));
        }
    }

    #openProject() {
        const data = Buffer.alloc(PROJECT_SIZE);

        data.write(DISCRIMINATOR.project, "hex");
        data.set(ULTRA_PROJECT.toBytes(), 8);
        data.set(this.admin.toBytes(), 40);
        data.writeUInt32LE("Ultra".length, 72);
        data.write("Ultra", 76);
        data.writeUInt16LE(SHARE_BPS, 76 + "Ultra".length);
        this.#market.chain.setAccount(ULTRA_PROJECT,
                                      { data, owner: REFERRAL_PROGRAM });
    }

    #openAccount() {
        const data = Buffer.alloc(ACCOUNT_SIZE);

        data.write(DISCRIMINATOR.referralAccount, "hex");
        data.set(this.partner.toBytes(), 8);
        data.set(ULTRA_PROJECT.toBytes(), 40);
        data.writeUInt16LE(SHARE_BPS, SHARE_AT);
        data[74] = 1;
        data.writeUInt32LE(REFERRAL_NAME.length, 75);
        data.write(REFERRAL_NAME, 79);
        this.#market.chain.setAccount(this.account,
                                      { data, owner: REFERRAL_PROGRAM });
    }

    /* Is this a referral account Jupiter would take? */
    isReferralAccount(address) {
        const account = this.#market.chain.account(address);

        return account !== null && account.owner.equals(REFERRAL_PROGRAM)
            && account.data.subarray(40, 72).equals(ULTRA_PROJECT.toBuffer());
    }

    /* What Jupiter may change of the account, and its owner: some of it. */
    setAccount({ shareBps, partner, project }) {
        const { chain } = this.#market;
        const account = chain.account(this.account);

        if (shareBps !== undefined) {
            account.data.writeUInt16LE(shareBps, SHARE_AT);
        }

        if (partner !== undefined) {
            this.partner = new PublicKey(partner);
            account.data.set(this.partner.toBytes(), 8);
        }

        if (project !== undefined) {
            account.data.set(new PublicKey(project).toBytes(), 40);
        }

        chain.setAccount(this.account, account);
    }

    /* The slot of the last upgrade, and who may upgrade; null for nobody. */
    setProgram({ slot, authority }) {
        const { chain } = this.#market;
        const account = chain.account(this.programData);

        if (slot !== undefined) {
            account.data.writeBigUInt64LE(BigInt(slot), 4);
        }

        if (authority !== undefined) {
            account.data.fill(0, 12, 45);

            if (authority !== null) {
                account.data[12] = 1;
                account.data.set(new PublicKey(authority).toBytes(), 13);
            }
        }

        chain.setAccount(this.programData, account);
    }

    get shareBps() {
        return this.#market.chain.account(this.account).data
            .readUInt16LE(SHARE_AT);
    }

    tokenAccount(mint) {
        return this.#market.tokenAccount(this.account, mint);
    }

    /* The token accounts of both sides, where missing, and the claim itself. */
    claimInstructions(mint, payer, balance = this.#balance(mint)) {
        const market = this.#market;
        const toPartner = balance * BigInt(this.shareBps) / BPS;
        const move = (owner, amount) => ({
            source: this.tokenAccount(mint), authority: this.account, amount,
            destination: market.tokenAccount(owner, mint),
            mint: mint.key, program: mint.program, decimals: mint.decimals,
        });

        return [
            ...[this.partner, this.admin].map((owner) =>
                createAssociatedAccount(payer, owner, mint.key, mint.program)),
            moveInstruction({
                programId: REFERRAL_PROGRAM,
                head: this.#claimHead(mint, toPartner, balance - toPartner),
                accounts: this.#claimAccounts(mint, payer),
                transfers: [move(this.partner, toPartner),
                            move(this.admin, balance - toPartner)],
                switchKey: payer,                  /* has no data: no failure */
                bump: this.#bump,
            }),
        ];
    }

    /* In the order of claim_v2. */
    #claimAccounts(mint, payer) {
        const market = this.#market;

        return [
            writable(payer, true), readable(ULTRA_PROJECT),
            readable(this.admin),
            writable(market.tokenAccount(this.admin, mint)),
            readable(this.account), writable(this.tokenAccount(mint)),
            readable(this.partner),
            writable(market.tokenAccount(this.partner, mint)),
            readable(mint.key), readable(SystemProgram.programId),
            readable(mint.program), readable(ASSOCIATED_TOKEN),
        ];
    }

    #claimHead(mint, toPartner, toProject) {
        const amounts = Buffer.alloc(16);

        amounts.writeBigUInt64LE(toPartner, 0);
        amounts.writeBigUInt64LE(toProject, 8);

        return Buffer.concat([
            Buffer.from(DISCRIMINATOR.claimV2, "hex"),
            Buffer.from(DISCRIMINATOR.claimEvent, "hex"),
            ULTRA_PROJECT.toBuffer(),
            this.#market.tokenAccount(this.admin, mint).toBuffer(),
            this.account.toBuffer(), this.tokenAccount(mint).toBuffer(),
            this.#market.tokenAccount(this.partner, mint).toBuffer(),
            mint.key.toBuffer(), amounts,
        ]);
    }

    #balance(mint) {
        return this.#market.chain.tokenAccount(this.tokenAccount(mint))
            ?.amount ?? 0n;
    }

    /* Claims all there is of a mint; the maker pays.  Gives the signature. */
    claim(mint) {
        const { maker, chain } = this.#market;

        return chain.run(this.claimInstructions(mint, maker.publicKey),
                         [maker]);
    }

    /* Puts the maker's tokens there, as anybody can.  Gives the signature. */
    deposit(mint, amount) {
        const { maker, chain } = this.#market;

        return chain.run([transferChecked({
            source: this.#market.tokenAccount(maker.publicKey, mint), mint,
            destination: this.tokenAccount(mint), owner: maker.publicKey,
            amount,
        })], [maker]);
    }
}
