/*
 * What front ends do with a Solana RPC, in the words of @solana/web3.js and
 * @solana/kit.  Each flow gets an endpoint, a node or an edge, and fails if
 * anything on the way is not as it must be.
 *
 *     endpoint   {url, socketUrl, info}: `info` is the sandbox's
 */

import assert from "node:assert/strict";

import * as kit from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { findAssociatedTokenPda, getCreateAssociatedTokenIdempotentInstruction,
         getTransferCheckedInstruction, TOKEN_PROGRAM_ADDRESS }
    from "@solana-program/token";
import { createMint, getOrCreateAssociatedTokenAccount, mintTo,
         transferChecked } from "@solana/spl-token";
import { AddressLookupTableProgram, Connection, Keypair, LAMPORTS_PER_SOL,
         SendTransactionError, SystemProgram, Transaction, TransactionMessage,
         VersionedTransaction, sendAndConfirmTransaction }
    from "@solana/web3.js";

import { eventually } from "./edge.mjs";

const PREFLIGHT_FAILURE =
    kit.SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE;
const TOO_MUCH = 1000 * LAMPORTS_PER_SOL;


export function web3(endpoint, commitment = "confirmed") {
    return new Connection(endpoint.url, {
        commitment, wsEndpoint: endpoint.socketUrl,
        disableRetryOnRateLimit: true,
    });
}


/* Its socket would look for the endpoint for ever. */
export function closeWeb3(connection) {
    connection._rpcWebSocket.setAutoReconnect(false);
    connection._rpcWebSocket.close();
}


export function kitClient(endpoint) {
    const rpc = kit.createSolanaRpc(endpoint.url);
    const rpcSubscriptions = kit.createSolanaRpcSubscriptions(
        endpoint.socketUrl);

    return {
        rpc, rpcSubscriptions,
        airdrop: kit.airdropFactory({ rpc, rpcSubscriptions }),
        sendAndConfirm: kit.sendAndConfirmTransactionFactory(
            { rpc, rpcSubscriptions }),
    };
}


/* An airdrop that has been confirmed by a subscription. */
export async function web3Airdrop(connection, sol = 3) {
    const keypair = Keypair.generate();
    const latest = await connection.getLatestBlockhash();
    const signature = await connection.requestAirdrop(keypair.publicKey,
                                                      sol * LAMPORTS_PER_SOL);
    const { value } = await connection.confirmTransaction(
        { signature, ...latest });

    assert.equal(value.err, null);
    assert.equal(await connection.getBalance(keypair.publicKey),
                 sol * LAMPORTS_PER_SOL);

    return keypair;
}


async function signedTransfer(connection, from, to, lamports) {
    const latest = await connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: from.publicKey, ...latest })
        .add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to,
                                      lamports }));

    transaction.sign(from);

    return { transaction, raw: transaction.serialize(), latest };
}


/*
 * Asks for a signature's status until it is confirmed; the slot it is in,
 * which is what later reads have to know.
 */
export async function web3Confirmed(connection, signature) {
    let status = null;

    await eventually("the signature is confirmed", async () => {
        const { value } = await connection.getSignatureStatuses([signature]);

        [status] = value;
        assert.equal(status?.err ?? null, null);

        return ["confirmed", "finalized"].includes(status?.confirmationStatus);
    }, 20_000);

    return status.slot;
}


/* An airdrop that has been confirmed by asking for it. */
export async function web3Polled(connection, sol = 3) {
    const keypair = Keypair.generate();

    const minContextSlot = await web3Confirmed(
        connection, await connection.requestAirdrop(keypair.publicKey,
                                                    sol * LAMPORTS_PER_SOL));

    assert.equal(await connection.getBalance(keypair.publicKey,
                                             { minContextSlot }),
                 sol * LAMPORTS_PER_SOL);

    return keypair;
}


/* A SOL transfer, seen through by asking again and again. */
export async function web3Polling(connection, payer = null) {
    const from = payer ?? await web3Polled(connection);
    const to = Keypair.generate().publicKey;
    const { raw } = await signedTransfer(connection, from, to,
                                         LAMPORTS_PER_SOL / 100);
    const signature = await connection.sendRawTransaction(raw);

    const minContextSlot = await web3Confirmed(connection, signature);

    assert.equal(await connection.getBalance(to, { minContextSlot }),
                 LAMPORTS_PER_SOL / 100);

    /* this method takes no minContextSlot: null is asked again */
    await eventually("the transaction is found", async () => {
        const landed = await connection.getTransaction(
            signature, { maxSupportedTransactionVersion: 1 });

        assert.equal(landed?.transaction.signatures[0] ?? signature,
                     signature);

        return landed !== null;
    }, 20_000);

    return signature;
}


