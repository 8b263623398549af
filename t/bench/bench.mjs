// `make bench`: the budgets of the design, measured side by side on this machine.
//
// Why the ratios are fair
// - Every side does its work on one core (BENCH_EDGE_CORE, 0) with one worker:
//   nginx with the module, the same nginx without its directives, Node (one
//   process), nginx with Lua.  The world, that is the stub that plays Jupiter and
//   the load generator, is on the other (BENCH_WORLD_CORE, 1).  Redis, which only
//   Node needs, runs on the world's core: Node is not charged for it.
// - All sides meet the same stub, the same requests in the same order, the same
//   number of connections, no access log, keep-alive on both sides.  The stub
//   answers 2 KB orders, each with a requestId of its own.
// - A third of the takers is bound to a code, a third brings `ref`, a third the
//   signed cookie.  Each side is first shown to have done the job: the referral
//   arguments reached the stub, the pending order is kept, the headers are there.
// - The order path is told twice.  By the clock is what a client sees: requests
//   per second.  Per core is requests per second of the worker's processor time,
//   what a side would do with a full core: plain proxy_pass is so cheap that the
//   world's core is full before its own, and what the world holds back looks
//   slower than it is.  All else is per core; the note of each side has both.
// - Rounds are interleaved, every second one backwards; a figure is the median of
//   the ratios of the rounds.
// - The pending orders of a run don't fit the zone or the shared dict, on purpose:
//   evicting them is part of the job.  Both get the same size.
//
// Prints `ratio <name> <median> budget <figure> ok|short` and `delta …` lines; the
// ones with # explain them.  Exits 0 when everything was measured, short or not.
//
// What is kept on disk is measured in journal.mjs.
//
// QUICK=1 (short rounds), BENCH_ONLY=order,latency,api,scale,memory,execute,rpc,
// recovery // and the variables below choose what is run.  `bench.mjs serve` starts stub and edge only.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import * as conf from './conf.mjs';
import { CHARGED_BPS, CODES, MESSAGE_SHA256, REFERRAL_ACCOUNT, orderRequest, rivalCookie,
  wallet } from './fixtures.mjs';
import { fill } from './fill.mjs';
import { interleave, median, quantile, rate, ratios, requestFile, waiting } from './load.mjs';
import { measureExecute, measureRecovery } from './journal.mjs';
import { residentMiB } from './memory.mjs';
import { measureRpc } from './rpc.mjs';
import { missing, note, report, unmeasured } from './say.mjs';
import { complaints, dir, file, inRealTime, mustRun, start, startNginx, stop, stopAll }
  from './servers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const env = (name, value) => process.env[name] ?? value;
const quick = env('QUICK', '') === '1';

const settings = {
  so: path.resolve(env('JUPREF_SO', path.join(here, '../../build/ngx_http_jupref_module.so'))),
  nginx: env('NGINX', '/usr/sbin/nginx'),
  modules: env('NGINX_MODULES', '/usr/lib/nginx/modules'),
  only: env('BENCH_ONLY', 'order,latency,api,scale,memory,execute,rpc,recovery').split(','),
  rounds: Number(env('BENCH_ROUNDS', quick ? 3 : 7)),
  seconds: Number(env('BENCH_SECONDS', quick ? 1 : 3)),
  connections: Number(env('BENCH_CONNECTIONS', 64)),
  zone: env('BENCH_ZONE', '64m'),
  durableZone: env('BENCH_DURABLE_ZONE', '256m'),
  scaleZone: env('BENCH_SCALE_ZONE', quick ? '64m' : '512m'),
  wallets: Number(env('BENCH_WALLETS', quick ? 20000 : 200000)),
  edgeCore: env('BENCH_EDGE_CORE', '0'),
  worldCore: env('BENCH_WORLD_CORE', '1'),
  wrapper: env('BENCH_EDGE_WRAPPER', '').split(' ').filter(Boolean),
};

const WARM_SECONDS = quick ? 1 : 3;
const LATENCY_ROUNDS = 3;     // rounds of a second, for each round of the rates
const TAKERS = 48;
const FEW_WALLETS = 10;
const SPREAD = 8192;          // requests of the scale load, so that caches can't hold them
const RANKED_TRADERS = 200;   // what stats and leaderboard are computed from
const SLOT_BYTES_MAX = 16;    // of a table's index, for each row
const SCALE_BUDGET = 0.95;    // "the same", less what a noisy machine does

