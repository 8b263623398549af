/*
 * Fees on the sandbox's chain: how they come, how they go, and what only looks
 * like one.  No edge here; whoever proves swaps must tell all of these apart.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Connection, PublicKey } from "@solana/web3.js";

import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { Trader, control } from "../../conf-examples/sandbox/trader.mjs";

const AGGREGATOR = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4";
const ORDER_ENGINE = "61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH";
const REFERRAL_PROGRAM = "REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3";
const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
const CLAIM_EVENT = Buffer.from("5d0f46aa308cd4db", "hex");

const sandbox = await startSandbox();
const { chain } = sandbox.market;
const info = sandbox.control.info();
const connection = new Connection(sandbox.url, "confirmed");
const mint = Object.fromEntries(info.mints.map((one) => [one.symbol,
                                                         one.mint]));

await control(sandbox.url, { commitment: { confirmed: 0, finalized: 0 } });
after(() => sandbox.stop());


function landed(signature) {
    return connection.getTransaction(signature, {
        commitment: "confirmed", maxSupportedTransactionVersion: 1 });
}


function programs({ transaction: { message } }) {
    return message.compiledInstructions.map(({ programIdIndex }) =>
        message.staticAccountKeys[programIdIndex].toBase58());
}


/* What a transaction put into the fee account of a mint; undefined: absent. */
function received({ meta }, symbol) {
    const held = (balances) => balances.find(
        (one) => one.owner === info.referralAccount
            && one.mint === mint[symbol])?.uiTokenAmount.amount;
    const after = held(meta.postTokenBalances);

    return after === undefined
        ? undefined : BigInt(after) - BigInt(held(meta.preTokenBalances) ?? 0);
}


async function swap(whims, { input = "USDC", output = "BONK",
                             amount = 10_000_000n, execute = "" } = {}) {
    const trader = new Trader({ url: sandbox.url });

    await trader.fund({ tokens: input === "SOL" ? {} : { [input]: amount } });

    const { order, executed } = await trader.swap({
        inputMint: mint[input], outputMint: mint[output],
        amount: amount.toString(), referralAccount: info.referralAccount,
        referralFee: "100",
    }, { orderHeaders: { "x-sandbox": whims },
         executeHeaders: { "x-sandbox": execute } });

    return { trader, order: order.json, executed: executed.json,
             transaction: await landed(executed.json.signature) };
}


for (const form of ["v0", "legacy", "v1"]) {
    test(`${form}: the fee is the router's, in an account that was there, by `
         + (form === "v0" ? "a looked-up key" : "a static key"), async () => {
        const { executed, transaction } = await swap(form);
        const fixed = transaction.transaction.message.staticAccountKeys
            .map(String);
        const { referralTokenAccount } = info.mints.find(
            ({ symbol }) => symbol === "USDC");

        assert.equal(executed.status, "Success");
        assert.equal(received(transaction, "USDC"), 100_000n);
        assert.ok(programs(transaction).includes(AGGREGATOR));
        assert.equal(fixed.includes(referralTokenAccount), form !== "v0");
    });
}


test("a fee account may be opened by the swap that pays into it first",
     async () => {
    const { transaction } = await swap("opens-fee-account, fee-side=output");

    assert.equal(transaction.meta.preTokenBalances.some(
        (one) => one.owner === info.referralAccount), false);
    assert.ok(received(transaction, "BONK") > 0n);
});


test("a mint's own transfer fee takes its part of ours", async () => {
    await control(sandbox.url, { createTokenAccount: {
        owner: info.referralAccount, mint: "TAXED" } });

    const { order, transaction } = await swap("fee-side=input",
                                              { input: "TAXED" });

    assert.equal(order.feeMint, mint.TAXED);
    assert.equal(order.platformFee.amount, "100000");
    assert.equal(received(transaction, "TAXED"), 99_000n);
});