/* A SOL transfer with web3.js's own sendAndConfirmTransaction. */
export async function web3Transfer(connection) {
    const from = await web3Airdrop(connection);
    const to = Keypair.generate().publicKey;
    const signature = await sendAndConfirmTransaction(
        connection, new Transaction().add(SystemProgram.transfer({
            fromPubkey: from.publicKey, toPubkey: to,
            lamports: LAMPORTS_PER_SOL })), [from]);
    const landed = await connection.getTransaction(
        signature, { maxSupportedTransactionVersion: 1 });

    assert.equal(landed.meta.err, null);
    assert.equal(landed.meta.postBalances[1] - landed.meta.preBalances[1],
                 LAMPORTS_PER_SOL);

    return signature;
}


/* A mint of its own, two token accounts, and a transfer between them. */
export async function web3Token(connection) {
    const payer = await web3Airdrop(connection);
    const receiver = Keypair.generate().publicKey;
    const mint = await createMint(connection, payer, payer.publicKey, null, 6);
    const from = await getOrCreateAssociatedTokenAccount(
        connection, payer, mint, payer.publicKey);
    const to = await getOrCreateAssociatedTokenAccount(
        connection, payer, mint, receiver);

    await mintTo(connection, payer, mint, from.address, payer, 5_000_000n);
    await transferChecked(connection, payer, from.address, mint, to.address,
                          payer, 2_000_000n, 6);

    const [sent, got] = await Promise.all([from, to].map(
        ({ address }) => connection.getTokenAccountBalance(address)));

    assert.equal(sent.value.amount, "3000000");
    assert.equal(got.value.amount, "2000000");
    assert.equal((await connection.getTokenSupply(mint)).value.amount,
                 "5000000");
    assert.equal((await connection.getTokenLargestAccounts(mint))
        .value[0].amount, "3000000");

    const { value } = await connection.getParsedTokenAccountsByOwner(
        receiver, { mint });

    assert.equal(value[0].account.data.parsed.info.tokenAmount.uiAmount, 2);
}


/* A lookup table of its own, and a version 0 transaction that uses it. */
export async function web3LookupTable(connection) {
    const payer = await web3Airdrop(connection);
    const receivers = Array.from({ length: 5 },
                                 () => Keypair.generate().publicKey);
    const [create, address] = AddressLookupTableProgram.createLookupTable({
        authority: payer.publicKey, payer: payer.publicKey,
        recentSlot: await connection.getSlot() - 1,
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
        lookupTable: address, authority: payer.publicKey,
        payer: payer.publicKey, addresses: receivers,
    });

    await sendAndConfirmTransaction(
        connection, new Transaction().add(create, extend), [payer]);

    const extended = await connection.getSlot("processed");

    await eventually("a slot after the table's", async () =>
        await connection.getSlot() > extended, 20_000);

    const table = await connection.getAddressLookupTable(address);

    assert.equal(table.value.state.addresses.length, 5);

    const { blockhash, lastValidBlockHeight } =
        await connection.getLatestBlockhash();
    const transaction = new VersionedTransaction(new TransactionMessage({
        payerKey: payer.publicKey, recentBlockhash: blockhash,
        instructions: receivers.map((to) => SystemProgram.transfer({
            fromPubkey: payer.publicKey, toPubkey: to,
            lamports: LAMPORTS_PER_SOL / 10 })),
    }).compileToV0Message([table.value]));

    transaction.sign([payer]);

    const signature = await connection.sendTransaction(transaction);

    await connection.confirmTransaction({ signature, blockhash,
                                          lastValidBlockHeight });

    const landed = await connection.getTransaction(
        signature, { maxSupportedTransactionVersion: 0 });

    assert.equal(landed.version, 0);
    assert.equal(landed.meta.loadedAddresses.writable.length, 5);
    assert.equal(await connection.getBalance(receivers[4]),
                 LAMPORTS_PER_SOL / 10);
}


/* The error of a preflight, with its logs. */
export async function web3SendError(connection) {
    const poor = await web3Polled(connection);
    const { raw } = await signedTransfer(
        connection, poor, Keypair.generate().publicKey, TOO_MUCH);

    await assert.rejects(connection.sendRawTransaction(raw), (error) => {
        assert.ok(error instanceof SendTransactionError, error.message);
        assert.ok(error.logs.some(
            (line) => line.includes("insufficient lamports")), error.logs);
        assert.equal(error.transactionError.message.includes("0x1"), true,
                     error.transactionError.message);

        return true;
    });
}


