/*
 * Jupiter's swap API over HTTP, Swap v2 and Ultra v1 alike: routes, headers,
 * rate-limit answers and CORS of its gateway.
 */

import crypto from "node:crypto";

import { encode } from "./json.mjs";
import { answerExecute, Orders } from "./execute.mjs";
import { answerOrder } from "./order.mjs";
import { deliver, instead } from "./whims.mjs";

const ROUTES = {
    "/swap/v2/order": { method: "GET", generation: "v2", name: "order" },
    "/swap/v2/execute": { method: "POST", generation: "v2", name: "execute" },
    "/ultra/v1/order": { method: "GET", generation: "ultra", name: "order" },
    "/ultra/v1/execute": { method: "POST", generation: "ultra",
                           name: "execute" },
};

const EXPOSED = "x-ratelimit-remaining, x-ratelimit-current, x-ratelimit-reset,"
    + " x-api-gateway-request-id, server-timing";
const WINDOW_SEC = 10;
const ALLOWED_PER_WINDOW = 100_000;


export class Jupiter {
    #orders = new Orders();
    #window = { number: 0, used: 0 };

    constructor(market) {
        this.market = market;
    }

    handles(path) {
        return path in ROUTES;
    }

    async handle(request, response, { url, body, whims, record }) {
        const route = ROUTES[url.pathname];
        const answer = request.method === "OPTIONS" ? { status: 204, body: "" }
            : request.method !== route.method ? notFound()
            : instead(whims) ?? this.#answer(route, url, body, whims);

        record.answer = {
            status: answer.status,
            text: answer.status === 204 ? "" : encode(answer.body),
            headers: this.#headers(request, answer.status),
        };
        await deliver(response, record.answer, whims);
    }

    #answer({ generation, name }, url, body, whims) {
        if (name === "order") {
            return answerOrder(this.market, this.#orders, generation,
                               url.searchParams, whims);
        }

        return answerExecute(this.market, this.#orders, generation, body,
                             whims);
    }

    #headers(request, status) {
        const origin = request.headers.origin;

        return {
            "x-api-gateway-request-id": crypto.randomUUID(),
            ...(status === 200 || status === 429
                ? this.#rateLimit(status) : {}),
            ...(origin ? {
                "access-control-allow-origin": origin,
                "access-control-expose-headers": EXPOSED,
                vary: "Origin",
            } : {}),
            ...(request.method === "OPTIONS" ? {
                "access-control-allow-methods": "GET, POST, OPTIONS",
                "access-control-allow-headers": "content-type, x-api-key",
            } : {}),
        };
    }

    #rateLimit(status) {
        const now = Math.floor(Date.now() / 1000);
        const number = Math.floor(now / WINDOW_SEC);

        if (this.#window.number !== number) {
            this.#window = { number, used: 0 };
        }

        const used = status === 429
            ? ALLOWED_PER_WINDOW + 1 : ++this.#window.used;

        return {
            "x-ratelimit-current": String(used),
            "x-ratelimit-remaining": String(ALLOWED_PER_WINDOW - used),
            "x-ratelimit-reset": String((number + 1) * WINDOW_SEC),
        };
    }
}


function notFound() {
    return { status: 404, body: { code: 404, message: "Route not found" } };
}
