// What flows through the benchmark: wallets, one real v0 transaction, an order
// body and an execute body as Jupiter sends them, and the cookie of the rivals.
//
// Everything is made from labels by SHA-256, so that two runs send the same bytes.

import { createHash, createHmac } from 'node:crypto';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export const USDC = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
export const WSOL = 'So11111111111111111111111111111111111111112';
const JUPITER_V6 = 'JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4';
const COMPUTE_BUDGET = 'ComputeBudget111111111111111111111111111111';
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

export const FEE_BPS = 100;
export const DISCOUNT_BPS = 10;
export const CHARGED_BPS = FEE_BPS - DISCOUNT_BPS;
export const AMOUNT = '100000000';

function base58(bytes) {
  let text = '';
  for (let number = BigInt(`0x${bytes.toString('hex')}`); number > 0n; number /= 58n) {
    text = ALPHABET[number % 58n] + text;
  }
  for (let at = 0; bytes[at] === 0; at++) text = `1${text}`;
  return text;
}

function unbase58(text) {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(ALPHABET.indexOf(letter));
  const bytes = Buffer.alloc(32);
  for (let at = 31; at >= 0; at--, number >>= 8n) bytes[at] = Number(number & 255n);
  return bytes;
}

const digest = (label) => createHash('sha256').update(label).digest();

// A label as base58 of a given length.  The first letters are fixed high enough
// for 43 letters to be exactly 32 bytes and for 87 letters to be exactly 64.
function letters(label, length) {
  let text = '';
  for (const byte of digest(label)) text += ALPHABET[byte % 58];
  return 'jupref'.padEnd(length - text.length, 'Bench') + text;
}

export const wallet = (label) => letters(label, 43);
export const signature = (label) => letters(label, 87);

export const REFERRAL_ACCOUNT = wallet('referral account');

// The codes of the benchmark and who owns them; ALICE is the one of the load.
export const CODES = ['ALICE', 'BOB', 'CAROL', 'DAVE', 'ERIN', 'FRANK', 'GRACE', 'HEIDI',
  'IVAN', 'JUDY'].map((code) => ({ code, referrer: wallet(`referrer ${code}`) }));

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const instruction = (program, accounts, data) =>
  Buffer.concat([Buffer.from([program, accounts.length, ...accounts, data.length]), data]);

// A v0 transaction of the shape Jupiter builds: compute limit, compute price,
// create wSOL account, route_v2 over two lookup tables, close the account.
function v0Message() {
  const keys = [digest('fee payer'), digest('usdc account'), digest('wsol account'),
    digest('pool a'), digest('pool b'), digest('event authority'),
    unbase58(COMPUTE_BUDGET), unbase58(JUPITER_V6), unbase58(TOKEN_PROGRAM), unbase58(USDC)];
  const route = Buffer.concat([digest('global:route_v2').subarray(0, 8), u64(AMOUNT),
    u64(461223451), Buffer.from([26, 0, CHARGED_BPS, 0, 0, 0]), u32(1),
    Buffer.from([0x2f, 1, 0x10, 0x27, 0, 1])]);
  const instructions = [
    instruction(6, [], Buffer.concat([Buffer.from([2]), u32(320000)])),
    instruction(6, [], Buffer.concat([Buffer.from([3]), u64(2175741)])),
    instruction(7, [0, 2, 12, 8, 14], digest('global:create_token_account').subarray(0, 8)),
    instruction(7, [0, 1, 2, 9, 12, 8, 8, 7, 5, 7, 10, 11, 13, 3, 4, 15], route),
    instruction(8, [2, 0, 0], Buffer.from([9])),
  ];
  const lookup = (label, writable, readonly) => Buffer.concat([digest(label),
    Buffer.from([writable.length, ...writable, readonly.length, ...readonly])]);
  return Buffer.concat([Buffer.from([0x80, 1, 0, 4, keys.length]), ...keys,
    digest('blockhash'), Buffer.from([instructions.length]), ...instructions,
    Buffer.from([2]), lookup('table a', [11, 12], [3, 9]), lookup('table b', [7], [1])]);
}

const V0_MESSAGE = v0Message();

const transaction = (sign) =>
  Buffer.concat([Buffer.from([1]), sign, V0_MESSAGE]).toString('base64');