/* The calls web3.js sends as one batch. */
export async function web3Batches(connection) {
    const signatures = [];

    for (let i = 0; i < 3; i++) {
        signatures.push(await web3Transfer(connection));
    }

    const options = { maxSupportedTransactionVersion: 1 };
    const parsed = await connection.getParsedTransactions(
        [...signatures, signatures[0]], options);
    const plain = await connection.getTransactions(signatures, options);

    assert.deepEqual(parsed.map((one) => one.transaction.signatures[0]),
                     [...signatures, signatures[0]]);
    assert.deepEqual(plain.map((one) => one.transaction.signatures[0]),
                     signatures);

    for (const { transaction, meta } of parsed) {
        const [from, to] = transaction.message.accountKeys;

        assert.equal(meta.err, null);
        assert.equal(from.signer && from.writable && to.writable, true);
        assert.equal(transaction.message.instructions[0].programId.equals(
            SystemProgram.programId), true);
    }
}


/* The history of an address, from the newest to the oldest. */
export async function web3History(connection) {
    const { publicKey } = await web3Airdrop(connection);
    const signature = await connection.requestAirdrop(publicKey,
                                                      LAMPORTS_PER_SOL);

    await connection.confirmTransaction(
        { signature, ...await connection.getLatestBlockhash() });

    const all = await connection.getSignaturesForAddress(publicKey);

    assert.equal(all.length, 2);
    assert.equal(all[0].signature, signature);
    assert.deepEqual(await connection.getSignaturesForAddress(
        publicKey, { before: signature }), [all[1]]);

    const { blockTime } = all[1];

    assert.ok(Math.abs(Date.now() / 1000 - blockTime) < 600);
}


/* kit's own airdrop and confirmation, both over subscriptions. */
export async function kitAirdrop(client, sol = 3n) {
    const signer = await kit.generateKeyPairSigner();

    await client.airdrop({
        commitment: "confirmed", recipientAddress: signer.address,
        lamports: kit.lamports(sol * 1_000_000_000n),
    });

    const { value } = await client.rpc.getBalance(
        signer.address, { commitment: "confirmed" }).send();

    assert.equal(value, sol * 1_000_000_000n);

    return signer;
}


async function signedMessage(client, payer, instructions, version) {
    const { value: blockhash } = await client.rpc.getLatestBlockhash(
        { commitment: "confirmed" }).send();
    const budget = version === 1 ? [
        (one) => kit.setTransactionMessageComputeUnitLimit(200_000, one),
        (one) => kit.setTransactionMessageLoadedAccountsDataSizeLimit(
            1 << 20, one),
    ] : [];
    let message = kit.pipe(
        kit.createTransactionMessage({ version }),
        (one) => kit.setTransactionMessageFeePayerSigner(payer, one),
        (one) => kit.setTransactionMessageLifetimeUsingBlockhash(blockhash,
                                                                 one),
        (one) => kit.appendTransactionMessageInstructions(instructions, one));

    for (const set of budget) {
        message = set(message);
    }

    return kit.signTransactionMessageWithSigners(message);
}


/* A SOL transfer in the form of `version`, confirmed by kit itself. */
export async function kitTransfer(client, version) {
    const payer = await kitAirdrop(client);
    const receiver = await kit.generateKeyPairSigner();
    const signed = await signedMessage(client, payer, [
        getTransferSolInstruction({
            source: payer, destination: receiver.address,
            amount: kit.lamports(1_000_000_000n) }),
    ], version);

    await client.sendAndConfirm(signed, { commitment: "confirmed" });

    const signature = kit.getSignatureFromTransaction(signed);
    const landed = await client.rpc.getTransaction(signature, {
        commitment: "confirmed", encoding: "json",
        maxSupportedTransactionVersion: 1 }).send();

    assert.equal(landed.version, version);
    assert.equal(landed.transaction.signatures[0], signature);
    assert.equal((await client.rpc.getBalance(
        receiver.address, { commitment: "confirmed" }).send()).value,
                 1_000_000_000n);
}


