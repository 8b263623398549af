// Fills a ledger the way the world does: every wallet orders and executes once,
// through the edge; or orders only, and gets the executes to send.  Raw sockets
// and pipelining, because there are many.

import net from 'node:net';

import { executeRequest, orderRequest } from './fixtures.mjs';

const CONNECTIONS = 16;
const PIPELINE = 16;

// One connection; send(requests) gives the answers of all of them, in order.
function open(port) {
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let text = '';
  let want = 0;
  let answers = [];
  let done;
  let failed;

  socket.on('error', (error) => failed?.(error));
  socket.on('close', () => failed?.(new Error('the edge closed a connection')));
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    for (let one; (one = take()) !== null;) answers.push(one);
    if (want && answers.length === want) {
      want = 0;
      done(answers);
    }
  });

  function take() {
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return null;
    const header = text.slice(0, head);
    const length = /\r\ncontent-length: (\d+)/i.exec(header);
    const end = length ? head + 4 + Number(length[1]) : text.indexOf('\r\n0\r\n\r\n', head) + 7;
    if (end < head + 4 || text.length < end) return null;
    const one = { header, body: text.slice(head + 4, end) };
    text = text.slice(end);
    return one;
  }

  return {
    send: (requests) => new Promise((resolve, reject) => {
      [want, answers, done, failed] = [requests.length, [], resolve, reject];
      socket.write(requests.join(''));
    }),
    close: () => { failed = null; socket.destroy(); },
  };
}

// Gives `batch`, on a connection of its own, the numbers below `count` in turns.
async function inBatches(port, count, batch) {
  let next = 0;

  async function worker() {
    const connection = open(port);
    while (next < count) {
      const numbers = [];
      for (; numbers.length < PIPELINE && next < count; next++) numbers.push(next);
      await batch(connection, numbers);
    }
    connection.close();
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

// Orders of the wallets in those numbers, as requests to execute them.
async function order(connection, numbers, { wallets, codes, label, host }) {
  const answers = await connection.send(numbers.map((at) => orderRequest({ host,
    taker: wallets[at % wallets.length], ref: codes[at % codes.length].code })));
  return answers.map(({ body }, at) => ({ host, label: `${label} ${numbers[at]}`,
    requestId: /"requestId":"([^"]+)"/.exec(body)[1] }));
}

// Orders `count` times, wallets and codes in turn; what is to be given to
// executeRequest for each.
export async function placeOrders({ port, count, ...world }) {
  const placed = [];
  const host = `127.0.0.1:${port}`;
  await inBatches(port, count, async (connection, numbers) => {
    placed.push(...await order(connection, numbers, { host, ...world }));
  });
  return placed;
}

// Trades once for every wallet, codes in turn; gives how many were executed.
export async function fill({ port, wallets, codes, label }) {
  const host = `127.0.0.1:${port}`;
  let executed = 0;
  const outcomes = {};

  await inBatches(port, wallets.length, async (connection, numbers) => {
    const orders = await order(connection, numbers, { wallets, codes, label, host });
    for (const { header } of await connection.send(orders.map(executeRequest))) {
      const outcome = /\r\njupref-trade: (\S+)/i.exec(header)?.[1] ?? 'untold';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome === 'executed') executed++;
    }
  });

  if (executed !== wallets.length) {
    throw new Error(`only ${executed} of ${wallets.length} trades were executed: `
      + JSON.stringify(outcomes));
  }
  return executed;
}
