-- The rival (c): the job of `jupref_order` as a competent team writes it in
-- OpenResty Lua: cjson for the body, a shared dict for the state.
--
-- Required once per worker; the configuration calls access(), header() and
-- body() from the phases of those names.  HMAC and SHA-256 are libcrypto's
-- through FFI, which is the fastest way there is from LuaJIT.

local cjson = require "cjson.safe"
local ffi = require "ffi"
local bit = require "bit"
local decode_base64url = require("ngx.base64").decode_base64url

ffi.cdef [[
    const void *EVP_sha256(void);
    unsigned char *HMAC(const void *evp_md, const void *key, int key_len,
        const unsigned char *data, size_t n, unsigned char *md, unsigned int *md_len);
    unsigned char *SHA256(const unsigned char *data, size_t n, unsigned char *md);
]]

local PENDING_SEC = 300
local WINDOW_SEC = 30 * 86400
local MIN_FEE_BPS = 50
local DROPPED = {
    referralaccount = true, referralfee = true, platformfeebps = true,
    feeaccount = true, integratorfeebps = true, ref = true,
}
local PUBKEY = [[^[1-9A-HJ-NP-Za-km-z]{32,44}$]]
local COOKIE = [[^(([A-Za-z0-9_-]+)\.([0-9]+)\.[a-z0-9]+)\.([A-Za-z0-9_-]+)$]]
local PUBKEYS = { "taker", "inputMint", "outputMint" }
local DIGITS = [[^[0-9]{1,20}$]]

local bindings = ngx.shared.bindings
local codes = ngx.shared.codes
local pending = ngx.shared.pending
local integrity = ngx.shared.integrity
local find, sub, byte = string.find, string.sub, string.byte
local lower, upper = string.lower, string.upper
local digest = ffi.new("unsigned char[32]")

local _M = {}


function _M.setup(cookie_key_hex, referral_account)
    _M.cookie_key = cookie_key_hex:gsub("..", function(two)
        return string.char(tonumber(two, 16))
    end)
    _M.referral_account = referral_account
end


local function hex(bytes)
    return (bytes:gsub(".", function(c) return string.format("%02x", byte(c)) end))
end


local function code_from_cookie(value)
    if not value then
        return nil
    end

    local part = ngx.re.match(value, COOKIE, "jo")
    local sent = part and decode_base64url(part[4])
    if not sent or #sent ~= 32 then
        return nil
    end

    local body = part[1]
    ffi.C.HMAC(ffi.C.EVP_sha256(), _M.cookie_key, #_M.cookie_key, body, #body, digest, nil)

    local differs = 0
    for i = 0, 31 do
        differs = bit.bor(differs, bit.bxor(digest[i], byte(sent, i + 1)))
    end

    if differs ~= 0 or ngx.time() - tonumber(part[3]) >= WINDOW_SEC then
        return nil
    end

    return part[2]
end


-- Reads the arguments and drops what a client may not set; the rest keeps its bytes.
local function read_args(query)
    local args, kept, n, from = {}, {}, 0, 1

    repeat
        local to = find(query, "&", from, true)
        local pair = sub(query, from, (to or 0) - 1)
        local equals = find(pair, "=", 1, true)
        local name = ngx.unescape_uri(equals and sub(pair, 1, equals - 1) or pair)

        if not args[name] then
            args[name] = equals and ngx.unescape_uri(sub(pair, equals + 1)) or ""
        end

        if not DROPPED[lower(name)] then
            n = n + 1
            kept[n] = pair
        end

        from = to and to + 1
    until not from

    return args, kept, n
end


local function attributable(args)
    for _, name in ipairs(PUBKEYS) do
        if not args[name] or not ngx.re.find(args[name], PUBKEY, "jo") then
            return false
        end
    end

    return args.amount and ngx.re.find(args.amount, DIGITS, "jo")
end


local function attribute(args)
    local code = bindings:get(args.taker) or args.ref
        or code_from_cookie(ngx.var["cookie___Host-jupref"])

    if not code then
        return nil
    end

    code = upper(code)

    local stored = codes:get(code)
    local terms = stored and cjson.decode(stored)
    if not terms or terms.status ~= "active" or terms.referrer == args.taker then
        return nil
    end

    return {
        code = code,
        referrer = terms.referrer,
        taker = args.taker,
        discountBps = terms.discountBps,
        feeBps = math.max(MIN_FEE_BPS, terms.feeBps - terms.discountBps),
    }
end


function _M.access()
    local args, kept, n = read_args(ngx.var.args or "")
    local terms = attributable(args) and attribute(args)

    if terms then
        kept[n + 1] = "referralAccount=" .. _M.referral_account
        kept[n + 2] = "referralFee=" .. terms.feeBps
        ngx.ctx.terms = terms
    end

    ngx.req.set_uri_args(table.concat(kept, "&"))
end


function _M.header()
    local terms = ngx.ctx.terms

    if terms then
        ngx.header["Jupref-Code"] = terms.code
        ngx.header["Jupref-Fee-Bps"] = terms.feeBps
        ngx.header["Jupref-Discount-Bps"] = terms.discountBps
    end
end


local function message_hash(transaction)
    local bytes = ngx.decode_base64(transaction)
    local at, signatures, shift = 1, 0, 0

    repeat
        local b = byte(bytes, at)
        signatures = signatures + bit.lshift(bit.band(b, 0x7f), shift)
        at, shift = at + 1, shift + 7
    until b < 0x80

    local message = sub(bytes, at + 64 * signatures)
    ffi.C.SHA256(message, #message, digest)

    return ffi.string(digest, 32)
end


local function capture(text, terms)
    local order = cjson.decode(text)
    if not order or not order.requestId or type(order.transaction) ~= "string" then
        return
    end

    terms.inputMint = order.inputMint
    terms.outputMint = order.outputMint
    terms.inAmount = order.inAmount
    terms.outAmount = order.outAmount
    terms.swapUsdValue = order.swapUsdValue
    terms.feeMint = order.feeMint
    terms.grantedBps = tonumber(order.feeBps)
    terms.message = ngx.encode_base64(message_hash(order.transaction))

    pending:set(order.requestId, cjson.encode(terms), PENDING_SEC)

    local granted = terms.grantedBps == terms.feeBps and ":granted" or ":missing"
    integrity:incr(order.feeMint .. granted, 1, 0)
end


function _M.body()
    local ctx = ngx.ctx

    if not ctx.terms then
        return
    end

    local chunk, last = ngx.arg[1], ngx.arg[2]

    ctx.body = ctx.body and ctx.body .. chunk or chunk

    if last and ngx.status == 200 then
        capture(ctx.body, ctx.terms)
    end
end


-- For the bench's own check that what was stored is right.
function _M.show_pending()
    local stored = pending:get(ngx.var.arg_requestId)
    local order = stored and cjson.decode(stored)

    if order then
        order.message = hex(ngx.decode_base64(order.message))
        ngx.print(cjson.encode(order))
    end
end


return _M
