// The nginx configurations of the benchmark.  All of them share one frame (one
// worker, no access log, keep-alive on both sides), so that what differs between
// two sides of a ratio is the job and nothing else.

import { CHARGED_BPS, CODES, DISCOUNT_BPS, FEE_BPS, REFERRAL_ACCOUNT, executeBody, orderBody,
  signature, wallet } from './fixtures.mjs';

const NGINX_TOKEN_MAX = 4000;

// A literal for nginx: it has no escape for `$`, and a token is at most 4 KiB.
export function literal(text) {
  if (text.includes('$')) throw new Error('nginx can not return a body with a $ in it');
  return quoted(text);
}

function quoted(text) {
  if (text.length > NGINX_TOKEN_MAX) {
    throw new Error(`a body of ${text.length} bytes is too long for nginx's return`);
  }
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const frame = ({ dir, name, head = '', master = true }, http) => `
${head}
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
master_process ${master ? 'on' : 'off'};
pid ${dir}/${name}.pid;
error_log ${dir}/${name}.error.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    client_body_temp_path ${dir}/${name}.body;
    proxy_temp_path ${dir}/${name}.proxy;
    fastcgi_temp_path ${dir}/${name}.fastcgi;
    uwsgi_temp_path ${dir}/${name}.uwsgi;
    scgi_temp_path ${dir}/${name}.scgi;
${http}
}
`;

const upstream = (port) => `
    upstream stub {
        server 127.0.0.1:${port};
        keepalive 512;
        keepalive_requests 100000000;
        keepalive_timeout 600s;
    }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host api.jup.ag;
    proxy_set_header Accept-Encoding "";
`;

// Jupiter at nginx speed: every order has its own requestId, a UUID.  It shows
// what it was asked for in X-Asked, so that the bench can check its rivals.
export const stub = ({ dir, port }) => frame({ dir, name: 'stub' }, `
    map $request_id $order_id {
        "~^(.{8})(.{4})(.{4})(.{4})(.{12})$" $1-$2-$3-$4-$5;
    }
    map $arg_referralFee $fee_bps {
        default $arg_referralFee;
        '' ${CHARGED_BPS};
        255 ${CHARGED_BPS};
    }
    map $http_x_execute_signature $execute_signature {
        default $http_x_execute_signature;
        ''      ${signature('execute')};
    }
    server {
        listen 127.0.0.1:${port} backlog=4096;
        default_type application/json;
        add_header x-api-gateway-request-id $order_id;
        add_header x-ratelimit-remaining 149;
        add_header x-asked "$arg_referralAccount/$arg_referralFee/$arg_ref";
        location = /swap/v2/order { return 200 ${quoted(orderBody())}; }
        location = /swap/v2/execute { return 200 ${quoted(executeBody())}; }
    }
`);

const codes = () => CODES.map(({ code, referrer }) =>
  `    jupref_code ${code} referrer=${referrer} tier=referred;`).join('\n');

// The product: the order path and, in the same nginx, the same upstream plain.
// With `state` an execute waits for the disk as long as that takes.
export const edge = ({ dir, name = 'edge', port, stubPort, so, zone, keyring, master, state }) =>
  frame({ dir, name, master, head: `load_module ${so};` }, `
    jupref_zone             main ${zone}${state ? ` state=${state}` : ''};
    jupref_commit_timeout   10s;
    jupref_keyring          ${keyring};
    jupref_referral_account ${REFERRAL_ACCOUNT};
    jupref_tier             default fee=${FEE_BPS};
    jupref_tier             referred fee=${FEE_BPS} discount=${DISCOUNT_BPS} share=20%;
${codes()}
${upstream(stubPort)}
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /swap/v2/order   { jupref_order;   proxy_pass http://stub; }
        location = /swap/v2/execute { jupref_execute; proxy_pass http://stub; }
        location = /plain/order     { proxy_pass http://stub/swap/v2/order; }
        location = /plain/execute   { proxy_pass http://stub/swap/v2/execute; }
        location = /metrics         { jupref_metrics; }
        location /r/                { jupref_link to=/; }
        location /v1/               { jupref_api; }
    }
`);

// Plain proxy_pass alone, for a machine on which the module is not built.
export const plain = ({ dir, name = 'plain', port, stubPort }) => frame({ dir, name }, `
${upstream(stubPort)}
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /plain/order { proxy_pass http://stub/swap/v2/order; }
    }
`);

// Constants of the same bytes and headers as answers of the API.
export const constants = ({ dir, port, so, answers }) =>
  frame({ dir, name: 'constants', head: `load_module ${so};` }, `
    server {
        listen 127.0.0.1:${port} backlog=4096;
${answers.map(({ name, body, type, headers }) => `
        location = /${name} {
            default_type '${type}';
${headers.map(([field, value]) => `            add_header ${field} ${literal(value)};`).join('\n')}
            return 200 ${literal(body)};
        }`).join('\n')}
    }
`);

// The rival (c) on Debian's own modules.
export const lua = ({ dir, port, stubPort, modules, here, zone, cookieKey, bindings }) =>
  frame({ dir, name: 'lua', head: `load_module ${modules}/ndk_http_module.so;
load_module ${modules}/ngx_http_lua_module.so;` }, `
    lua_shared_dict pending   ${zone};
    lua_shared_dict bindings  ${zone};
    lua_shared_dict codes     1m;
    lua_shared_dict integrity 1m;
    lua_package_path "${here}/?.lua;/usr/share/lua/5.1/?.lua;;";
    lua_package_cpath "/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;;";
    init_by_lua_block {
        require("rival").setup("${cookieKey}", "${REFERRAL_ACCOUNT}")
${CODES.map(({ code, referrer }) => `        ngx.shared.codes:set("${code}", [[${JSON.stringify(
    { referrer, status: 'active', feeBps: FEE_BPS, discountBps: DISCOUNT_BPS })}]])`).join('\n')}
        for taker, code in io.open("${bindings}"):read("*a"):gmatch("(%S+) (%S+)") do
            ngx.shared.bindings:set(taker, code)
        end
    }
${upstream(stubPort)}
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /swap/v2/order {
            access_by_lua_block { require("rival").access() }
            header_filter_by_lua_block { require("rival").header() }
            body_filter_by_lua_block { require("rival").body() }
            proxy_pass http://stub;
        }
        location = /pending { content_by_lua_block { require("rival").show_pending() } }
    }
`);

// A node that answers by method: slots go on in real time, simulateTransaction
// with "hold <ms>" is held that long, everything else waits `wait` ms.
const loopback = (count) => Array.from({ length: count }, (_, at) => `127.0.0.${at + 1}`);

// `addresses`: of loopback, 127.0.0.1 and on, at which it is the same node.
export const rpcNode = ({ dir, name, port, modules, wait, addresses = 1 }) => frame({ dir, name,
  head: `load_module ${modules}/ndk_http_module.so;
load_module ${modules}/ngx_http_lua_module.so;` }, `
    client_body_buffer_size 128k;
    init_by_lua_block {
        local genesis = '"${wallet('genesis')}"'
        local function slot() return 400000000 + math.floor(ngx.now() * 1000 / 214) end
        local function number() return tostring(slot()) end
        results = {
            getSlot = number, getMaxShredInsertSlot = number,
            getHealth = function() return '"ok"' end,
            getBlockHeight = function() return tostring(slot() - 20000000) end,
            getGenesisHash = function() return genesis end,
            getBalance = function()
                return '{"context":{"apiVersion":"4.2.2","slot":' .. slot()
                    .. '},"value":1488440}'
            end,
            simulateTransaction = function(body)
                ngx.sleep((tonumber(body:match("hold (%d+)")) or 0) / 1000)
                return '{"context":{"slot":' .. slot() .. '},"value":{"err":null}}'
            end,
        }
    }
    server {
        ${loopback(addresses).map((one) => `listen ${one}:${port} backlog=4096;`).join(' ')}
        default_type application/json;
        location / {
            content_by_lua_block {
                ngx.req.read_body()
                local body = ngx.req.get_body_data() or ""
                local id = body:match('"id"%s*:%s*([^,}]+)') or "null"
                local result = results[body:match('"method"%s*:%s*"(%w+)"')]
                ${wait ? `ngx.sleep(${wait / 1000})` : ''}
                local text = result and '"result":' .. result(body)
                    or '"error":{"code":-32601,"message":"Method not found"}'
                text = '{"jsonrpc":"2.0",' .. text .. ',"id":' .. id .. '}'
                ngx.header.content_length = #text
                ngx.print(text)
            }
        }
    }
`);

// The gateway, before one node and before all of them, and the same one node plain.
export const rpcEdge = ({ dir, port, so, nodes }) => frame({ dir, name: 'rpc',
  head: `load_module ${so};` }, `
    upstream one {
        jupref_freshest;
        server 127.0.0.1:${nodes[0]};
        keepalive 512;
        keepalive_requests 100000000;
    }
    upstream all {
        jupref_freshest;
${nodes.map((node) => `        server 127.0.0.1:${node};`).join('\n')}
        keepalive 512;
        keepalive_requests 100000000;
    }
    upstream plain {
        server 127.0.0.1:${nodes[0]};
        keepalive 512;
        keepalive_requests 100000000;
    }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    client_body_buffer_size 128k;
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /one      { jupref_rpc; proxy_pass http://one/; }
        location = /rpc      { jupref_rpc; proxy_pass http://all/; }
        location = /plain    { proxy_pass http://plain/; }
        location = /constant {
            default_type application/json;
            return 200 '{"jsonrpc":"2.0","result":400000000,"id":1}';
        }
    }
`);

// A pool of so many nodes and nothing else.
export const rpcPool = ({ dir, name, port, so, node, count }) => frame({ dir, name,
  head: `load_module ${so};` }, `
    upstream pool {
        jupref_freshest;
${loopback(count).map((one) => `        server ${one}:${node};`).join('\n')}
    }
    server {
        listen 127.0.0.1:${port};
        location = /rpc { jupref_rpc; proxy_pass http://pool/; }
    }
`);
