/*
 * A Jupiter that is fast enough to crash an edge under load, and who trades
 * with it: every order has a v0 transaction of its own, every execute is
 * signed by a real key and lands once.
 *
 * It notes which execute reached it when, in the order of their arrival, and
 * what it answered, because a client of a killed edge can't tell.
 */

import crypto from "node:crypto";
import http from "node:http";

import { getBase58Decoder } from "@solana/kit";

const MESSAGE_AT = 65;                  /* behind one signature */
const SIGNATURE_SIZE = 64;

export const SOL = "So11111111111111111111111111111111111111112";
export const USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v";
export const AMOUNT = 100_000_000n;

const base58 = (bytes) => getBase58Decoder().decode(bytes);
const PROGRAM = crypto.createHash("sha256").update("a program").digest();

export const randomWallet = () => base58(crypto.randomBytes(32));


/* A wallet that signs. */
export class Wallet {
    #secret;

    constructor() {
        const { publicKey, privateKey } =
            crypto.generateKeyPairSync("ed25519");

        this.#secret = privateKey;
        this.key = publicKey.export({ type: "spki", format: "der" })
            .subarray(-32);
        this.address = base58(this.key);
    }

    /* A base64 transaction, signed, and its signature as it is shown. */
    sign(transaction) {
        const bytes = Buffer.from(transaction, "base64");
        const signature = crypto.sign(null, bytes.subarray(MESSAGE_AT),
                                      this.#secret);

        signature.copy(bytes, 1);

        return { transaction: bytes.toString("base64"),
                 signature: base58(signature) };
    }
}


/* Fee payer, one instruction of one program, a blockhash of its own. */
function unsigned(taker) {
    return Buffer.concat([
        Buffer.from([1]), Buffer.alloc(SIGNATURE_SIZE),
        Buffer.from([0x80, 1, 0, 1, 2]), taker, PROGRAM,
        crypto.randomBytes(32),
        Buffer.from([1, 1, 1, 0, 8]), crypto.randomBytes(8),
        Buffer.from([0]),
    ]).toString("base64");
}


export class Jupiter {
    #server;
    #takers = new Map();

    /* `delay` tells how many ms an execute takes; "never" leaves it open. */
    constructor() {
        this.arrived = new Map();       /* signature → { number, life } */
        this.life = 0;                  /* of the edge's memory */
        this.answers = new Map();       /* requestId → bytes of its execute */
        this.delay = () => 0;
        this.#server = http.createServer((request, response) => {
            this.#serve(request, response).catch(() => response.destroy());
        });
        this.#server.keepAliveTimeout = 60_000;
    }

    async start() {
        await new Promise((resolve) =>
            this.#server.listen(0, "127.0.0.1", resolve));
        this.address = `127.0.0.1:${this.#server.address().port}`;
    }

    async stop() {
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }

    /* Who trades must be known: an address is no key to build with. */
    wallet() {
        const wallet = new Wallet();

        this.#takers.set(wallet.address, wallet.key);

        return wallet;
    }

    async #serve(request, response) {
        const url = new URL(request.url, "http://jupiter");
        const pieces = [];

        for await (const piece of request) {
            pieces.push(piece);
        }

        const body = url.pathname.endsWith("/order")
            ? this.#order(Object.fromEntries(url.searchParams))
            : await this.#execute(JSON.parse(Buffer.concat(pieces)));

        response.writeHead(200, { "content-type": "application/json",
                                  "content-length": Buffer.byteLength(body) });
        response.end(body);
    }

    #order(args) {
        const feeBps = Number(args.referralFee ?? 0);

        return JSON.stringify({
            mode: "manual", swapType: "aggregator", router: "metis",
            requestId: crypto.randomUUID(),
            inputMint: args.inputMint, outputMint: args.outputMint,
            inAmount: args.amount, outAmount: "14857567",
            inUsdValue: 15, outUsdValue: 14.857567, swapUsdValue: 15,
            referralAccount: args.referralAccount, feeMint: SOL, feeBps,
            platformFee: { amount: String(AMOUNT * BigInt(feeBps) / 10_000n),
                           feeBps, feeMint: SOL },
            transaction: unsigned(this.#takers.get(args.taker)),
            lastValidBlockHeight: "425500152", gasless: false,
            taker: args.taker, totalTime: 1,
        });
    }

    async #execute({ requestId, signedTransaction }) {
        const bytes = Buffer.from(signedTransaction, "base64");
        const signature = base58(bytes.subarray(1, MESSAGE_AT));
        const again = this.arrived.has(signature);

        if (!again) {
            this.arrived.set(signature, { number: this.arrived.size,
                                          life: this.life });
        }

        const delay = again ? 0 : this.delay();

        if (delay === "never") {
            await new Promise(() => {});
        }

        if (delay > 0) {
            await new Promise((resolve) => setTimeout(resolve, delay));
        }

        const body = JSON.stringify({
            status: "Success", code: 0, slot: "447200004", signature,
            totalInputAmount: String(AMOUNT), totalOutputAmount: "14859052",
            inputAmountResult: "99100000", outputAmountResult: "14859052",
        });

        this.answers.set(requestId, body);

        return body;
    }
}
