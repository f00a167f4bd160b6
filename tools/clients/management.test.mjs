// Adyen's own library for Node.js and the Management API of a running Kassa. With KASSA_PHASE=write it
// changes the estate; with read, after a restart, it reads back what it wrote.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { KASSA_HTTPS_URL, KASSA_ADYEN_KEY, KASSA_ADYEN_MERCHANT: merchant, KASSA_POIID: poi, KASSA_PHASE } = process.env;
const { Client, CloudDeviceAPI, Config, HttpURLConnectionClient, ManagementAPI } = createRequire(import.meta.url)('adyen-new');

// The addresses are constants of the library; docs/adyen-clients.md has this shim.
class KassaHttpClient {
  inner = new HttpURLConnectionClient();
  request(endpoint, ...rest) {
    const { pathname, search } = new URL(endpoint);
    return this.inner.request(KASSA_HTTPS_URL + pathname + search, ...rest);
  }
}

const config = new Config();
config.apiKey = KASSA_ADYEN_KEY;
config.environment = 'TEST';
const client = new Client(config, new KassaHttpClient());
const api = new ManagementAPI(client);

const store = {
  description: 'On the quay', shopperStatement: 'Bar Kade', phoneNumber: '+31201234567', reference: 'quay-1',
  address: { country: 'NL', line1: 'Kade 1', city: 'Amsterdam', postalCode: '1012AB' },
};
const settings = {
  gratuities: [{ currency: 'EUR', usePredefinedTipEntries: true, predefinedTipEntries: ['5%', '500'], allowCustomAmount: true }],
  receiptOptions: { headerLine1: 'At the quay', promptBeforePrinting: true },
  storeAndForward: {
    maxAmount: [{ amount: 1000, currencyCode: 'EUR' }], maxPayments: 3,
    supportedCardTypes: { credit: true, debit: true, deferredDebit: false, prepaid: false, unknown: false },
  },
  timeouts: { fromActiveToSleep: 30 },
};
const plain = value => JSON.parse(JSON.stringify(value)); // models to what they hold
const find = async () => (await api.AccountStoreLevelApi.listStores(1, 10, 'quay-1', merchant)).data[0];
const written = KASSA_PHASE === 'read';

test('stores', async () => {
  if (!written) await api.AccountStoreLevelApi.createStoreByMerchantId(merchant, store);
  const { id, status, merchantId, _links, links, ...rest } = plain(await find());
  assert.match(id, /^ST/);
  assert.equal(merchantId, merchant);
  assert.equal(status, 'active');
  assert.deepEqual(rest, { ...store, ...(written && { description: 'At the water' }) });
  if (!written) {
    await api.AccountStoreLevelApi.updateStoreById(id, { description: 'At the water' });
    assert.equal((await api.AccountStoreLevelApi.getStore(merchant, id)).description, 'At the water');
  }
});

test('terminals', async () => {
  const { id } = await find();
  if (!written) await api.TerminalsTerminalLevelApi.reassignTerminal(poi, { storeId: id });
  const page = await api.TerminalsTerminalLevelApi.listTerminals(undefined, undefined, 'NL', merchant, id);
  assert.equal(page.itemsTotal, 1);
  const [terminal] = page.data;
  assert.equal(terminal.id, poi);
  assert.equal(terminal.assignment.storeId, id);
  assert.equal(terminal.assignment.merchantId, merchant);
  assert.ok(['boarded', 'reassignmentInProgress', 'deployed'].includes(terminal.assignment.status), terminal.assignment.status);
});

test('settings', async () => {
  const { id } = await find();
  if (!written) {
    await api.TerminalSettingsStoreLevelApi.updateTerminalSettingsByStoreId(id, settings);
    await api.TerminalSettingsTerminalLevelApi.updateTerminalSettings(poi, { passcodes: { adminMenuPin: '8371' } });
  }
  const all = await api.TerminalSettingsTerminalLevelApi.getTerminalSettings(poi);
  for (const [name, value] of Object.entries(settings)) assert.deepEqual(plain(all[name]), value, name);
  assert.equal(all.passcodes.adminMenuPin, '***');
  const above = await api.TerminalSettingsMerchantLevelApi.getTerminalSettings(merchant);
  assert.equal(above.receiptOptions, undefined);
  const again = await api.TerminalSettingsStoreLevelApi.getTerminalSettings(merchant, 'quay-1');
  assert.equal(again.timeouts.fromActiveToSleep, 30);
});

