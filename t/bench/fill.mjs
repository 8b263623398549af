// Fills a ledger the way the world does: every wallet orders and executes once,
// through the edge.  Raw sockets and pipelining, because there are many.

import net from 'node:net';

import { SIGNED, orderRequest, signature } from './fixtures.mjs';

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

function executeRequest(requestId, sign, host) {
  const body = JSON.stringify({ signedTransaction: SIGNED, requestId });
  return `POST /swap/v2/execute HTTP/1.1\r\nHost: ${host}\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
    + `X-Execute-Signature: ${sign}\r\n\r\n${body}`;
}

// Trades once for every wallet, codes in turn; gives how many were executed.
export async function fill({ port, wallets, codes, label }) {
  const host = `127.0.0.1:${port}`;
  let next = 0;
  let executed = 0;
  const outcomes = {};

  async function worker() {
    const connection = open(port);
    while (next < wallets.length) {
      const batch = [];
      for (; batch.length < PIPELINE && next < wallets.length; next++) batch.push(next);
      const orders = await connection.send(batch.map((at) =>
        orderRequest({ taker: wallets[at], ref: codes[at % codes.length].code, host })));
      const executes = await connection.send(orders.map((order, at) => executeRequest(
        /"requestId":"([^"]+)"/.exec(order.body)[1], signature(`${label} ${batch[at]}`), host)));
      for (const { header } of executes) {
        const outcome = /\r\njupref-trade: (\S+)/i.exec(header)?.[1] ?? 'untold';
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (outcome === 'executed') executed++;
      }
    }
    connection.close();
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  if (executed !== wallets.length) {
    throw new Error(`only ${executed} of ${wallets.length} trades were executed: `
      + JSON.stringify(outcomes));
  }
  return executed;
}
