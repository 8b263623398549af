// What durability costs and what it gives: executes whose answer waits for the
// disk, how many of them share a sync, and how fast a journal is folded again.
//
// - Every execute is of a pending order of its own and carries a transaction
//   with a signature of its own; it goes out once.  Plain proxy_pass gets the
//   same bytes, in the same nginx, to the same upstream.
// - The event loop has the edge's core to itself, as in the other measures; the
//   threads of the pool, which only durable executes have work for, run on that core
//   or on the world's, whichever is free.  Per core counts what they use wherever.
// - The state directory is BENCH_STATE, or in the bench's own: see that it is
//   on the disk you mean.  What one sync costs there is measured on a file that
//   grows by a page each time, with nobody else at it.

import { closeSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync,
  statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { CODES, executeRequest } from './fixtures.mjs';
import { placeOrders } from './fill.mjs';
import { median, once, quantile, ratios, requestFile, waiting } from './load.mjs';
import { figure, missing, note, report } from './say.mjs';
import { inRealTime, mustRun, run, stop } from './servers.mjs';

const SYNCS = 300;
const SYNC_BYTES = 4096;
const CLIENTS = [1, 16, 64];
const LOAD = 64;                  // connections, of ratio and latency
const HEADROOM = 1.25;            // paced requests over rate x seconds, Poisson
const ALONE = { perSecond: 250, seconds: 4 };  // hardly two executes at a time
const RECOVERIES = 3;

// An edge of its own, with a journal, is started for all of it.
export async function measureExecute({ settings, takers, stub, startEdge, quick }) {
  const parent = process.env.BENCH_STATE;
  const own = parent && mkdtempSync(path.join(parent, 'jupref-bench-'));
  const state = path.join(own ?? settings.dir, 'state');
  const edge = await startEdge('durable', settings.zone, state);
  const side = sides(edge, takers);

  try {
    touchZone(edge.worker);
    letThreadsRun(edge.worker, [settings.edgeCore, settings.worldCore]);
    const sync = oneSync(path.dirname(state));
    await measureRatio(side, settings, quick);
    const perSecond = await measureGroups(side, edge, settings, quick);
    await measureWaiting({ side, settings, edge, stub, sync, perSecond });
  } finally {
    await stop(edge);
    if (own) rmSync(own, { recursive: true, force: true });
  }
}

// An edge that has run for a while has its zone's pages; this one gets them now,
// not while it is measured.
function touchZone(pid) {
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const file = `/proc/${pid}/fd/${fd}`;
    if (readlinkSync(file).startsWith('/memfd:jupref')) {
      mustRun('fallocate', '--keep-size', '--length', String(statSync(file).size), file);
    }
  }
}

function letThreadsRun(pid, cores) {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    if (Number(thread) !== pid) mustRun('taskset', '-p', '-c', cores.join(','), thread);
  }
}

// Fresh orders each time, as executes to the edge and as the same sent past it.
function sides(edge, takers) {
  let turn = 0;
  return async (count) => {
    const placed = await placeOrders({ port: edge.port, count, wallets: takers, codes: CODES,
      label: `execute ${turn++}` });
    const side = (name, where) => ({ name, port: edge.port, pid: edge.worker,
      requests: requestFile(name, placed.map((one) => executeRequest({ ...one, path: where }))) });
    return { durable: side('durable', '/swap/v2/execute'), plain: side('plain', '/plain/execute') };
  };
}

async function measureRatio(side, { rounds, worldCore, connections }, quick) {
  const results = new Map([['durable', []], ['plain', []]]);
  const how = { connections, core: worldCore };
  await once((await side(1000)).durable, how);
  for (let round = 0; round < rounds; round++) {
    const both = await side(quick ? 3000 : 12000);
    for (const name of round % 2 ? ['plain', 'durable'] : ['durable', 'plain']) {
      results.get(name).push(await once(both[name], how));
    }
  }
  for (const [name, all] of results) {
    const typical = (field) => median(all.map((one) => one[field]));
    note(`execute ${name}: ${typical('perCore').toFixed(0)} requests per core second; by the `
      + `clock ${typical('perSecond').toFixed(0)}/s, core ${(100 * typical('busy')).toFixed(0)} % `
      + 'busy');
  }
  report('ratio', 'execute_durable_vs_plain_proxy_pass',
    median(ratios(results, 'durable', 'plain', 'perSecond')), 0.6, true);
  report('ratio', 'execute_durable_vs_plain_proxy_pass_per_core',
    median(ratios(results, 'durable', 'plain')), 0.6, true);
}

// How many trades one sync serves; gives the rate of the most clients.
async function measureGroups(side, edge, { worldCore }, quick) {
  let last;
  for (const clients of CLIENTS) {
    const { durable } = await side((quick ? 60 : 150) * Math.min(clients, 40));
    const before = await journalOf(edge);
    last = await once(durable, { connections: clients, core: worldCore });
    const after = await journalOf(edge);
    const syncs = after.syncs - before.syncs;
    const records = after.records - before.records;
    const late = after.late - before.late;
    if (late) throw new Error(`${late} answers went out before their trade was on disk`);
    note(`${clients} clients: ${last.sent} executes in ${syncs} syncs, `
      + `${(records / last.sent).toFixed(2)} events and `
      + `${((after.bytes - before.bytes) / last.sent).toFixed(0)} bytes each; `
      + `p50 ${last.p50.toFixed(0)} us, ${last.perSecond.toFixed(0)}/s`);
    figure(`trades_per_sync_at_${clients}_clients`, last.sent / syncs);
  }
  return last.perSecond;
}

