// MultiSafepay's own client for Node.js against a running Kassa, changed in nothing but the base URL.
// Terminals there take a card by themselves.
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';

const { KASSA_API, KASSA_MSP_KEY, KASSA_TERMINAL_ID } = process.env;
const require = createRequire(import.meta.url);
require('@multisafepay/api-wrapper/dist/src/typings/endpoints').BaseUrl.TEST = KASSA_API;
const Client = require('@multisafepay/api-wrapper').default;
const client = new Client(KASSA_MSP_KEY, { environment: 'test' });
const run = Date.now().toString(36);

// The merchant's webhook endpoint. It takes only what is signed with the key, as the documentation says.
const webhooks = [];
const shop = http.createServer((request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    const query = new URL(request.url, 'http://shop').searchParams;
    webhooks.push({ method: request.method, query, body, auth: request.headers.auth });
    shop.emit('webhook');
    response.end('OK');
  });
});
let hook;

before(async () => {
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  hook = `http://127.0.0.1:${shop.address().port}/hook`;
});
after(() => {
  shop.closeAllConnections();
  shop.close();
});

function signed({ auth, body }) {
  const [timestamp, hex] = Buffer.from(auth, 'base64').toString().split(':');
  const want = createHmac('sha512', KASSA_MSP_KEY).update(`${timestamp}:${body}`).digest();
  return Math.abs(Date.now() / 1000 - timestamp) < 600 && timingSafeEqual(want, Buffer.from(hex, 'hex'));
}

async function webhook(what, fits) {
  const late = AbortSignal.timeout(20_000);
  for (;;) {
    const found = webhooks.find(fits);
    if (found) return found;
    await once(shop, 'webhook', { signal: late }).catch(() => assert.fail(`no webhook: ${what}; came: ${JSON.stringify(webhooks)}`));
  }
}

const order = (id, more = {}) => ({
  type: 'redirect', order_id: id, gateway: '', currency: 'EUR', amount: '1250', description: 'Test order description',
  payment_options: { notification_url: hook, notification_method: 'POST', close_window: '' }, customer: { locale: 'en_US' },
  second_chance: { send_email: true }, gateway_info: { terminal_id: KASSA_TERMINAL_ID }, ...more,
});

async function until(id, status) {
  for (let tries = 0; tries < 200; tries++) {
    const got = await client.orders.get(id);
    if (got.data?.status === status) return got.data;
    await pause(50);
  }
  assert.fail(`order ${id} does not become ${status}: ${JSON.stringify(await client.orders.get(id))}`);
}

test('an order is paid, and the webhook tells', async () => {
  const id = `node-${run}-1`;
  const made = await client.orders.create(order(id));
  assert.equal(made.success, true, JSON.stringify(made));
  assert.equal(made.data.order_id, id);
  for (const field of ['session_id', 'payment_url', 'events_token', 'events_url', 'events_stream_url']) {
    assert.equal(typeof made.data[field], 'string', field);
  }
  const paid = await until(id, 'completed');
  assert.equal(paid.amount, 1250);
  assert.equal(paid.financial_status, 'completed');
  assert.equal(paid.payment_details.terminal_id, KASSA_TERMINAL_ID);
  assert.equal(paid.payment_details.response_code, '00');
  const told = await webhook('completed', w => w.method === 'POST' && w.query.get('transactionid') === id);
  assert.ok(signed(told), 'the signature is not that of the key');
  assert.deepEqual(JSON.parse(told.body), paid);
});

test('an order id with slashes', async () => {
  const id = `node/${run}/2`;
  const made = await client.orders.create(order(id));
  assert.equal(made.success, true, JSON.stringify(made));
  assert.equal((await until(id, 'completed')).order_id, id);
});

test('a webhook by GET', async () => {
  const id = `node-${run}-3`;
  await client.orders.create(order(id, { payment_options: { notification_url: hook, notification_method: 'GET' } }));
  const told = await webhook('by GET', w => w.method === 'GET' && w.query.get('transactionid') === id);
  assert.equal(told.body, '');
  assert.equal(told.auth, undefined);
  assert.ok(Number(told.query.get('timestamp')) > 1e9);
});

