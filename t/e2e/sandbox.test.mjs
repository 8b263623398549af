/*
 * The sandbox by itself: that it is the Jupiter and the Solana the other tests
 * take it for.  No edge here.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { SOLANA_ERROR__JSON_RPC__SERVER_ERROR_NODE_UNHEALTHY as UNHEALTHY,
         createKeyPairFromBytes, createSolanaRpc,
         getBase64EncodedWireTransaction, getTransactionDecoder, isSolanaError,
         partiallySignTransaction } from "@solana/kit";
import { Connection, Keypair, PublicKey, SendTransactionError,
         SystemProgram, Transaction } from "@solana/web3.js";

import { startSandbox } from "../../conf-examples/sandbox/sandbox.mjs";
import { Trader, control } from "../../conf-examples/sandbox/trader.mjs";

const sandbox = await startSandbox();
const { referralAccount, mints } = sandbox.control.info();
const mint = Object.fromEntries(mints.map((one) => [one.symbol, one.mint]));
const connection = new Connection(sandbox.url, "confirmed");

await control(sandbox.url, { commitment: { confirmed: 0, finalized: 0 } });
after(() => sandbox.stop());


function referred(input, output, amount, fee = "90") {
    return { inputMint: mint[input], outputMint: mint[output], amount,
             referralAccount, referralFee: fee };
}


async function funded(tokens = {}) {
    const trader = new Trader({ url: sandbox.url });

    await trader.fund({ tokens });

    return trader;
}


function grown(transaction, owner, address) {
    const held = (balances) => BigInt(balances.find(
        (one) => one.owner === owner && one.mint === address)
        ?.uiTokenAmount.amount ?? 0);
    const { meta } = transaction;

    return held(meta.postTokenBalances) - held(meta.preTokenBalances);
}


function landed(signature) {
    return connection.getTransaction(signature, {
        commitment: "confirmed", maxSupportedTransactionVersion: 1,
    });
}


const PAIRS = [
    ["SOL", "USDC", "100000000"], ["USDC", "SOL", "25000000"],
    ["USDC", "BONK", "5000000"], ["BONK", "USDC", "500000000"],
    ["USDT", "USDC", "1000001"], ["TAXED", "USDC", "9000000"],
];

for (const api of ["/swap/v2", "/ultra/v1"]) {
    for (const [input, output, amount] of PAIRS) {
        test(`${api}: ${input} to ${output} moves the tokens and the whole fee`,
             async () => {
            const trader = await funded(
                input === "SOL" ? {} : { [input]: BigInt(amount) });
            const { order, executed } = await trader.swap(
                referred(input, output, amount), { api });
            const { json } = executed;

            assert.equal(json.status, "Success");
            assert.equal(json.code, 0);
            assert.equal(order.json.feeBps, 90);
            assert.equal(json.totalInputAmount, amount);

            const transaction = await landed(json.signature);
            const side = order.json.feeMint === mint[input]
                ? ["totalInputAmount", "inputAmountResult"]
                : ["outputAmountResult", "totalOutputAmount"];
            const fee = BigInt(json[side[0]]) - BigInt(json[side[1]]);

            assert.ok(fee > 0n);
            assert.equal(grown(transaction, referralAccount,
                               order.json.feeMint), fee);

            if (output !== "SOL") {
                assert.equal(grown(transaction, trader.wallet, mint[output]),
                             BigInt(json.totalOutputAmount));
            }
        });
    }
}


test("bought SOL arrives as SOL, in no token account", async () => {
    const trader = await funded({ USDC: 30_000_000n });
    const before = await connection.getBalance(trader.keypair.publicKey);
    const { executed } = await trader.swap(referred("USDC", "SOL", "30000000"));
    const { meta } = await landed(executed.json.signature);
    const now = await connection.getBalance(trader.keypair.publicKey);

    assert.equal(now - before,
                 Number(executed.json.totalOutputAmount) - meta.fee);
});


test("a fee mint without token account silently costs the referral fee",
     async () => {
    const trader = await funded({ BONK: 1_000_000_000n });
    const { order, executed } = await trader.swap(
        referred("BONK", "TAXED", "1000000000"));

    assert.equal(executed.json.status, "Success");
    assert.equal(order.json.feeBps, 10);
    assert.equal(order.json.platformFee.feeBps, 10);
    assert.equal(grown(await landed(executed.json.signature), referralAccount,
                       order.json.feeMint), 0n);
});


const BAD_ORDERS = [
    ["a mint that is none", { inputMint: "nonsense" }],
    ["equal mints", { inputMint: mint.USDC }],
    ["an amount with an exponent", { amount: "1e6" }],
    ["an amount above 64 bits", { amount: "18446744073709551616" }],
    ["a referral fee below 50", { referralFee: "49" }],
    ["a referral fee above 255", { referralFee: "256" }],
    ["a foreign referral account", { referralAccount: mint.USDC }],
    ["a mint nobody trades", { inputMint: PublicKey.default.toBase58() }],
];

for (const [what, wrong] of BAD_ORDERS) {
    test(`an order with ${what} gets 400`, async () => {
        const trader = new Trader({ url: sandbox.url });
        const { status } = await trader.order("/swap/v2/order", {
            ...referred("SOL", "USDC", "1000000"), ...wrong });

        assert.equal(status, 400);
    });
}


for (const lone of ["referralAccount", "referralFee"]) {
    test(`${lone} alone gets 400`, async () => {
        const args = referred("SOL", "USDC", "1000000");

        delete args[lone];

        const { status } = await new Trader({ url: sandbox.url })
            .order("/swap/v2/order", args);

        assert.equal(status, 400);
    });
}


test("unknown and repeated parameters are tolerated", async () => {
    const query = new URLSearchParams(referred("SOL", "USDC", "1000000"));
    const response = await fetch(
        `${sandbox.url}/swap/v2/order?${query}&useWsol=1&amount=7`);

    assert.equal(response.status, 200);
    assert.equal((await response.json()).inAmount, "1000000");
});


test("without a taker there is a price and no transaction", async () => {
    const query = new URLSearchParams(referred("SOL", "USDC", "1000000"));
    const order = await (await fetch(
        `${sandbox.url}/swap/v2/order?${query}`)).json();

    assert.equal(order.transaction, null);
    assert.equal(order.taker, null);
    assert.ok(BigInt(order.outAmount) > 0n);
});


test("a taker without the tokens gets an errorCode and no transaction",
     async () => {
    const trader = await funded();
    const { status, json } = await trader.order(
        "/swap/v2/order", referred("USDC", "SOL", "5000000"));

    assert.equal(status, 200);
    assert.equal(json.transaction, "");
    assert.equal(json.errorCode, 1);
});


test("an order has a version 7 requestId and a body of about 2 KB",
     async () => {
    const trader = await funded();
    const { json, text } = await trader.order(
        "/swap/v2/order", referred("SOL", "USDC", "1000000"));

    assert.match(json.requestId,
                 /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    assert.ok(text.length > 1800 && text.length < 3000, `${text.length}`);
});


test("execute refuses with Jupiter's codes", async () => {
    const trader = await funded();
    const first = await trader.order("/swap/v2/order",
                                     referred("SOL", "USDC", "1000000"));
    const other = await trader.order("/swap/v2/order",
                                     referred("SOL", "USDC", "2000000"));
    const { requestId, transaction } = first.json;
    const execute = async (signed, id) =>
        (await trader.execute("/swap/v2/execute", signed, id)).json.code;

    assert.equal(await execute(trader.sign(transaction), "unknown"), -1);
    assert.equal(await execute("AAAA", requestId), -2);
    assert.equal(await execute(trader.sign(other.json.transaction), requestId),
                 -3);
    assert.equal(await execute(trader.sign(transaction), ""), -4);
    assert.equal(await execute("", requestId), -5);
    assert.equal(await execute(transaction, requestId), -1003);
});


test("an expired blockhash fails as expired", async () => {
    const trader = await funded();
    const { json } = await trader.order("/swap/v2/order",
                                        referred("SOL", "USDC", "1000000"));

    await control(sandbox.url, { advanceSlots: 151 });

    const executed = await trader.execute(
        "/swap/v2/execute", trader.sign(json.transaction), json.requestId);

    assert.equal(executed.json.status, "Failed");
    assert.equal(executed.json.code, -1005);
    assert.equal(executed.json.slot, "0");
});


test("a program error is a failed transaction that landed", async () => {
    const trader = await funded();
    const { executed } = await trader.swap(
        referred("SOL", "USDC", "1000000"),
        { executeHeaders: { "x-sandbox": "fail=6001" } });

    assert.equal(executed.json.status, "Failed");
    assert.equal(executed.json.code, 6001);

    const { meta } = await landed(executed.json.signature);

    assert.deepEqual(meta.err.InstructionError[1], { Custom: 6001 });
    assert.ok(executed.json.totalInputAmount);
});


test("the same transaction again gets the same answer", async () => {
    const trader = await funded();
    const { order, signed, executed } = await trader.swap(
        referred("SOL", "USDC", "1000000"));
    const again = await trader.execute("/swap/v2/execute", signed,
                                       order.json.requestId);

    assert.equal(again.text, executed.text);
});


test("an RFQ order is signed by the maker first", async () => {
    const trader = await funded();
    const { order, signed, executed } = await trader.swap(
        referred("SOL", "USDC", "1000000"),
        { orderHeaders: { "x-sandbox": "rfq" } });
    const blank = Buffer.from(signed, "base64").subarray(1, 65);

    assert.equal(order.json.router, "jupiterz");
    assert.deepEqual(blank, Buffer.alloc(64));
    assert.equal(executed.json.status, "Success");
    assert.notEqual(await landed(executed.json.signature), null);
});


for (const form of ["v0", "legacy", "v1"]) {
    test(`kit signs and executes an order in ${form} form`, async () => {
        const trader = await funded();
        const { json } = await trader.order(
            "/swap/v2/order", referred("SOL", "USDC", "1000000"),
            { "x-sandbox": form });
        const keys = await createKeyPairFromBytes(trader.keypair.secretKey);
        const signed = await partiallySignTransaction(
            [keys], getTransactionDecoder().decode(
                Buffer.from(json.transaction, "base64")));
        const executed = await trader.execute(
            "/swap/v2/execute", getBase64EncodedWireTransaction(signed),
            json.requestId);

        assert.equal(executed.json.status, "Success", executed.text);

        const { version, meta } = await landed(executed.json.signature);

        assert.equal(version, { v0: 0, v1: 1, legacy: "legacy" }[form]);
        assert.equal(meta.loadedAddresses.writable.length > 0, form === "v0");
    });
}


test("429 carries the gateway's body and headers", async () => {
    const response = await fetch(`${sandbox.url}/swap/v2/order`,
                                 { headers: { "x-sandbox": "rate-limit" } });

    assert.equal(response.status, 429);
    assert.equal(await response.text(),
                 '{"code":429,"message":"[API Gateway] Too many requests"}');
    assert.ok(Number(response.headers.get("x-ratelimit-remaining")) <= 0);
    assert.ok(response.headers.has("x-ratelimit-reset"));
    assert.equal(response.headers.has("retry-after"), false);
});


test("web3.js sends a transfer and sees it through", async () => {
    const from = Keypair.generate();
    const to = Keypair.generate().publicKey;

    await connection.requestAirdrop(from.publicKey, 2_000_000_000);

    const { blockhash, lastValidBlockHeight } =
        await connection.getLatestBlockhash();
    const transaction = new Transaction({
        feePayer: from.publicKey, blockhash, lastValidBlockHeight,
    }).add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to,
                                    lamports: 1_000_000_000 }));

    transaction.sign(from);

    const signature = await connection.sendRawTransaction(
        transaction.serialize());
    const { value } = await connection.getSignatureStatuses([signature]);

    assert.equal(value[0].err, null);
    assert.equal(value[0].confirmationStatus, "finalized");
    assert.equal(await connection.getBalance(to), 1_000_000_000);
    assert.equal((await connection.getSignaturesForAddress(to)).length, 1);
});


test("web3.js gets SendTransactionError with the logs of the simulation",
     async () => {
    const poor = Keypair.generate();

    await connection.requestAirdrop(poor.publicKey, 1_000_000_000);

    const transaction = new Transaction({
        feePayer: poor.publicKey, ...await connection.getLatestBlockhash(),
    }).add(SystemProgram.transfer({ fromPubkey: poor.publicKey,
                                    toPubkey: Keypair.generate().publicKey,
                                    lamports: 5_000_000_000 }));

    transaction.sign(poor);

    await assert.rejects(
        connection.sendRawTransaction(transaction.serialize()),
        (error) => error instanceof SendTransactionError
            && error.logs.some(
                (line) => line.includes("insufficient lamports")));
});


test("a stale blockhash is refused before the simulation", async () => {
    const trader = await funded();
    const transaction = new Transaction({
        feePayer: trader.keypair.publicKey,
        ...await connection.getLatestBlockhash(),
    }).add(SystemProgram.transfer({ fromPubkey: trader.keypair.publicKey,
                                    toPubkey: trader.keypair.publicKey,
                                    lamports: 1 }));

    transaction.sign(trader.keypair);
    await control(sandbox.url, { expireBlockhash: true });

    await assert.rejects(connection.sendRawTransaction(transaction.serialize()),
                         /Blockhash not found/);
});


test("version 0 is refused to a client that doesn't know it", async () => {
    const trader = await funded();
    const { executed } = await trader.swap(referred("SOL", "USDC", "1000000"));

    await assert.rejects(
        connection.getTransaction(executed.json.signature,
                                  { commitment: "confirmed" }),
        (error) => error.code === -32015);
});


test("kit reads slot, health and node errors", async () => {
    const rpc = createSolanaRpc(sandbox.url);

    assert.equal(typeof await rpc.getSlot().send(), "bigint");
    assert.equal(await rpc.getHealth().send(), "ok");

    await control(sandbox.url, { nodes: { a: { set: { lag: 200 } } } });
    await assert.rejects(rpc.getHealth().send(), (error) => isSolanaError(
        error, UNHEALTHY)
        && error.context.numSlotsBehind === 200n);
    assert.equal(await (await fetch(`${sandbox.url}/health`)).text(), "behind");
    await control(sandbox.url, { nodes: { a: { reset: true } } });
});


test("batches are answered in one array; errors have a node's codes",
     async () => {
    const post = async (body) => (await fetch(sandbox.url, {
        method: "POST", headers: { "content-type": "application/json" }, body,
    })).json();
    const call = (method, params, id) => ({ jsonrpc: "2.0", method, params,
                                            id });
    const [slot, missing, invalid] = await post(JSON.stringify([
        call("getSlot", [], 1), call("getNothing", [], "two"),
        call("getBalance", ["short"], null),
    ]));

    assert.equal(typeof slot.result, "number");
    assert.equal(missing.error.code, -32601);
    assert.equal(missing.id, "two");
    assert.equal(invalid.error.code, -32602);
    assert.equal((await post("{")).error.code, -32700);
    assert.equal((await post("[]")).error.code, -32600);
});


test("web3.js reads accounts, token accounts, rent and epoch", async () => {
    const trader = await funded({ USDC: 7n });
    const owner = trader.keypair.publicKey;
    const usdc = new PublicKey(mint.USDC);
    const { value } = await connection.getTokenAccountsByOwner(owner,
                                                               { mint: usdc });
    const parsed = await connection.getParsedTokenAccountsByOwner(
        owner, { mint: usdc });
    const balance = await connection.getTokenAccountBalance(value[0].pubkey);
    const [account, missing] = await connection.getMultipleAccountsInfo(
        [usdc, Keypair.generate().publicKey]);

    assert.equal(value.length, 1);
    assert.equal(parsed.value[0].account.data.parsed.info.tokenAmount.amount,
                 "7");
    assert.equal(balance.value.amount, "7");
    assert.equal(account.data[44], 6);
    assert.equal(missing, null);
    assert.ok(await connection.getMinimumBalanceForRentExemption(165) > 0);
    assert.ok((await connection.getEpochInfo()).slotsInEpoch > 0);
    assert.equal((await connection.getGenesisHash()).length > 30, true);
});