export const UNSIGNED = transaction(Buffer.alloc(64));

// The same message, signed by whoever: a transaction of its own for each label.
export function signed(label) {
  const sign = createHash('sha512').update(label).digest();
  return { transaction: transaction(sign), signature: base58(sign) };
}

export const MESSAGE_SHA256 = createHash('sha256').update(V0_MESSAGE).digest('hex');

// As `/swap/v2/order` answers; $names are filled by the stub's nginx.
export const orderBody = () => JSON.stringify({
  mode: 'manual',
  inputMint: USDC,
  outputMint: WSOL,
  inAmount: AMOUNT,
  outAmount: '461208958',
  otherAmountThreshold: '460024271',
  swapMode: 'ExactIn',
  slippageBps: 26,
  inUsdValue: 99.98841,
  outUsdValue: 99.09312,
  swapUsdValue: 99.98841,
  priceImpact: -0.0104,
  priceImpactPct: '-0.000104',
  routePlan: [{
    swapInfo: { ammKey: wallet('pool a'), label: 'HumidiFi', inputMint: USDC, outputMint: WSOL,
      inAmount: AMOUNT, outAmount: '465397535' },
    percent: 100, bps: 10000, usdValue: 99.98841,
  }],
  referralAccount: REFERRAL_ACCOUNT,
  feeMint: WSOL,
  feeBps: '@feeBps@',
  platformFee: { amount: '4188577', feeBps: '@feeBps@', feeMint: WSOL },
  signatureFeeLamports: 5000,
  signatureFeePayer: '$arg_taker',
  prioritizationFeeLamports: 696237,
  prioritizationFeePayer: '$arg_taker',
  rentFeeLamports: 0,
  rentFeePayer: null,
  swapType: 'aggregator',
  router: 'metis',
  transaction: UNSIGNED,
  lastValidBlockHeight: '347412031',
  gasless: false,
  requestId: '$order_id',
  totalTime: 232,
  taker: '$arg_taker',
  errorCode: null,
  errorMessage: null,
}).replaceAll('"@feeBps@"', '$fee_bps');

// As `/swap/v2/execute` answers; the fee is on the output side.
export const executeBody = () => JSON.stringify({
  status: 'Success',
  signature: '$execute_signature',
  slot: '375472764',
  code: 0,
  totalInputAmount: AMOUNT,
  totalOutputAmount: '461208958',
  inputAmountResult: AMOUNT,
  outputAmountResult: '465397535',
  swapEvents: [{ inputMint: USDC, inputAmount: AMOUNT, outputMint: WSOL,
    outputAmount: '465397535' }],
});

// The rivals' attribution cookie: <code>.<issued>.<key id>.<HMAC-SHA256>.
export function rivalCookie(code, keyHex) {
  const body = `${code}.${Math.floor(Date.now() / 1000)}.k1`;
  const mac = createHmac('sha256', Buffer.from(keyHex, 'hex')).update(body);
  return `${body}.${mac.digest('base64url')}`;
}

// One raw execute request; the stub answers with the signature that it is told.
export function executeRequest({ path = '/swap/v2/execute', requestId, label, host }) {
  const { transaction: signedTransaction, signature: sign } = signed(label);
  const body = JSON.stringify({ signedTransaction, requestId });
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`
    + `Content-Length: ${body.length}\r\nX-Execute-Signature: ${sign}\r\n\r\n${body}`;
}

// One raw order request.  A bound taker brings nothing with it, the others a
// `ref` or the cookie; everyone also tries to smuggle a fee of their own.
export function orderRequest({ path = '/swap/v2/order', taker, ref, cookie, host }) {
  const query = `inputMint=${USDC}&outputMint=${WSOL}&amount=${AMOUNT}&taker=${taker}`
    + `&slippageBps=50&referralFee=255${ref ? `&ref=${ref}` : ''}`;
  return `GET ${path}?${query} HTTP/1.1\r\nHost: ${host}\r\n`
    + 'Accept: application/json\r\nUser-Agent: jupref-bench\r\n'
    + (cookie ? `Cookie: __Host-jupref=${cookie}\r\n` : '') + '\r\n';
}
