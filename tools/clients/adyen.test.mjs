// Adyen's own library for Node.js against a running Kassa, changed in nothing but the base URL: version
// 15.1.0, which the example registers pin, and the newest. What the terminal shows, asks and prints is read
// from the virtual terminal itself.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

const { KASSA_URL, KASSA_HTTPS_URL, KASSA_TOKEN, KASSA_ADYEN_KEY, KASSA_ADYEN_MERCHANT, KASSA_POIID } = process.env;
const require = createRequire(import.meta.url);
const v15 = require('adyen-v15');
const newest = require('adyen-new');
const run = Date.now().toString(36).slice(-6);
let serial = 0;
const serviceID = () => `${run}${(++serial).toString(36).padStart(4, '0')}`;

// The addresses of the Cloud Device API are constants of the library; docs/adyen-clients.md has this shim.
class KassaHttpClient {
  constructor(base) {
    this.base = base;
    this.inner = new newest.HttpURLConnectionClient();
  }
  request(endpoint, ...rest) {
    const { pathname, search } = new URL(endpoint);
    return this.inner.request(this.base + pathname + search, ...rest);
  }
}

function config(lib) {
  const c = new lib.Config();
  c.apiKey = KASSA_ADYEN_KEY;
  c.environment = 'TEST';
  c.applicationName = 'kassa-ci';
  return c;
}

function legacy(lib, client) {
  client.config.terminalApiCloudEndpoint = KASSA_HTTPS_URL; // after the constructor, which overwrites it
  return new lib.TerminalCloudAPI(client);
}

const cloudClient = new newest.Client(config(newest), new KassaHttpClient(KASSA_HTTPS_URL));
const devices = new newest.CloudDeviceAPI(cloudClient);
const nexoKey = { identifier: 'ci', passphrase: 'K4ssa-t3st-Passphrase!', version: 1 };
const encrypted = () => devices.getEncryptedCloudDeviceApi({
  adyenCryptoVersion: 1, keyIdentifier: nexoKey.identifier, keyVersion: nexoKey.version, passphrase: nexoKey.passphrase,
});

before(async () => {
  const settings = new newest.ManagementAPI(cloudClient).TerminalSettingsTerminalLevelApi;
  await settings.updateTerminalSettings(KASSA_POIID, { nexo: { encryptionKey: nexoKey } });
});

// Each way to send, with the same two calls.
const ways = {
  'v15.1.0 legacy': legacy(v15, new v15.Client({ config: config(v15) })),
  'newest legacy': legacy(newest, new newest.Client(config(newest))),
  'newest cloud device': {
    sync: m => devices.CloudDeviceApi.sync(KASSA_ADYEN_MERCHANT, KASSA_POIID, m),
    async: async m => (await devices.CloudDeviceApi.async(KASSA_ADYEN_MERCHANT, KASSA_POIID, m)).Result,
  },
  'newest encrypted': {
    sync: m => encrypted().sync(KASSA_ADYEN_MERCHANT, KASSA_POIID, m),
    async: async m => (await encrypted().async(KASSA_ADYEN_MERCHANT, KASSA_POIID, m)).Result,
  },
};

function message(category, body, id = serviceID()) {
  const device = ['Display', 'Input', 'Print'].includes(category);
  return { SaleToPOIRequest: {
    MessageHeader: {
      ProtocolVersion: '3.0', MessageClass: device ? 'Device' : 'Service', MessageCategory: category, MessageType: 'Request',
      SaleID: 'node', ServiceID: id, POIID: KASSA_POIID,
    },
    [`${category}Request`]: body,
  } };
}

const payment = (amount, reference) => ({
  SaleData: { SaleTransactionID: { TransactionID: reference, TimeStamp: new Date().toISOString() } },
  PaymentTransaction: { AmountsReq: { Currency: 'EUR', RequestedAmount: amount } },
});
const referTo = (category, id) => ({ MessageCategory: category, SaleID: 'node', ServiceID: id });