async function journalOf(edge) {
  const text = await (await fetch(`http://127.0.0.1:${edge.port}/metrics`)).text();
  const read = (name) => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (!line) throw new Error(`/metrics has no ${name}`);
    return Number(line.slice(name.length));
  };
  return { syncs: read('jupref_journal_syncs_total'), records: read('jupref_journal_records_total'),
    bytes: read('jupref_journal_bytes_total'), late: read('jupref_commits_total{outcome="late"}') };
}

// What waiting for the disk adds to an execute that has the disk for itself, held
// against one sync, and at half of what durable executes can do, where each waits
// for the rest of the sync that is under way, too.  A sync is measured where the
// p99 is: against the sync that 99 of 100 are faster than.
async function measureWaiting({ side, settings, edge, stub, sync, perSecond }) {
  const half = { perSecond: Math.floor(perSecond / 2), seconds: 0.5 };
  await inRealTime([edge.worker, stub.worker], async (realtime) => {
    if (!realtime) note('no real-time scheduling here: other processes are in the tail');
    await tilesAreMade(edge);
    for (const [what, load] of [['alone', ALONE], ['half_load', half]]) {
      const results = { durable: [], plain: [] };
      const how = { ...load, connections: LOAD, core: settings.worldCore, realtime };
      for (let round = 0; round < Math.min(settings.rounds, 5); round++) {
        const both = await side(Math.ceil(load.perSecond * load.seconds * HEADROOM) + LOAD);
        for (const name of round % 2 ? ['plain', 'durable'] : ['durable', 'plain']) {
          results[name].push(await waiting(both[name], how));
        }
      }
      tellWaiting(what, load.perSecond, results, sync);
    }
  });
}

// What has been executed before has its tiles, whose syncs are the disk's work, too.
async function tilesAreMade(edge) {
  const turns = async () => {
    const text = await (await fetch(`http://127.0.0.1:${edge.port}/metrics`)).text();
    return Number(/^jupref_tiles_total\{result="published"\} (\d+)$/m.exec(text)[1]);
  };
  const first = await turns();
  while (await turns() < first + 2) await sleep(200);
}

function tellWaiting(what, rate, results, sync) {
  for (const [name, all] of Object.entries(results)) {
    note(`execute ${name} at ${rate} requests/s: ${['p50', 'p90', 'p99'].map((q) =>
      `${q} ${median(all.map((one) => one[q])).toFixed(0)}`).join(', ')} us`);
  }
  const added = (q) => median(results.durable.map((one, at) => one[q] - results.plain[at][q]));
  note(`added to p50: ${added('p50').toFixed(0)} us; one sync here: p50 ${sync.p50.toFixed(0)}, `
    + `p99 ${sync.p99.toFixed(0)} us`);
  if (what === 'alone') {
    report('delta', 'execute_p99_added_us', added('p99'), Math.round(sync.p99), false);
  } else {
    figure(`execute_p99_added_us_at_${what}`, added('p99'));
  }
}

function oneSync(folder) {
  const file = path.join(folder, 'sync');
  const fd = openSync(file, 'w');
  const page = Buffer.alloc(SYNC_BYTES, 1);
  const took = [];
  try {
    for (let at = 0; at < SYNCS; at++) {
      const began = performance.now();
      writeSync(fd, page);
      fdatasyncSync(fd);
      took.push((performance.now() - began) * 1000);
    }
  } finally {
    closeSync(fd);
    rmSync(file);
  }
  note(`state is on ${mustRun('stat', '-f', '-c', '%T', folder).trim()}; one sync of a page: `
    + `p50 ${median(took).toFixed(0)}, p99 ${quantile(took, 0.99).toFixed(0)} us`);
  return { p50: median(took), p99: quantile(took, 0.99) };
}

// A journal of a million events is written, then recovered from the page cache;
// the fold alone, without reading and opening records, is told beside it.
export async function measureRecovery({ root, dir, edgeCore, quick }) {
  const build = (name) => {
    mustRun('make', '-s', '-C', root, '-f', 't/tools/pure.mk', name);
    return path.join(root, 'build/bench', name);
  };
  const told = async (name, ...args) =>
    JSON.parse(await run({ core: edgeCore, command: [build(name), ...args] }));
  const events = quick ? 300000 : 1000000;

  const fold = await told('fold', String(events));
  for (const [name, one] of Object.entries(fold)) {
    note(`fold ${name}: ${one.events} events in ${one.seconds.toFixed(3)} s`);
    figure(`fold_${name}_events_per_second`, one.perSecond);
  }

  const all = [];
  for (let at = 0; at < RECOVERIES; at++) {
    const folder = mkdtempSync(path.join(dir, 'recovery-'));
    all.push(await told('recovery', folder, String(events)));
    rmSync(folder, { recursive: true });
  }
  const [one] = all;
  note(`recovery: ${one.events} events, ${(one.bytes / 1e6).toFixed(0)} MB, in `
    + all.map(({ recoverSeconds }) => `${recoverSeconds.toFixed(2)} s`).join(', '));
  report('rate', 'recovery_events_per_second', median(all.map(({ perSecond }) => perSecond)),
    1000000, true);
  figure('bytes_per_event_on_disk', one.bytesPerEvent);
  figure('bytes_per_trade_in_memory', one.bytesPerTrade);
}
