// Measuring: wrk for how much a side can do, paced for how long it makes people
// wait, and the interleaving that makes two numbers comparable.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { dir, file, mustRun, run } from './servers.mjs';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const TICKS_PER_SEC = 100;
const BAD_MAX = 0;

export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}

export const median = (values) => quantile(values, 0.5);

const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
};

export const requestFile = (name, requests) => file(`${name}.requests`, requests.join(''));

// Requests per second of a side, and per second of its worker's processor time:
// the latter is what it does with a whole core, also when the world is too slow
// to give it that much to do.
export async function rate(side, { seconds, connections, core }) {
  const before = cpuSeconds(side.pid);
  const out = await run({
    core,
    command: ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s',
      path.join(here, 'orders.lua'), `http://127.0.0.1:${side.port}/`],
    env: { BENCH_REQUESTS: side.requests },
  });
  const cpu = cpuSeconds(side.pid) - before;
  const [, requests, micros, refused, broken] =
    /^result (\d+) (\d+) (\d+) (\d+)$/m.exec(out).map(Number);
  if (refused + broken > BAD_MAX || requests === 0) {
    throw new Error(`${side.name}: ${refused} bad answers, ${broken} broken connections of `
      + `${requests} requests`);
  }
  return { perSecond: requests / (micros / 1e6), perCore: requests / cpu,
    busy: cpu / (micros / 1e6) };
}

// All requests of a side once, over so many connections: how long that takes.
export async function once(side, { connections, core }) {
  const before = cpuSeconds(side.pid);
  const said = readWords(side, await run({ core,
    command: [paced(), String(side.port), side.requests, '0', '0', String(connections)] }));
  const cpu = cpuSeconds(side.pid) - before;
  return { ...said, perSecond: said.sent / (said.took / 1e6), perCore: said.sent / cpu,
    busy: cpu / (said.took / 1e6) };
}

// What people wait at a given rate.  Real-time, when root runs it: at 100 us it is
// the scheduler's slices for other processes that would be measured, not the sides.
export async function waiting(side,
  { seconds, connections, core, perSecond, realtime, tolerate }) {
  const out = await run({ core, command: [...(realtime ? ['chrt', '-f', '1'] : []), paced(),
    String(side.port), side.requests, perSecond.toFixed(0), String(seconds),
    String(connections)] });
  return readWords(side, out, tolerate);
}

function readWords(side, out, tolerate = false) {
  const words = out.trim().split(' ');
  const said = Object.fromEntries(words.map((word, at) => [word, Number(words[at + 1])])
    .filter((_, at) => at % 2 === 0));
  if (said.bad > BAD_MAX && !tolerate) {
    throw new Error(`${side.name}: ${said.bad} of ${said.sent} paced requests went bad`);
  }
  return said;
}

let built = null;
function paced() {
  if (!built) {
    const program = path.join(dir, 'paced');
    mustRun(process.env.CC ?? 'cc', '-O2', '-o', program, path.join(here, 'paced.c'), '-lm');
    built = program;
  }
  return built;
}

// Every side once per round, each round in the opposite order of the one before,
// so that a slow drift of the machine hits both halves of a ratio alike.
export async function interleave(sides, rounds, measure) {
  const results = new Map(sides.map((side) => [side.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 ? [...sides].reverse() : sides) {
      results.get(side.name).push(await measure(side));
    }
  }
  return results;
}

export const ratios = (results, over, under, field = 'perCore') =>
  results.get(over).map((one, round) => one[field] / results.get(under)[round][field]);
