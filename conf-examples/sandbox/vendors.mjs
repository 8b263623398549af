/*
 * How providers of nodes say no, as seen in the wild: statuses, headers and
 * bodies, JSON-RPC or not.
 */

const JSON_TYPE = { "content-type": "application/json" };
const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };


function rpcError(code, message) {
    return { jsonrpc: "2.0", error: { code, message }, id: null };
}


function page(title) {
    return `<!DOCTYPE html>\n<html><head><title>${title}</title></head>`
        + `<body><center><h1>${title}</h1></center></body></html>\n`;
}


export const VENDORS = {
    /* the code of an unhealthy node, for a rate limit */
    "throttled-32005": {
        status: 429, headers: { ...JSON_TYPE, "retry-after": "2" },
        body: rpcError(-32005, "Too many requests"),
    },
    "throttled-32429": {
        status: 429, headers: JSON_TYPE,
        body: rpcError(-32429, "rate limited"),
    },
    "throttled-plain": {
        status: 429, headers: { ...JSON_TYPE, "retry-after": "1" },
        body: { code: 429 },
    },
    "throttled-html": {
        status: 429, headers: { ...HTML_TYPE, "retry-after": "5" },
        body: page("429 Too Many Requests"),
    },
    "bad-key": {
        status: 401, headers: JSON_TYPE,
        body: rpcError(-32401, "Unauthorized: invalid api key"),
    },
    forbidden: {
        status: 403, headers: JSON_TYPE,
        body: rpcError(-32052, "API key is not allowed to access blockchain"),
    },
    "forbidden-html": {
        status: 403, headers: HTML_TYPE, body: page("403 Forbidden"),
    },
    "bad-gateway": {
        status: 502, headers: HTML_TYPE, body: page("502 Bad Gateway"),
    },
    unavailable: {
        status: 503, headers: { "content-type": "text/plain" },
        body: "no healthy upstream",
    },
    "gateway-timeout": {
        status: 504, headers: HTML_TYPE, body: page("504 Gateway Time-out"),
    },

    /* a page where JSON belongs, and nobody says there is anything wrong */
    "html-200": {
        status: 200, headers: HTML_TYPE, body: page("Just a moment..."),
    },
    "empty-200": { status: 200, headers: JSON_TYPE, body: "" },
    "garbage-200": { status: 200, headers: JSON_TYPE, body: '{"jsonrpc":"2.' },
};