const base = Number(env('BENCH_PORT', 23000));
const ports = Object.fromEntries(['stub', 'edge', 'few', 'many', 'node', 'lua', 'redis', 'plain',
  'constants', 'idle', 'durable', 'rpc', 'node1', 'node2',
  'node3', 'pool'].map((name, at) => [name, base + at + 1]));

const COOKIE_KEY = '6a'.repeat(32);
const SEAL_KEY = '6b'.repeat(32);
const takers = Array.from({ length: TAKERS }, (_, at) => wallet(`taker ${at}`));
const boundTakers = takers.filter((_, at) => at % 3 === 0);

// ---- the sides

const nginx = (name, port, text, wrapper) =>
  startNginx({ name, port, conf: text, wrapper, nginx: settings.nginx,
    core: /^(stub|node\d)$/.test(name) ? settings.worldCore : settings.edgeCore });

const edgeConf = (name, port, zone, state) => conf.edge({ dir, name, port, state, zone,
  stubPort: ports.stub, so: settings.so, keyring: path.join(dir, 'keys'),
  master: !settings.wrapper.length });

async function startEdge(name, zone = settings.zone, state = undefined) {
  file('keys', `cookie k1 ${COOKIE_KEY}\nseal k1 ${SEAL_KEY}\n`, 0o600);
  return nginx(name, ports[name], edgeConf(name, ports[name], zone, state), settings.wrapper);
}

async function startLoadEdge() {
  const edge = await startEdge('edge');
  await fill({ port: edge.port, wallets: boundTakers, codes: [CODES[0]], label: 'bound' });
  return edge;
}

function load(name, server, { path: where, cookie } = {}) {
  const host = `127.0.0.1:${server.port}`;
  const requests = takers.map((taker, at) => orderRequest({ path: where, taker, host,
    ref: at % 3 === 1 ? 'alice' : undefined, cookie: at % 3 === 2 ? cookie : undefined }));
  return { name, port: server.port, pid: server.worker ?? server.child.pid, requests:
    requestFile(name, requests), samples: requests.slice(0, 3) };
}

async function edgeCookie(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/r/ALICE`, { redirect: 'manual' });
  const cookie = /__Host-jupref=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
  if (!cookie) throw new Error(`the link gave no cookie (${answer.status})`);
  return cookie;
}

async function startNode() {
  const redis = await start({ name: 'redis', core: settings.worldCore, port: ports.redis,
    command: ['redis-server', '--bind', '127.0.0.1', '--port', String(ports.redis), '--save', '',
      '--appendonly', 'no', '--daemonize', 'no', '--dir', dir] });
  for (const { code, referrer } of CODES) {
    redisCli('HSET', `code:${code}`, 'referrer', referrer, 'status', 'active', 'feeBps', '100',
      'discountBps', '10');
  }
  for (const taker of boundTakers) redisCli('SET', `binding:${taker}`, 'ALICE');

  const node = await start({ name: 'node', core: settings.edgeCore, port: ports.node,
    command: [process.execPath, path.join(here, 'rival-node.mjs')],
    env: { NODE_ENV: 'production', PORT: String(ports.node), REDIS_PORT: String(redis.port),
      UPSTREAM: `http://127.0.0.1:${ports.stub}`, COOKIE_KEY, REFERRAL_ACCOUNT } });
  return node;
}

const redisCli = (...args) => mustRun('redis-cli', '-p', String(ports.redis), ...args).trim();

function startLua() {
  const bindings = file('bindings', boundTakers.map((taker) => `${taker} ALICE\n`).join(''));
  return nginx('lua', ports.lua, conf.lua({ dir, port: ports.lua, stubPort: ports.stub, bindings,
    modules: settings.modules, here, zone: settings.zone, cookieKey: COOKIE_KEY }));
}

// ---- each side has to show that it does the job

