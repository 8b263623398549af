// Starting and stopping: every process gets a core, a process group of its own,
// and dies with the bench even when the bench is killed.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 20000;
const STOP_MS = 5000;

export const dir = mkdtempSync(path.join(tmpdir(), 'jupref-bench-'));

const running = new Set();
let stopping = null;

export const file = (name, text, mode = 0o644) => {
  const whole = path.join(dir, name);
  writeFileSync(whole, text, { mode });
  return whole;
};

// A bench run by root goes before whatever else the machine does meanwhile.  Where
// the kernel groups processes by session, it is the group that has to be nice.
const NICE = process.getuid() === 0
  ? ['sh', '-c', 'echo -15 2>/dev/null > /proc/self/autogroup; exec nice -n -15 "$@"', 'sh']
  : [];

const pinned = (core, command) =>
  [...NICE, 'setpriv', '--pdeathsig', 'TERM', 'taskset', '-c', String(core), ...command];

// Starts a server and waits until it accepts; `name` is what its log is called.
export async function start({ name, core, command, port, env = {} }) {
  if (await accepts(port)) throw new Error(`port ${port} is taken; set BENCH_PORT`);
  const [program, ...args] = pinned(core, command);
  const child = spawn(program, args,
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const server = { name, port, child, said: '', gone: false };
  running.add(server);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => { server.said = (server.said + text).slice(-4000); });
  }
  child.on('error', (error) => { server.said += error.message; server.gone = true; });
  child.on('exit', () => { server.gone = true; });

  const until = Date.now() + START_MS;
  while (!await accepts(port)) {
    if (server.gone || Date.now() > until) {
      throw new Error(`${name} did not start: ${server.said.trim() || 'no word'}`);
    }
    await sleep(50);
  }
  return server;
}

export async function startNginx({ name, core, port, conf, nginx, wrapper = [] }) {
  const command = [...wrapper, nginx, '-p', dir, '-e', path.join(dir, `${name}.error.log`),
    '-c', file(`${name}.conf`, conf)];
  const server = await start({ name, core, port, command });
  server.worker = worker(server.child.pid);
  return server;
}

// The only child of a master, or the process itself when there is no master.
function worker(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return Number(children.split(' ')[0] || pid);
}

export async function stop(server) {
  if (!running.has(server)) return;
  if (!server.gone) {
    server.child.kill('SIGTERM');
    const until = Date.now() + STOP_MS;
    while (!server.gone && Date.now() < until) await sleep(20);
  }
  try {
    process.kill(-server.child.pid, 'SIGKILL');
  } catch { /* nobody of the group is left */ }
  running.delete(server);
}

export function stopAll() {
  stopping ??= (async () => {
    await Promise.all([...running].map(stop));
    rmSync(dir, { recursive: true, force: true });
  })();
  return stopping;
}

// Real time for some processes while `work` runs; gives whether that was allowed.
export async function inRealTime(pids, work) {
  const set = (...policy) => pids.every((pid) =>
    spawnSync('chrt', ['-a', ...policy, String(pid)]).status === 0);
  const allowed = set('-f', '-p', '1');
  try {
    return await work(allowed);
  } finally {
    set('-o', '-p', '0');
  }
}

// What a server complained about; a benchmark of a broken server is none.
export function complaints() {
  const bad = [];
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.error.log'))) {
    for (const line of readFileSync(path.join(dir, name), 'utf8').split('\n')) {
      if (/\[(emerg|alert|crit|error)\]/.test(line)) bad.push(`${name}: ${line}`);
    }
  }
  return bad;
}

// Runs a client to its end and gives what it printed.
export function run({ core, command, env = {} }) {
  const [program, ...args] = pinned(core, command);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, env: { ...process.env, ...env } });
    const client = { child, gone: false };
    running.add(client);
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => { out += text; });
    child.stderr.on('data', (text) => { err += text; });
    child.on('error', reject);
    child.on('close', (code) => {
      client.gone = true;
      running.delete(client);
      if (code === 0) resolve(out);
      else reject(new Error(`${command[0]} failed: ${(err || out).trim()}`));
    });
  });
}

export function mustRun(program, ...args) {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`${program} failed: ${done.error?.message ?? done.stderr.trim()}`);
  }
  return done.stdout;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}