test('refunds, in part and of the rest', async () => {
  const id = `node-${run}-4`;
  await client.orders.create(order(id));
  await until(id, 'completed');
  const part = await client.refunds.create(id, { currency: 'EUR', amount: '8', description: 'Refund' });
  assert.equal(part.success, true, JSON.stringify(part));
  assert.equal(typeof part.data.refund_id, 'number');
  assert.equal(typeof part.data.transaction_id, 'number');
  assert.equal((await until(id, 'partial_refunded')).amount_refunded, 8);
  await webhook('of the refund', w => w.query.get('transactionid') === id && signed(w) && JSON.parse(w.body).status === 'partial_refunded');
  const again = await client.refunds.create(id, { currency: 'EUR', amount: '8' });
  assert.equal(again.error_code, 1034, JSON.stringify(again));
  const more = await client.refunds.create(id, { currency: 'EUR', amount: '9999' });
  assert.equal(more.error_code, 1034, JSON.stringify(more));
  const rest = await client.refunds.create(id, { currency: 'EUR' });
  assert.equal(rest.success, true, JSON.stringify(rest));
  const refunded = await until(id, 'refunded');
  assert.equal(refunded.amount_refunded, 1250);
  assert.deepEqual(refunded.related_transactions.map(t => t.amount), [8, 1242]);
});

test('an order is marked as shipped', async () => {
  const id = `node-${run}-6`;
  await client.orders.create(order(id));
  await until(id, 'completed');
  const updated = await client.orders.update(id, { status: 'shipped', tracktrace_code: '3SKABA000000', carrier: 'Post' });
  assert.equal(updated.success, true, JSON.stringify(updated));
  assert.equal((await until(id, 'shipped')).tracktrace_code, '3SKABA000000');
  const renamed = await client.orders.update(id, { description: 'another' });
  assert.equal(renamed.error_code, 1008, JSON.stringify(renamed));
});

test('a refund by item', async () => {
  const id = `node-${run}-7`;
  const items = [
    { name: 'Coffee', unit_price: '3.00', quantity: '2', merchant_item_id: 'coffee', tax_table_selector: 'none' },
    { name: 'Cake', unit_price: '6.50', quantity: '1', merchant_item_id: 'cake', tax_table_selector: 'none' },
  ];
  const made = await client.orders.create(order(id, {
    shopping_cart: { items }, checkout_options: { tax_tables: { alternate: [{ name: 'none', rules: [{ rate: 0 }] }] } },
  }));
  assert.equal(made.success, true, JSON.stringify(made));
  await until(id, 'completed');
  const back = await client.refunds.create(id, { checkout_data: { items: [...items, { ...items[0], quantity: '-1' }] } });
  assert.equal(back.success, true, JSON.stringify(back));
  assert.equal((await until(id, 'partial_refunded')).amount_refunded, 300);
});

test('errors come as the client shows them', async () => {
  const unknown = await client.orders.get(`node-${run}-none`);
  assert.equal(unknown.error_code, 1006, JSON.stringify(unknown));
  for (const [bad, code] of [[{ amount: '-1' }, 1001], [{ currency: 'USD' }, 1002], [{ gateway_info: { terminal_id: '99999999' } }, 1023], [{ order_id: 'ä' }, 1006]]) {
    const refused = await client.orders.create(order(`node-${run}-bad`, bad));
    assert.equal(refused.error_code, code, JSON.stringify(refused));
    assert.equal(typeof refused.error_info, 'string');
  }
  const stranger = await new Client('no-such-key', { environment: 'test' }).orders.get('x');
  assert.equal(stranger.error_code, 1032, JSON.stringify(stranger));
});

test('gateways and issuers', async () => {
  const list = await client.gateways.get();
  assert.ok(list.data.some(g => g.id === 'VISA'), JSON.stringify(list));
  assert.equal((await client.gateways.get('mastercard')).data.id, 'MASTERCARD');
  assert.equal((await client.gateways.get('none')).error_code, 1023);
  assert.deepEqual((await client.issuers.get()).data, []);
});

test('the events over WebSocket, up to the clean end', async () => {
  const id = `node-${run}-5`;
  const made = await client.orders.create(order(id));
  const socket = new WebSocket(`${made.data.events_url}?token=${made.data.events_token}`);
  const seen = [];
  socket.on('message', text => seen.push(JSON.parse(text)));
  socket.on('open', () => socket.send(JSON.stringify({ id: '0123456789abcdef', type: 'subscribe', channel: 'session.order', filter: {} })));
  const [code] = await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
  assert.equal(code, 1000);
  assert.deepEqual(seen[0], { type: 'ack', replyId: '0123456789abcdef' });
  const last = seen.at(-1);
  assert.equal(last.channel, 'session.order');
  assert.equal(last.payload.status, 'completed');
  assert.equal(last.payload.order_id, id);
});