test('actions', async () => {
  const { companyId } = await api.AccountMerchantLevelApi.getMerchantAccount(merchant);
  if (!written) {
    const scheduled = await api.TerminalActionsTerminalLevelApi.createTerminalAction({
      actionDetails: { type: 'InstallAndroidApp', appId: 'ANDA1' }, terminalIds: [poi], scheduledAt: '', storeId: (await find()).id,
    });
    assert.equal(scheduled.totalScheduled, 1);
    assert.equal(scheduled.items[0].terminalId, poi);
  }
  const { data } = await api.TerminalActionsCompanyLevelApi.listTerminalActions(companyId);
  assert.equal(data.length, 1);
  const one = await api.TerminalActionsCompanyLevelApi.getTerminalAction(companyId, data[0].id);
  assert.equal(one.status, 'failed');
  assert.match(one.result, /distributes no/);
  assert.equal(JSON.parse(one.config).appId, 'ANDA1');
});

test('webhooks', async () => {
  const hooks = api.WebhooksMerchantLevelApi;
  if (!written) {
    const made = await hooks.setUpWebhook(merchant, {
      type: 'standard', url: 'http://127.0.0.1:9/ci', active: true, communicationFormat: 'json', username: 'ci', password: 'hunter2',
      additionalSettings: { properties: { includePosDetails: true } },
    });
    const { hmacKey } = await hooks.generateHmacKey(merchant, made.id);
    assert.match(hmacKey, /^[0-9A-F]{64}$/i);
    const { data } = await hooks.testWebhook(merchant, made.id, { types: ['AUTHORISATION'] });
    assert.equal(data[0].status, 'failed'); // nothing listens there
    await hooks.updateWebhook(merchant, made.id, { active: false });
    const gone = await hooks.setUpWebhook(merchant, { type: 'standard', url: 'http://127.0.0.1:9/gone', active: true, communicationFormat: 'json' });
    await hooks.removeWebhook(merchant, gone.id);
  }
  const { data } = await hooks.listAllWebhooks(merchant);
  assert.equal(data.length, 1);
  const hook = await hooks.getWebhook(merchant, data[0].id);
  assert.equal(hook.url, 'http://127.0.0.1:9/ci');
  assert.equal(hook.active, false);
  assert.equal(hook.hasPassword, true);
  assert.equal(hook.hmacKeyCheckValue.length, 6);
  assert.deepEqual(plain(hook.additionalSettings.properties), { includePosDetails: true });
});

test('credentials', async () => {
  const credentials = api.APICredentialsMerchantLevelApi;
  const mine = async () => (await credentials.listApiCredentials(merchant, 1, 100)).data.filter(c => c.description === 'ci');
  if (!written) {
    const made = await credentials.createApiCredential(merchant, { roles: ['Management API—Terminal actions read'], description: 'ci' });
    const { apiKey } = await api.APIKeyMerchantLevelApi.generateNewApiKey(merchant, made.id);
    const narrow = new Config();
    narrow.apiKey = apiKey;
    narrow.environment = 'TEST';
    const its = new ManagementAPI(new Client(narrow, new KassaHttpClient()));
    assert.equal((await its.MyAPICredentialApi.getApiCredentialDetails()).id, made.id);
    assert.equal((await its.TerminalsTerminalLevelApi.listTerminals()).data.length > 0, true);
    await assert.rejects(its.AccountStoreLevelApi.createStoreByMerchantId(merchant, store), e => e.statusCode === 403 && e.errorCode === '00_403');
  }
  const [found, ...more] = await mine();
  assert.equal(more.length, 0);
  assert.deepEqual(plain(found.roles), ['Management API—Terminal actions read']);
  assert.equal(found.active, true);
  assert.equal(found.apiKey, undefined);
});

test('devices', async () => {
  const devices = new CloudDeviceAPI(client).CloudDeviceApi;
  for (;;) { // until the terminal has come back to a cloud that was restarted
    const { uniqueDeviceIds } = await devices.getConnectedDevices(merchant, (await find()).id);
    if (uniqueDeviceIds.length > 0) {
      assert.deepEqual(uniqueDeviceIds, [poi]);
      break;
    }
  }
  assert.equal((await devices.getDeviceStatus(merchant, poi)).status, 'ONLINE');
});

test('errors', async () => {
  const refused = (status, code) => e => e.statusCode === status && e.errorCode === code && !/undefined/.test(e.message);
  await assert.rejects(api.AccountStoreLevelApi.getStoreById('ST9'), refused(403, '00_403'));
  await assert.rejects(api.AccountStoreLevelApi.createStore({ description: 'x' }), refused(422, '00_422'));
  await assert.rejects(api.TerminalActionsTerminalLevelApi.createTerminalAction({ actionDetails: { type: 'ReleaseUpdate' }, terminalIds: [] }),
    refused(422, '02_005'));
});
