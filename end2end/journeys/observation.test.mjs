// UC-23 in the browser: somebody looks at what enforcing an observed agent would hold back, and enforces it in one step with a
// boundary from its use. Beside it: who acted through whom, and one run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server, gateway;
const keys = {};
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];
const key = async (...args) => (await command(['key', 'create', ...args], data())).out.match(/csk_\w+/)[0];

before(async () => {
  browser = await launch();
  server = await start();
  await command(['person', 'add', 'sam@example.com', '--name', 'Sam Oduya', '--role', 'operator', '--role', 'auditor'], data());
  gateway = await key('edge', '--gateway', '--scope', 'ask', '--scope', 'act');
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(options) {
  const opened = await open(browser, options);
  await signIn(opened.page, `${server.url}/sign-in/${await link('sam@example.com')}`);
  return opened;
}
async function ask(secret, name, action, input, more = {}, resource = { type: 'account', id: 'stripe:shop' }) {
  const body = JSON.stringify({ subject: { type: 'agent', id: name, properties: more }, action: { name: action, properties: input }, resource });
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  return (await fetch(`${server.url}/access/v1/evaluation`, { method: 'POST', headers, body })).json();
}
const refund = (name, amount, secret = keys[name], more) => ask(secret, name, 'refund.create', { amount_minor: amount, currency: 'EUR', customer: 'c' }, more);

// An agent that is observed: twenty small refunds, one above the threshold, one of which no rule knows.
async function observed(name) {
  await command(['identity', 'add', name, '--kind', 'agent', '--team', 'support-agents', '--mode', 'observe'], data());
  keys[name] = await key(name);
  for (let n = 0; n < 20; n += 1) assert.equal((await refund(name, 100 + n)).decision, true);
  assert.equal((await refund(name, 60_000)).decision, true);
  assert.equal((await ask(keys[name], name, 'pull_request.merge', {}, {}, { type: 'repository', id: 'shop' })).decision, true);
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`UC-23: an observed agent is looked at and enforced in one step, ${how}`, async () => {
    const name = `observed-${script}`;
    await observed(name);
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/identities?q=${name}`);
    await page.getByRole('link', { name, exact: true }).click();
    if (script) await awake(page);
    await page.getByRole('link', { name: 'What enforcing it would hold back, and a boundary from its use' }).click();
    await page.getByRole('heading', { level: 1, name: `What enforcing ${name} would change` }).waitFor();
    await page.getByText('Of 22 questions in 14 days it would hold back 2.').waitFor();
    const held = page.getByRole('table', { name: 'What enforcing would hold back' });
    assert.match(await held.getByRole('row').filter({ hasText: 'refund.create' }).innerText(), /Escalate[\s\S]*refund-over-500/);
    assert.match(await held.getByRole('row').filter({ hasText: 'pull_request.merge' }).innerText(), /Deny/);
    const drafted = page.getByRole('table', { name: 'The boundary' }).getByRole('row');
    assert.match(await drafted.filter({ hasText: 'Tools' }).innerText(), /refund\.create/);
    await page.getByText('The rule for refund.create').click();
    await page.getByText(`principal == Agent::"${name}"`).waitFor();
    await page.getByRole('button', { name: 'Enforce from now on' }).click();
    await page.getByText('It is enforced from now on.').waitFor();
    await page.getByText('refund.create a day', { exact: true }).waitFor();
    assert.equal((await refund(name, 60_001)).decision, false);
    assert.equal((await refund(name, 150)).decision, true);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('who acted through whom is drawn and listed, and leads to a run', async () => {
  for (const name of ['planner', 'writer']) {
    await command(['identity', 'add', name, '--kind', 'agent', '--team', 'support-agents'], data());
  }
  const chain = { act: ['planner'], on_behalf_of: 'sam@example.com', run: 'nightly <b>', initiator: 'schedule' };
  await refund('writer', 100, gateway, chain);
  await refund('planner', 100, gateway, { run: 'nightly <b>' });
  for (const script of [true, false]) {
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/handoffs`);
    await page.getByRole('img', { name: /2 pairs handed 2 questions on, 1 of them from a person/ }).waitFor();
    const rows = page.getByRole('table', { name: 'Hand-offs' }).getByRole('row');
    assert.match(await rows.filter({ hasText: 'Sam Oduya (person)' }).innerText(), /planner/);
    assert.match(await rows.filter({ hasText: 'writer' }).innerText(), /planner/);
    await page.getByRole('link', { name: 'nightly <b>' }).click();
    await page.getByRole('heading', { level: 1, name: 'Run nightly <b>' }).waitFor();
    await page.getByText('writer asked for refund.create on account stripe:shop, handed on by planner').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  }
});

test('the table of hand-offs is CSV and JSON, and nonsense is refused', async () => {
  const { page, context } = await signedIn({});
  const csv = await page.request.get(`${server.url}/handoffs.csv?days=30`);
  assert.equal(csv.status(), 200);
  assert.match(await csv.text(), /^"from_kind","from","to","permits","escalates","denies","last_at"\r\n/);
  const json = await (await page.request.get(`${server.url}/handoffs.json`)).json();
  assert.equal(json.items[0].to.name.length > 0, true);
  await page.goto(`${server.url}/handoffs?days=0`);
  await page.getByText('days: 1 to 90').waitFor();
  await context.close();
});

test('axe finds nothing on an observation, the hand-offs and a run', async () => {
  await observed('axe-observed');
  const { page, context } = await signedIn();
  const state = await context.storageState();
  await page.goto(`${server.url}/identities?q=axe-observed`);
  const record = await page.getByRole('link', { name: 'axe-observed', exact: true }).getAttribute('href');
  await page.goto(`${server.url}/handoffs`);
  const run = await page.getByRole('link', { name: 'nightly <b>' }).getAttribute('href');
  await context.close();
  for (const path of [`${record}/observation`, '/handoffs', run]) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
    const { page: one, context: own } = await open(browser, { scheme, width, state });
    await one.goto(server.url + path);
    assert.ok(await one.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits ${width} px`);
    assert.ok(await one.evaluate(() => document.querySelectorAll('*').length) <= 1500, `${path}: nodes`);
    await own.close();
  }
});
