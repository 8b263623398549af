// What the gateway costs: reads that pass through it against plain proxy_pass to
// the same node, head methods against `return 200` of the same size, and what
// clients notice when the best of three nodes is killed under load.
//
// - Nodes are nginx with Lua on the world's core, answering by method, with slots
//   that go on in real time; the three of the fail-over wait 0, 2 and 4 ms, so that
//   one of them is the best.
// - Reads that pass through are getBalance of thousands of accounts: a method that
//   is never cached, and accounts enough that two are hardly in flight at once.

import { setTimeout as sleep } from 'node:timers/promises';

import * as conf from './conf.mjs';
import { wallet } from './fixtures.mjs';
import { median, ratios, requestFile, waiting } from './load.mjs';
import { residentMiB } from './memory.mjs';
import { figure, note, report } from './say.mjs';
import { dir, stop } from './servers.mjs';

const ACCOUNTS = 4096;
const WAITS_MS = [0, 2, 4];       // of the three nodes
const FAILOVER_PER_SECOND = 1500;
const NORMAL_WINDOWS = 4;         // seconds
const WINDOWS_AFTER = 4;
const HELD_CALLS = 1000;
const HELD_MS = 3000;
const SETTLE_MS = 3000;           // until the agent knows the nodes
const POOL = 33;                  // nodes, whose memory is told

const call = (method, params) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

const post = (path, body) => `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
  + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const balances = (path) => Array.from({ length: ACCOUNTS }, (_, at) =>
  post(path, call('getBalance', [wallet(`account ${at}`), { commitment: 'confirmed' }])));

const side = (name, edge, requests) =>
  ({ name, port: edge.port, pid: edge.worker, requests: requestFile(name, requests) });


export async function measureRpc({ settings, ports, nginx, rounds }) {
  const nodes = [];
  for (const [at, wait] of WAITS_MS.entries()) {
    nodes.push(await nginx(`node${at}`, ports.node1 + at, conf.rpcNode({ dir, wait,
      name: `node${at}`, port: ports.node1 + at, modules: settings.modules,
      addresses: at === 0 ? POOL : 1 })));
  }
  const edge = await nginx('rpc', ports.rpc, conf.rpcEdge({ dir, port: ports.rpc,
    so: settings.so, nodes: nodes.map((node) => node.port) }));

  await sleep(SETTLE_MS);
  await measurePassThrough(edge, rounds);
  await measureHeads(edge, rounds);
  await measureInFlight(edge);
  await measureNodes(nodes[0].port, { settings, ports, nginx });
  await measureFailover(edge, nodes, settings);
  await stop(edge);
  for (const node of nodes) await stop(node);
}

async function ask(edge, path, body) {
  const answer = await fetch(`http://127.0.0.1:${edge.port}${path}`, { method: 'POST', body,
    headers: { 'content-type': 'application/json' } });
  const text = await answer.text();
  if (answer.status !== 200 || text.includes('"error"')) {
    throw new Error(`${path} answered ${answer.status}: ${text}`);
  }
  return text;
}

async function measurePassThrough(edge, rounds) {
  const read = call('getBalance', [wallet('account 0')]);
  const [ours, theirs] = [await ask(edge, '/one', read), await ask(edge, '/plain', read)];
  if (JSON.parse(ours).result.value !== JSON.parse(theirs).result.value) {
    throw new Error(`the gateway answered ${ours}, the node ${theirs}`);
  }
  const results = await rounds([side('gateway', edge, balances('/one')),
    side('plain_node', edge, balances('/plain'))]);
  report('ratio', 'rpc_pass_through_vs_plain_proxy_pass',
    median(ratios(results, 'gateway', 'plain_node', 'perSecond')), 0.75, true);
  report('ratio', 'rpc_pass_through_vs_plain_proxy_pass_per_core',
    median(ratios(results, 'gateway', 'plain_node')), 0.75, true);
}

async function measureHeads(edge, rounds) {
  const slot = call('getSlot', [{ commitment: 'processed' }]);
  await ask(edge, '/one', slot);
  const results = await rounds([side('head', edge, [post('/one', slot)]),
    side('head_return_200', edge, [post('/constant', slot)])]);
  report('ratio', 'rpc_head_vs_return_200', median(ratios(results, 'head', 'head_return_200')),
    0.6, true);
}

// Calls that their node holds, through the gateway and past it: what a worker's
// memory grows by.
async function measureInFlight(edge) {
  const grown = {};
  for (const path of ['/plain', '/one']) {
    const before = residentMiB(edge.worker).resident;
    const held = Array.from({ length: HELD_CALLS }, (_, at) =>
      ask(edge, path, call('simulateTransaction', [`hold ${HELD_MS}`, { at }])));
    await sleep(HELD_MS / 2);
    grown[path] = (residentMiB(edge.worker).resident - before) * 1024 / HELD_CALLS;
    await Promise.all(held);
  }
  note(`a call in flight: ${grown['/one'].toFixed(1)} KiB through the gateway, `
    + `${grown['/plain'].toFixed(1)} KiB through plain proxy_pass`);
  figure('rpc_kib_per_call_in_flight_over_plain', grown['/one'] - grown['/plain']);
}

// What one node more takes of the worker that asks it and of shared memory.
async function measureNodes(node, { settings, ports, nginx }) {
  const resident = [];
  for (const count of [1, POOL]) {
    const edge = await nginx('pool', ports.pool, conf.rpcPool({ dir, name: 'pool',
      port: ports.pool, so: settings.so, node, count }));
    await sleep(2 * SETTLE_MS);
    await ask(edge, '/rpc', call('getBalance', [wallet('account 0')]));
    const { resident: own, zones } = residentMiB(edge.worker);
    resident.push((own + zones) * 1024);
    await stop(edge);
  }
  figure('rpc_kib_per_node', (resident[1] - resident[0]) / (POOL - 1));
}

async function measureFailover(edge, nodes, { worldCore, connections }) {
  const reads = side('failover', edge, balances('/rpc'));
  const window = () => waiting(reads, { seconds: 1, connections, core: worldCore,
    perSecond: FAILOVER_PER_SECOND, tolerate: true });
  const normal = [];
  await window();
  for (let at = 0; at < NORMAL_WINDOWS; at++) normal.push(await window());
  const usual = median(normal.map((one) => one.p99));

  const after = [];
  const killing = sleep(200).then(() => process.kill(-nodes[0].child.pid, 'SIGKILL'));
  for (let at = 0; at < WINDOWS_AFTER; at++) after.push(await window());
  await killing;

  const bad = [...normal, ...after].reduce((sum, one) => sum + one.bad, 0);
  const back = after.findIndex((one) => one.p99 <= 2 * usual);
  note(`p99 ${usual.toFixed(0)} us before; each second from the kill: `
    + after.map((one) => `${one.p99.toFixed(0)} us, ${one.bad} bad`).join('; '));
  report('count', 'rpc_failover_client_errors', bad, 0, false);
  report('delta', 'rpc_failover_seconds_until_p99_is_back', back < 0 ? WINDOWS_AFTER + 1
    : back, 2, false);
}
