/*
 * The clients people use, through the edge: web3.js and kit, with transactions
 * of every version and with orders that others sign first.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createKeyPairFromBytes, createSolanaRpc,
         getBase64EncodedWireTransaction, getSignatureFromTransaction,
         getTransactionDecoder, partiallySignTransaction, signTransaction }
    from "@solana/kit";
import { Connection, VersionedTransaction } from "@solana/web3.js";

import { openStage } from "./edge.mjs";

const stage = await openStage({ codes: { amy: { tier: "referred" } } });


async function kitSigned(trader, base64, sign) {
    const keys = await createKeyPairFromBytes(trader.keypair.secretKey);

    return sign([keys], getTransactionDecoder().decode(
        Buffer.from(base64, "base64")));
}


for (const form of ["v0", "legacy", "v1"]) {
    test(`kit trades a ${form} transaction, and it counts`, async () => {
        const before = await stage.executedBy("amy");
        const trader = await stage.trader();
        const { json } = await trader.order(
            "/swap/v2/order",
            stage.pair("SOL", "USDC", 10_000_000, { ref: "amy" }),
            { "x-sandbox": form });
        const signed = await kitSigned(trader, json.transaction,
                                       signTransaction);
        const executed = await trader.execute(
            "/swap/v2/execute", getBase64EncodedWireTransaction(signed),
            json.requestId);

        assert.equal(executed.json.signature,
                     getSignatureFromTransaction(signed));
        assert.equal(executed.headers.get("jupref-trade"), "executed");
        assert.equal(await stage.executedBy("amy"), before + 1);
        assert.equal(await stage.feeOnChain(executed.json.signature,
                                            stage.mints.SOL), 90_000n);
    });
}


for (const form of ["v0", "legacy"]) {
    test(`web3.js trades a ${form} transaction, and it counts`, async () => {
        const before = await stage.executedBy("amy");
        const trader = await stage.trader();
        const { executed } = await trader.swap(
            stage.pair("SOL", "USDC", 10_000_000, { ref: "amy" }),
            { orderHeaders: { "x-sandbox": form } });

        assert.equal(executed.headers.get("jupref-trade"), "executed");
        assert.equal(await stage.executedBy("amy"), before + 1);
    });
}


for (const api of ["/swap/v2", "/ultra/v1"]) {
    test(`${api}: an order the maker signs first counts under the maker's `
         + "signature", async () => {
        const before = await stage.executedBy("amy");
        const trader = await stage.trader();
        const { json } = await trader.order(
            `${api}/order`,
            stage.pair("SOL", "USDC", 10_000_000, { ref: "amy" }),
            { "x-sandbox": "rfq" });
        const signed = await kitSigned(trader, json.transaction,
                                       partiallySignTransaction);
        const executed = await trader.execute(
            `${api}/execute`, getBase64EncodedWireTransaction(signed),
            json.requestId);

        assert.equal(json.router, "jupiterz");
        assert.equal(executed.json.status, "Success");
        assert.equal(executed.headers.get("jupref-trade"), "executed");
        assert.equal(await stage.executedBy("amy"), before + 1);

        const { data } = await stage.api("/v1/trades?limit=1");

        assert.equal(data[0].signature, executed.json.signature);
        assert.equal(data[0].router, "jupiterz");
        assert.equal(await stage.feeOnChain(executed.json.signature,
                                            stage.mints.SOL), 90_000n);
    });
}


test("a transaction changed after the order is unmatched", async () => {
    const trader = await stage.trader();
    const { json } = await trader.order(
        "/swap/v2/order",
        stage.pair("SOL", "USDC", 10_000_000, { ref: "amy" }));
    const transaction = VersionedTransaction.deserialize(
        Buffer.from(json.transaction, "base64"));

    transaction.message.recentBlockhash = stage.mints.USDC;
    transaction.sign([trader.keypair]);

    const executed = await trader.execute(
        "/swap/v2/execute",
        Buffer.from(transaction.serialize()).toString("base64"),
        json.requestId);

    assert.equal(executed.json.code, -3);
    assert.equal(executed.headers.get("jupref-trade"), "unmatched");
});


test("the RPC behind the edge serves web3.js and kit", async () => {
    const trader = await stage.trader();
    const connection = new Connection(`${stage.url}/rpc`, "confirmed");
    const rpc = createSolanaRpc(`${stage.url}/rpc`);

    assert.equal(await connection.getBalance(trader.keypair.publicKey),
                 1_000_000_000);
    assert.equal((await rpc.getBalance(trader.wallet).send()).value,
                 1_000_000_000n);
});