test("a promised fee may not come, or come by the side of the router",
     async () => {
    const { order, executed, transaction } = await swap("no-fee");

    assert.equal(order.feeBps, 100);
    assert.equal(executed.status, "Success");
    assert.equal(received(transaction, "USDC") ?? 0n, 0n);

    const beside = await swap("fee-by-transfer");

    assert.equal(beside.executed.status, "Success");
    assert.equal(received(beside.transaction, "USDC"), 100_000n);
    assert.ok(programs(beside.transaction).includes(
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"));
});


test("a router nobody knows pays as if it were one", async () => {
    const { executed, transaction } = await swap("unknown-router");

    assert.equal(executed.status, "Success");
    assert.equal(received(transaction, "USDC"), 100_000n);
    assert.equal(programs(transaction).includes(AGGREGATOR), false);
});


test("a claim in the swap's own transaction hides the fee", async () => {
    const { executed, transaction } = await swap("claims");

    assert.equal(executed.status, "Success", executed.error);
    assert.ok(programs(transaction).includes(REFERRAL_PROGRAM));
    assert.ok(programs(transaction).includes(AGGREGATOR));
    assert.ok(received(transaction, "USDC") <= 0n);
});


test("a failed swap has balances, and no fee", async () => {
    const { executed, transaction } = await swap("fail=6001");

    assert.equal(executed.code, 6001);
    assert.notEqual(transaction.meta.err, null);
    assert.equal(received(transaction, "USDC") ?? 0n, 0n);
    assert.ok(transaction.meta.postTokenBalances.length > 0);
});


test("a market maker's swap may leave the fee for later", async () => {
    const { executed, transaction } = await swap("rfq, no-fee");

    assert.equal(executed.status, "Success");
    assert.ok(programs(transaction).includes(ORDER_ENGINE));
    assert.equal(received(transaction, "USDC") ?? 0n, 0n);

    const { signatures } = await control(sandbox.url, {
        deposit: { mint: "USDC", amount: "100000" } });
    const deposit = await landed(signatures.deposit);

    assert.equal(received(deposit, "USDC"), 100_000n);
    assert.equal(programs(deposit).includes(ORDER_ENGINE), false);
});


test("execute may name another's transaction, or one that never lands",
     async () => {
    const first = await swap("");
    const trader = new Trader({ url: sandbox.url });

    await trader.fund();

    const lied = await swap("", { execute:
        `signature=${first.executed.signature}` });

    assert.equal(lied.executed.status, "Success");
    assert.equal(lied.executed.signature, first.executed.signature);

    const lost = await swap("", { execute: "never-lands" });

    assert.equal(lost.executed.status, "Success");
    assert.equal(lost.transaction, null);
});


test("execute may give up on what lands later", async () => {
    const { executed, transaction } = await swap("", { execute: "later=20" });

    assert.equal(executed.code, -1006);
    assert.equal(transaction, null);
    await control(sandbox.url, { advanceSlots: 20 });
    assert.equal(received(await landed(executed.signature), "USDC"),
                 100_000n);
});


test("a claim empties the fee account by the account's share, and says so",
     async () => {
    const held = async (owner) => {
        const { value } = await connection.getParsedTokenAccountsByOwner(
            new PublicKey(owner), { mint: new PublicKey(mint.SOL) });

        return BigInt(value[0]?.account.data.parsed.info.tokenAmount.amount
                      ?? 0);
    };

    await control(sandbox.url, { claim: { mint: "SOL" },
                                 referral: { shareBps: 7501 } });

    const before = [await held(info.partner), await held(info.projectAdmin)];
    const { signatures: { claim } } = await control(sandbox.url, {
        deposit: { mint: "SOL", amount: "1001" }, claim: { mint: "SOL" } });
    const transaction = await landed(claim);

    assert.equal(received(transaction, "SOL"), -1001n);
    assert.equal(await held(info.referralAccount), 0n);
    assert.equal(await held(info.partner) - before[0], 750n);
    assert.equal(await held(info.projectAdmin) - before[1], 251n);

    const event = Buffer.from(transaction.meta.logMessages.find(
        (line) => line.startsWith("Program data: ")).slice(14), "base64");

    assert.equal(event.length, 8 + 208);
    assert.deepEqual(event.subarray(0, 8), CLAIM_EVENT);
    assert.equal(new PublicKey(event.subarray(168, 200)).toBase58(), mint.SOL);
    assert.equal(event.readBigUInt64LE(200), 750n);
    assert.equal(event.readBigUInt64LE(208), 251n);
    await control(sandbox.url, { referral: { shareBps: 8000 } });
});


test("the referral account and its program are read as the real ones are",
     async () => {
    const read = async (address) => (await connection.getAccountInfo(
        new PublicKey(address)));
    const account = await read(info.referralAccount);
    const program = await read(REFERRAL_PROGRAM);
    const programData = await read(info.referralProgramData);

    assert.equal(account.owner.toBase58(), REFERRAL_PROGRAM);
    assert.equal(account.data.length, 274);
    assert.equal(new PublicKey(account.data.subarray(8, 40)).toBase58(),
                 info.partner);
    assert.equal(account.data.readUInt16LE(72), 8000);
    assert.equal(program.owner.toBase58(), LOADER);
    assert.equal(program.executable, true);
    assert.equal(program.data.readUInt32LE(0), 2);
    assert.equal(new PublicKey(program.data.subarray(4, 36)).toBase58(),
                 info.referralProgramData);
    assert.equal(programData.data.readUInt32LE(0), 3);
    assert.equal(programData.data[12], 1);

    const slot = await connection.getSlot() - 5;

    await control(sandbox.url, {
        referralProgram: { slot, authority: info.maker },
        referral: { partner: info.maker },
    });

    const upgraded = await read(info.referralProgramData);

    assert.equal(upgraded.data.readBigUInt64LE(4), BigInt(slot));
    assert.equal(new PublicKey(upgraded.data.subarray(13, 45)).toBase58(),
                 info.maker);
    assert.equal(new PublicKey((await read(info.referralAccount)).data
        .subarray(8, 40)).toBase58(), info.maker);

    await control(sandbox.url, { referralProgram: { authority: null } });
    assert.equal((await read(info.referralProgramData)).data[12], 0);
});