/* The same without a subscription: sent, and asked for again and again. */
export async function kitPolling(client, payer) {
    const receiver = await kit.generateKeyPairSigner();
    const signed = await signedMessage(client, payer, [
        getTransferSolInstruction({
            source: payer, destination: receiver.address,
            amount: kit.lamports(10_000_000n) }),
    ], 1);
    const signature = await client.rpc.sendTransaction(
        kit.getBase64EncodedWireTransaction(signed),
        { encoding: "base64", preflightCommitment: "confirmed" }).send();

    assert.equal(signature, kit.getSignatureFromTransaction(signed));

    let status = null;

    await eventually("kit's signature is confirmed", async () => {
        [status] = (await client.rpc.getSignatureStatuses([signature])
            .send()).value;
        assert.equal(status?.err ?? null, null);

        return ["confirmed", "finalized"].includes(status?.confirmationStatus);
    }, 20_000);

    const { value } = await client.rpc.getBalance(receiver.address, {
        commitment: "confirmed", minContextSlot: status.slot }).send();

    assert.equal(value, 10_000_000n);
}


/* Tokens of the sandbox's market from one wallet to another. */
export async function kitToken(client, endpoint, fund) {
    const payer = await kitAirdrop(client);
    const receiver = await kit.generateKeyPairSigner();
    const { mint } = endpoint.info.mints.find(
        ({ symbol }) => symbol === "USDC");
    const account = async (owner) => (await findAssociatedTokenPda({
        owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];
    const [source, destination] = await Promise.all(
        [payer, receiver].map(({ address }) => account(address)));

    await fund(payer.address, 5_000_000n);

    const balance = async (address) => (await client.rpc
        .getTokenAccountBalance(address, { commitment: "confirmed" })
        .send()).value.amount;

    await eventually("the tokens are there", async () => balance(source).then(
        (amount) => amount === "5000000", () => false), 20_000);

    const signed = await signedMessage(client, payer, [
        getCreateAssociatedTokenIdempotentInstruction({
            payer, ata: destination, owner: receiver.address, mint }),
        getTransferCheckedInstruction({
            source, mint, destination, authority: payer,
            amount: 1_234_567n, decimals: 6 }),
    ], 0);

    await client.sendAndConfirm(signed, { commitment: "confirmed" });
    assert.equal(await balance(source), "3765433");
    assert.equal(await balance(destination), "1234567");
}


/* kit knows a preflight's failure by its code, and has the logs. */
export async function kitSendError(client) {
    const payer = await kitAirdrop(client);
    const receiver = await kit.generateKeyPairSigner();
    const signed = await signedMessage(client, payer, [
        getTransferSolInstruction({
            source: payer, destination: receiver.address,
            amount: kit.lamports(BigInt(TOO_MUCH)) }),
    ], 0);

    await assert.rejects(
        client.sendAndConfirm(signed, { commitment: "confirmed" }),
        (error) => {
            assert.ok(kit.isSolanaError(error, PREFLIGHT_FAILURE),
                      String(error));
            assert.ok(error.context.logs.some(
                (line) => line.includes("insufficient lamports")));

            return true;
        });
}


/* u64 beyond what a double holds, through kit's own bigint parser. */
export async function kitBigNumbers(client, fund) {
    const { address } = await kit.generateKeyPairSigner();

    await fund(address, 9_007_199_254_740_993n);

    await eventually("the lamports are there, to the last one", async () =>
        (await client.rpc.getBalance(address, { commitment: "confirmed" })
            .send()).value === 9_007_199_254_740_993n, 20_000);

    const { value } = await client.rpc.getAccountInfo(address, {
        commitment: "confirmed", encoding: "base64" }).send();

    assert.equal(value.lamports, 9_007_199_254_740_993n);
}


/* A signature's subscription by web3.js: told once, with the outcome. */
export async function web3Subscription(connection, payer = null) {
    const from = payer ?? await web3Airdrop(connection);
    const to = Keypair.generate().publicKey;
    const { raw } = await signedTransfer(connection, from, to,
                                         LAMPORTS_PER_SOL);
    const told = { account: [], signature: [], logs: [] };
    const ids = [
        connection.onAccountChange(to, (account) => told.account.push(account)),
        connection.onLogs(from.publicKey, (logs) => told.logs.push(logs)),
    ];

    /* no answer says when a subscription has been taken: look for a slot */
    await new Promise((resolve) => {
        const id = connection.onSlotChange(() => {
            connection.removeSlotChangeListener(id).then(resolve);
        });
    });

    const signature = await connection.sendRawTransaction(raw);

    connection.onSignature(signature, (result) => told.signature.push(result));

    await eventually("all three are told", () => Object.values(told).every(
        (list) => list.length > 0), 20_000);

    assert.deepEqual(told.signature, [{ err: null }]);
    assert.equal(told.account[0].lamports, LAMPORTS_PER_SOL);
    assert.equal(told.logs[0].signature, signature);

    await connection.removeAccountChangeListener(ids[0]);
    await connection.removeOnLogsListener(ids[1]);
}