// The virtual terminal.
async function terminal(method, path, body) {
  const response = await fetch(`${KASSA_URL}/sim/terminals/${KASSA_POIID}/${path}`, {
    method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${KASSA_TOKEN}`, 'Content-Type': 'application/json' },
  });
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return text;
}

async function screen(name, also = () => true) {
  let last;
  for (let tries = 0; tries < 600; tries++) {
    last = JSON.parse(await terminal('GET', 'state')).screen;
    if (last.name === name && also(last)) return last;
    await pause(50);
  }
  assert.fail(`the screen never is ${name}: ${JSON.stringify(last)}`);
}

// pay sends a payment and taps a card when the terminal asks for it.
async function pay(way, amount, reference, id) {
  const answer = way.sync(message('Payment', payment(amount, reference), id));
  await screen('presentCard', s => s.amountMinor === Math.round(amount * 100));
  await terminal('POST', 'card', { present: 'tap', card: 'visa' });
  const { SaleToPOIResponse: { MessageHeader, PaymentResponse } } = await answer;
  assert.equal(MessageHeader.ServiceID, id);
  assert.equal(MessageHeader.MessageType, 'Response');
  return PaymentResponse;
}

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: a payment, its status, and its refund`, async () => {
    const id = serviceID();
    const paid = await pay(way, 12.5, `order-${id}`, id);
    assert.equal(paid.Response.Result, 'Success', JSON.stringify(paid));
    assert.equal(paid.PaymentResult.AmountsResp.AuthorizedAmount, 12.5);
    assert.equal(paid.SaleData.SaleTransactionID.TransactionID, `order-${id}`);
    assert.deepEqual(paid.PaymentResult.PaymentInstrumentData.CardData.EntryMode, ['Contactless']);
    const original = paid.POIData.POITransactionID;

    const { SaleToPOIResponse: { TransactionStatusResponse: status } } =
      await way.sync(message('TransactionStatus', { ReceiptReprintFlag: true, DocumentQualifier: ['CashierReceipt'], MessageReference: referTo('Payment', id) }));
    assert.equal(status.Response.Result, 'Success', JSON.stringify(status));
    const repeated = status.RepeatedMessageResponse.RepeatedResponseMessageBody.PaymentResponse;
    assert.equal(repeated.POIData.POITransactionID.TransactionID, original.TransactionID);

    const refund = { OriginalPOITransaction: { POITransactionID: { TransactionID: original.TransactionID, TimeStamp: new Date().toISOString() } },
      ReversalReason: 'MerchantCancel', ReversedAmount: 5, SaleData: { SaleTransactionID: { TransactionID: `refund-${id}`, TimeStamp: new Date().toISOString() }, SaleToAcquirerData: 'currency=EUR' } };
    const { SaleToPOIResponse: { ReversalResponse: reversed } } = await way.sync(message('Reversal', refund));
    assert.equal(reversed.Response.Result, 'Success', JSON.stringify(reversed));
  });

  test(`${name}: a payment that the issuer declines`, async () => {
    const id = serviceID();
    const declined = await pay(way, 41.24, `order-${id}`, id);
    assert.equal(declined.Response.Result, 'Failure', JSON.stringify(declined));
    assert.equal(declined.Response.ErrorCondition, 'Refusal');
    assert.match(decodeURIComponent(declined.Response.AdditionalResponse), /210 Not enough balance/);
    assert.ok(declined.POIData.POITransactionID.TransactionID, 'the example register ends without it');
  });

  test(`${name}: an abort, while a second payment is told what runs`, async () => {
    const id = serviceID();
    const answer = way.sync(message('Payment', payment(7, `order-${id}`), id));
    await screen('presentCard', s => s.amountMinor === 700);
    const { SaleToPOIResponse: { PaymentResponse: second } } = await way.sync(message('Payment', payment(8, 'second')));
    assert.equal(second.Response.ErrorCondition, 'Busy', JSON.stringify(second));
    assert.equal(new URLSearchParams(second.Response.AdditionalResponse).get('serviceId'), id);
    await way.sync(message('Abort', { AbortReason: 'MerchantAbort', MessageReference: referTo('Payment', id) }));
    const { SaleToPOIResponse: { PaymentResponse: aborted } } = await answer;
    assert.equal(aborted.Response.ErrorCondition, 'Aborted', JSON.stringify(aborted));
    await screen('idle');
  });

  test(`${name}: a display`, async () => {
    const { SaleToPOIResponse: { DisplayResponse: shown } } = await way.sync(message('Display', { DisplayOutput: [{ Device: 'CustomerDisplay', InfoQualify: 'Display',
      ResponseRequiredFlag: true, OutputContent: { OutputFormat: 'Text', OutputText: [{ Text: `Hello from ${name}` }] } }] }));
    assert.equal(shown.OutputResult[0].Response.Result, 'Success', JSON.stringify(shown));
    const s = await screen('display');
    assert.ok(JSON.stringify(s).includes(`Hello from ${name}`), JSON.stringify(s));
  });

  test(`${name}: inputs`, async () => {
    const ask = (reference, command, texts, more = {}, menu) => way.sync(message('Input', {
      DisplayOutput: { Device: 'CustomerDisplay', InfoQualify: 'Display', OutputContent: { OutputFormat: 'Text', PredefinedContent: { ReferenceID: reference },
        OutputText: texts.map(Text => ({ Text })) }, ...menu },
      InputData: { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: command, MaxInputTime: 60, ...more },
    }));
    const reply = async (answer, page, given) => {
      const s = await screen('input', s => s.page === page);
      await terminal('POST', 'input', given);
      const { SaleToPOIResponse: { InputResponse: { InputResult: result } } } = await answer;
      assert.equal(result.Response.Result, given.cancel ? 'Failure' : 'Success', JSON.stringify(result));
      return [s, result];
    };
    let [s, result] = await reply(ask('GetConfirmation', 'GetConfirmation', ['Receipt', 'By e-mail?', 'No', 'Yes']), 'confirm', { confirm: true });
    assert.deepEqual([s.title, s.items.map(i => i.label)], ['Receipt', ['No', 'Yes']]);
    assert.equal(result.Input.ConfirmedFlag, true);

    const entries = ['Paper', 'Cloth'].map(Text => ({ OutputFormat: 'Text', OutputText: [{ Text }] }));
    [, result] = await reply(ask('MenuButtons', 'GetMenuEntry', ['Bag', 'Which one?'], {}, { MenuEntry: entries }), 'menu', { entries: [2] });
    assert.deepEqual(result.Input.MenuEntryNumber, [0, 1]);

    [, result] = await reply(ask('GetDigit', 'DigitString', ['Table'], { MinLength: 1, MaxLength: 4 }), 'digits', { digits: '007' });
    assert.equal(result.Input.DigitInput, '007');

    [, result] = await reply(ask('GetText', 'TextString', ['Name'], { MaxLength: 20 }), 'text', { text: 'Ada' });
    assert.equal(result.Input.TextInput, 'Ada');

    [, result] = await reply(ask('GetText', 'TextString', ['Name'], { MaxLength: 20 }), 'text', { cancel: true });
    assert.equal(result.Response.ErrorCondition, 'Cancel');
  });

  test(`${name}: a display that is not awaited`, async () => {
    assert.equal(await way.async(message('Display', { DisplayOutput: [{ Device: 'CustomerDisplay', InfoQualify: 'Display', ResponseRequiredFlag: false,
      OutputContent: { OutputFormat: 'Text', OutputText: [{ Text: `Later, ${name}` }] } }] })), 'ok');
    await screen('display', s => JSON.stringify(s).includes(`Later, ${name}`));
  });
}

test('newest: connected devices, and one of them', async () => {
  const list = await devices.CloudDeviceApi.getConnectedDevices(KASSA_ADYEN_MERCHANT);
  assert.ok(list.uniqueDeviceIds.includes(KASSA_POIID), JSON.stringify(list));
  const one = await devices.CloudDeviceApi.getDeviceStatus(KASSA_ADYEN_MERCHANT, KASSA_POIID);
  assert.deepEqual([one.deviceId, one.status], [KASSA_POIID, 'ONLINE']);
});

test('a wrong key is refused with what the library can say', async () => {
  for (const lib of [v15, newest]) {
    const c = config(lib);
    c.apiKey = 'test_no-such-key';
    const api = legacy(lib, lib === v15 ? new lib.Client({ config: c }) : new lib.Client(c));
    await assert.rejects(api.sync(message('Payment', payment(1, 'x'))), e => e.statusCode === 401);
  }
});