async function ask(raw, port) {
  const [head, ...fields] = raw.trim().split('\r\n');
  const headers = Object.fromEntries(fields.map((field) => field.split(/: (.*)/).slice(0, 2)));
  delete headers.Host;
  const answer = await fetch(`http://127.0.0.1:${port}${head.split(' ')[1]}`, { headers });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

async function prove(side, pendingOf) {
  for (const raw of side.samples) {
    const answer = await ask(raw, side.port);
    const says = (name) => answer.headers.get(name);
    const want = (what, seen, right) => {
      if (seen !== right) throw new Error(`${side.name}: ${what} is ${seen}, should be ${right}`);
    };
    want('status', answer.status, 200);
    want('Jupref-Code', says('jupref-code')?.toUpperCase(), 'ALICE');
    want('Jupref-Fee-Bps', says('jupref-fee-bps'), String(CHARGED_BPS));
    const order = JSON.parse(answer.body);
    want('charged rate', order.feeBps, CHARGED_BPS);
    if (says('x-asked')) want('arguments', says('x-asked'), `${REFERRAL_ACCOUNT}/${CHARGED_BPS}/`);
    if (pendingOf) {
      const pending = JSON.parse(await pendingOf(order.requestId));
      want('pending code', pending.code, 'ALICE');
      want('message hash', pending.message, MESSAGE_SHA256);
    }
  }
}

const luaPending = async (id) =>
  (await fetch(`http://127.0.0.1:${ports.lua}/pending?requestId=${id}`)).text();

// ---- the measures

const options = () => ({ seconds: settings.seconds, connections: settings.connections,
  core: settings.worldCore });

async function rounds(sides, measure = (side) => rate(side, options())) {
  for (const side of sides) await rate(side, { ...options(), seconds: WARM_SECONDS });
  const results = await interleave(sides, settings.rounds, measure);
  for (const [name, all] of results) {
    if (all[0].perSecond === undefined) continue;
    const typical = (field) => median(all.map((one) => one[field]));
    note(`${name}: ${typical('perCore').toFixed(0)} requests per core second; by the clock `
      + `${typical('perSecond').toFixed(0)}/s, core ${(100 * typical('busy')).toFixed(0)} % busy`);
  }
  return results;
}

const orderSide = async (edge) => load('order', edge, { cookie: await edgeCookie(edge.port) });
const plainSide = (server) => load('plain', server, { path: '/plain/order' });

async function measureOrder(edge) {
  const plain = plainSide(edge ?? await nginx('plain', ports.plain,
    conf.plain({ dir, port: ports.plain, stubPort: ports.stub })));
  const cookie = rivalCookie('ALICE', COOKIE_KEY);
  const node = load('node', await startNode(), { cookie });
  const lua = load('lua', await startLua(), { cookie });
  await prove(node, (id) => redisCli('GET', `order:${id}`));
  await prove(lua, luaPending);

  const sides = [plain, node, lua];
  if (edge) {
    sides.push(await orderSide(edge));
    await prove(sides.at(-1));
  }
  const results = await rounds(sides);
  if (!edge) {
    missing('order path', `no module at ${settings.so}`);
    note(`plain over node ${median(ratios(results, 'plain', 'node')).toFixed(2)}, `
      + `plain over lua ${median(ratios(results, 'plain', 'lua')).toFixed(2)}`);
    return;
  }
  for (const [rival, name, budget] of [['plain', 'plain_proxy_pass', 0.85], ['node', 'node', 20],
    ['lua', 'lua', 1.3]]) {
    report('ratio', `order_vs_${name}`,
      median(ratios(results, 'order', rival, 'perSecond')), budget, true);
    report('ratio', `order_vs_${name}_per_core`, median(ratios(results, 'order', rival)), budget,
      true);
  }
}

// Half load is half of what plain proxy_pass can do: the same rate for both.
async function measureLatency(edge, stub) {
  const sides = [plainSide(edge), await orderSide(edge)];
  const perSecond = (await rate(sides[0], options())).perSecond / 2;
  const results = await inRealTime([edge.worker, stub.worker], async (realtime) => {
    if (!realtime) note('no real-time scheduling here: other processes are in the tail');
    return interleave(sides, settings.rounds * LATENCY_ROUNDS, (side) =>
      waiting(side, { ...options(), seconds: 1, perSecond, realtime }));
  });
  for (const [name, all] of results) {
    note(`${name} at ${perSecond.toFixed(0)} requests/s: ${['p50', 'p90', 'p99', 'p999']
      .map((q) => `${q} ${median(all.map((one) => one[q])).toFixed(0)}`).join(', ')} us`);
  }
  const added = (q) => results.get('order')
    .map((one, round) => one[q] - results.get('plain')[round][q]);
  const p99 = added('p99');
  note(`added: p50 ${median(added('p50')).toFixed(0)} us, p90 ${median(added('p90')).toFixed(0)} `
    + `us; half of the rounds added between ${quantile(p99, 0.25).toFixed(0)} and `
    + `${quantile(p99, 0.75).toFixed(0)} us to p99`);
  report('delta', 'order_p99_added_us', median(p99), 100, false);
}

async function measureApi(edge) {
  await fill({ port: edge.port, codes: CODES, label: 'ranked',
    wallets: Array.from({ length: RANKED_TRADERS }, (_, at) => wallet(`ranked ${at}`)) });
  const answers = [];
  for (const [name, uri] of [['code_terms', '/v1/codes/ALICE'],
    ['referrer_stats', `/v1/referrers/${CODES[0].referrer}`],
    ['leaderboard', '/v1/leaderboard?by=volume&limit=8']]) {
    const answer = await fetch(`http://127.0.0.1:${edge.port}${uri}`);
    const body = await answer.text();
    if (answer.status !== 200) throw new Error(`${uri} answered ${answer.status}: ${body}`);
    const own = new Set(['date', 'server', 'connection', 'keep-alive', 'content-length',
      'transfer-encoding', 'content-type']);
    answers.push({ name, uri, body, type: answer.headers.get('content-type'),
      headers: [...answer.headers].filter(([field]) => !own.has(field)) });
  }
  const constants = await nginx('constants', ports.constants,
    conf.constants({ dir, port: ports.constants, so: settings.so, answers }));
  const get = (name, server, uri) => ({ name, port: server.port, pid: server.worker,
    requests: requestFile(name, [`GET ${uri} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`]) });

  const results = await rounds(answers.flatMap(({ name, uri }) =>
    [get(name, edge, uri), get(`${name}_return_200`, constants, `/${name}`)]));
  for (const { name, body } of answers) {
    note(`${name} is ${body.length} bytes`);
    report('ratio', `${name}_vs_return_200`, median(ratios(results, name, `${name}_return_200`)),
      0.7, true);
  }
  await stop(constants);
}

async function platform(port) {
  return (await fetch(`http://127.0.0.1:${port}/v1/platform`)).json();
}

// The load has the same number of different request texts on both sides; only the
// number of bound wallets they name, and the ledger holds, differs.
async function measureScale() {
  const few = await startEdge('few', settings.scaleZone);
  const many = await startEdge('many', settings.scaleZone);
  const { capacities } = await platform(many.port);
  const room = Math.floor(0.9 * Math.min(capacityOf(capacities, 'wallets').capacity,
    capacityOf(capacities, 'trades').capacity));
  const count = Math.min(settings.wallets, room);
  const wallets = Array.from({ length: count }, (_, at) => wallet(`bound ${at}`));

  const from = Date.now();
  await fill({ port: many.port, wallets, codes: CODES, label: 'many' });
  note(`${count} wallets bound by ${count} trades in ${((Date.now() - from) / 1000).toFixed(1)} s `
    + `(zone ${settings.scaleZone})`);
  const lone = wallets.slice(0, FEW_WALLETS);
  await fill({ port: few.port, wallets: lone, codes: CODES, label: 'few' });

  const side = (name, server, bound) => ({ name, port: server.port, pid: server.worker, requests:
    requestFile(name, Array.from({ length: SPREAD }, (_, at) => orderRequest({
      taker: bound[Math.floor(at * bound.length / SPREAD) % bound.length],
      host: '127.0.0.1' }))) });
  const results = await rounds([side('few_wallets', few, lone),
    side('many_wallets', many, wallets)]);
  report('ratio', `order_at_${count}_vs_${FEW_WALLETS}_wallets`,
    median(ratios(results, 'many_wallets', 'few_wallets')), SCALE_BUDGET, true);
  await stop(few);
  await stop(many);
}

function capacityOf(capacities, table) {
  const found = capacities?.[table];
  if (!found?.capacity || !found.rowBytes) {
    throw new Error(`/v1/platform tells no capacity of ${table}`);
  }
  return found;
}

async function measureMemory() {
  const edge = await startEdge('idle');
  const bare = await nginx('plain-idle', ports.plain + 20,
    conf.plain({ dir, name: 'plain-idle', port: ports.plain + 20, stubPort: ports.stub }));
  for (const [server, uri] of [[edge, '/v1/platform'], [edge, '/plain/order'],
    [bare, '/plain/order']]) {
    await (await fetch(`http://127.0.0.1:${server.port}${uri}`)).text();
  }
  const [ours, theirs] = [residentMiB(edge.worker), residentMiB(bare.worker)];
  note(`idle worker with the module: resident ${ours.resident.toFixed(2)} MiB, `
    + `proportional ${ours.proportional.toFixed(2)}; plain: ${theirs.resident.toFixed(2)}, `
    + `${theirs.proportional.toFixed(2)}; shared zones left out`);
  report('delta', 'idle_worker_over_plain_mib', ours.resident - theirs.resident, 8, false);

  const { capacities } = await platform(edge.port);
  const kept = (table) => capacityOf(capacities, table).rowBytes + SLOT_BYTES_MAX;
  report('delta', 'bytes_per_trade', kept('trades'), 512, false);
  report('delta', 'bytes_per_wallet', kept('wallets'), 256, false);
  await stop(edge);
  await stop(bare);
}

// ---- the run

function needs() {
  if (Number(mustRun('nproc', '--all')) < 2) throw new Error('two cores are needed');
  for (const program of [settings.nginx, 'wrk', 'redis-server', 'redis-cli', 'setpriv',
    'taskset']) {
    mustRun('sh', '-c', `command -v ${program}`);
  }
  if (!existsSync(path.join(here, 'node_modules'))) throw new Error('run npm ci in t/bench first');
  mustRun('taskset', '-pc', settings.worldCore, String(process.pid));
}

async function main() {
  needs();
  const built = existsSync(settings.so);
  const wanted = (group) => settings.only.includes(group);
  note(`${settings.rounds} rounds of ${settings.seconds} s, ${settings.connections} connections, `
    + `one worker on core ${settings.edgeCore}, stub and load on core ${settings.worldCore}`);

  const stub = await nginx('stub', ports.stub, conf.stub({ dir, port: ports.stub }));
  const edge = built ? await startLoadEdge() : null;

  if (wanted('order')) await measureOrder(edge);
  for (const [group, measure] of [['latency', measureLatency], ['api', measureApi],
    ['scale', measureScale], ['memory', measureMemory], ['execute', durable], ['rpc', gateway]]) {
    if (!wanted(group)) continue;
    if (built) await measure(edge, stub);
    else missing(group, 'the module is not built');
  }
  await stop(stub);
  if (wanted('recovery')) {
    await measureRecovery({ root: path.join(here, '../..'), dir, quick,
      edgeCore: settings.edgeCore });
  }
}

const durable = (edge, stub) => measureExecute({ stub, startEdge, takers, quick,
  settings: { ...settings, dir, zone: settings.durableZone } });

const gateway = () => measureRpc({ settings, ports, nginx, rounds });

async function serve() {
  needs();
  await nginx('stub', ports.stub, conf.stub({ dir, port: ports.stub }));
  const edge = await startLoadEdge();
  const side = await orderSide(edge);
  await prove(side);
  console.log(`${edge.worker} ${edge.port} ${side.requests}`);
  await new Promise((resolve) => { process.stdin.on('end', resolve).resume(); });
}

let ending = false;

async function end(code) {
  ending = true;
  await stopAll();
  process.exit(code);
}

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.on(signal, () => end(code));
}

try {
  await (process.argv[2] === 'serve' ? serve() : main());
  const said = complaints();
  for (const line of said.slice(0, 10)) note(line);
  await end(unmeasured() ? 1 : 0);
} catch (error) {
  // what fails because the bench was told to stop is no news
  if (!ending) {
    console.error(`bench: ${error.message}`);
    for (const line of complaints().slice(0, 10)) console.error(line);
    await end(1);
  }
}
