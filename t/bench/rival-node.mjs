// The rival (b): the job of `jupref_order` as a competent team writes it in
// Node: Express in front, ioredis for the state, axios to Jupiter.
//
// Kept fast where a good developer keeps it fast: keep-alive upstream, one
// pipelined Redis trip before and one after, no ETag, the answer's text is
// passed on as it came.  Addresses and keys come from the environment.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

import axios from 'axios';
import express from 'express';
import Redis from 'ioredis';

const { PORT, REDIS_PORT, UPSTREAM, COOKIE_KEY, REFERRAL_ACCOUNT } = process.env;

const PENDING_SEC = 300;
const WINDOW_SEC = 30 * 86400;
const MIN_FEE_BPS = 50;
const DROPPED = new Set(['referralaccount', 'referralfee', 'platformfeebps', 'feeaccount',
  'integratorfeebps', 'ref']);
const PUBKEY = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const DIGITS = /^[0-9]{1,20}$/;

const cookieKey = Buffer.from(COOKIE_KEY, 'hex');
const redis = new Redis({ host: '127.0.0.1', port: Number(REDIS_PORT) });
const jupiter = axios.create({
  baseURL: UPSTREAM,
  httpAgent: new http.Agent({ keepAlive: true, maxSockets: 64 }),
  responseType: 'text',
  transformResponse: (text) => text,
  validateStatus: () => true,
  headers: { 'Accept-Encoding': 'identity' },
  timeout: 10000,
  maxRedirects: 0,
  proxy: false,
  decompress: false,
});

function codeFromCookie(header) {
  const value = /(?:^|;\s*)__Host-jupref=([^;]+)/.exec(header ?? '')?.[1];
  if (!value) return null;
  const cut = value.lastIndexOf('.');
  const body = value.slice(0, cut);
  const sent = Buffer.from(value.slice(cut + 1), 'base64url');
  const made = createHmac('sha256', cookieKey).update(body).digest();
  if (sent.length !== made.length || !timingSafeEqual(sent, made)) return null;
  const [code, issued] = body.split('.');
  return Date.now() / 1000 - Number(issued) < WINDOW_SEC ? code : null;
}

// Reads the arguments and drops what a client may not set; the rest keeps its bytes.
function readArgs(query) {
  const args = {};
  const kept = [];
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decodeURIComponent(equals < 0 ? pair : pair.slice(0, equals));
    args[name] ??= equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1));
    if (!DROPPED.has(name.toLowerCase())) kept.push(pair);
  }
  return { args, kept };
}

const attributable = (args) => PUBKEY.test(args.taker) && PUBKEY.test(args.inputMint)
  && PUBKEY.test(args.outputMint) && DIGITS.test(args.amount);

async function attribute(args, cookies) {
  const offered = (args.ref ?? codeFromCookie(cookies))?.toUpperCase();
  const trip = redis.pipeline().get(`binding:${args.taker}`);
  if (offered) trip.hgetall(`code:${offered}`);
  const [[, bound], [, terms] = []] = await trip.exec();

  const code = bound ?? offered;
  const found = bound && bound !== offered ? await redis.hgetall(`code:${bound}`) : terms;
  if (!found?.referrer || found.status !== 'active' || found.referrer === args.taker) return null;
  return {
    code,
    referrer: found.referrer,
    discountBps: Number(found.discountBps),
    feeBps: Math.max(MIN_FEE_BPS, Number(found.feeBps) - Number(found.discountBps)),
  };
}

function messageHash(transaction) {
  const bytes = Buffer.from(transaction, 'base64');
  let at = 0;
  let signatures = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    signatures |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return createHash('sha256').update(bytes.subarray(at + 64 * signatures)).digest('hex');
}

async function capture(text, terms, taker) {
  const order = JSON.parse(text);
  if (!order.requestId || !order.transaction) return;
  const pending = {
    ...terms,
    taker,
    inputMint: order.inputMint,
    outputMint: order.outputMint,
    inAmount: order.inAmount,
    outAmount: order.outAmount,
    swapUsdValue: order.swapUsdValue,
    feeMint: order.feeMint,
    grantedBps: Number(order.feeBps),
    message: messageHash(order.transaction),
  };
  const granted = pending.grantedBps === terms.feeBps ? 'granted' : 'missing';
  await redis.pipeline()
    .set(`order:${order.requestId}`, JSON.stringify(pending), 'EX', PENDING_SEC)
    .hincrby(`integrity:${order.feeMint}`, granted, 1)
    .exec();
}

const app = express();
app.disable('etag');
app.disable('x-powered-by');

app.get('/swap/v2/order', async (req, res, next) => {
  try {
    const question = req.url.indexOf('?');
    const { args, kept } = readArgs(question < 0 ? '' : req.url.slice(question + 1));
    const terms = attributable(args) ? await attribute(args, req.headers.cookie) : null;
    if (terms) kept.push(`referralAccount=${REFERRAL_ACCOUNT}`, `referralFee=${terms.feeBps}`);

    const answer = await jupiter.get(`/swap/v2/order?${kept.join('&')}`);
    if (terms) {
      if (answer.status === 200) await capture(answer.data, terms, args.taker);
      res.set({ 'Jupref-Code': terms.code, 'Jupref-Fee-Bps': terms.feeBps,
        'Jupref-Discount-Bps': terms.discountBps });
    }
    res.status(answer.status).set('Content-Type', answer.headers['content-type']);
    res.send(answer.data);
  } catch (error) {
    next(error);
  }
});

redis.once('ready', () => app.listen(Number(PORT), '127.0.0.1'));
