// What agents act with, and what acts and nobody answers for: somebody stops trusting a tool and an agent's next question
// waits; a definition changes and is approved; what asked unregistered gets an owner and is decided.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server, gateway;
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];
const digest = (n) => `${n}${n}`.repeat(32);

before(async () => {
  browser = await launch();
  server = await start();
  await command(['person', 'add', 'sam@example.com', '--name', 'Sam Oduya', '--role', 'operator'], data());
  await command(['person', 'add', 'ana@example.com', '--name', 'Ana Ruiz', '--role', 'owner'], data());
  gateway = (await command(['key', 'create', 'edge', '--gateway', '--scope', 'ask', '--scope', 'act'], data())).out.match(/csk_\w+/)[0];
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
const call = async (path, body) => {
  const headers = { authorization: `Bearer ${gateway}`, 'content-type': 'application/json' };
  return (await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};
let amount = 100;
// each question is another one: an approval that waits would be found again
const refund = (name, more = {}) => call('/access/v1/evaluation', {
  subject: { type: 'agent', id: name, properties: more },
  action: { name: 'refund.create', properties: { amount_minor: (amount += 1), currency: 'EUR', customer: 'c' } },
  resource: { type: 'account', id: 'stripe:shop' },
});
const agent = (name) => command(['identity', 'add', name, '--kind', 'agent', '--team', 'support-agents'], data());

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`a tool that is not trusted holds what policy permits, ${how}`, async () => {
    const name = `payer-${script}`;
    await agent(name);
    assert.equal((await refund(name)).decision, true);
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/resources`);
    if (script) await awake(page);
    const add = page.locator('details', { has: page.getByText('Add a resource') });
    if ((await add.getAttribute('open')) === null) await page.getByText('Add a resource').click();
    await page.getByLabel('Kind', { exact: true }).selectOption('tool');
    await page.getByLabel('Trust', { exact: true }).selectOption('untrusted');
    await page.getByLabel('Type', { exact: true }).fill('action');
    await page.getByLabel('Id', { exact: true }).fill('refund.create');
    await page.getByRole('combobox', { name: 'Owner' }).fill('ana@example.com');
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('heading', { level: 1, name: 'action:refund.create' }).waitFor();
    await page.getByText('Each use of it waits for a person, whatever policy permits.').waitFor();
    assert.equal((await refund(name)).decision, false);
    await page.getByLabel('Trust', { exact: true }).selectOption('trusted');
    await page.getByLabel('Data class').fill('payment');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText('Policy decides what may be done with it.').waitFor();
    assert.equal((await refund(name)).decision, true);
    await page.goto(`${server.url}/resources?kind=tool`);
    assert.match(await page.getByRole('row').filter({ hasText: 'action:refund.create' }).innerText(), /Trusted[\s\S]*payment[\s\S]*Ana Ruiz/);
    const csv = await page.request.get(`${server.url}/resources.csv?kind=tool`);
    assert.match(await csv.text(), /"action","refund\.create","tool","trusted"/);
    await page.getByRole('link', { name: 'action:refund.create' }).click();
    await page.getByRole('button', { name: 'Take it out' }).click();
    await page.getByText('It was taken out of the register.').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test(`a changed definition waits until somebody says that it may be used, ${how}`, async () => {
    const name = `caller-${script}`;
    await agent(name);
    await command(['resource', 'set', 'action:refund.create', '--kind', 'tool', '--definition', digest(1), '--owner', 'ana@example.com'], data());
    assert.equal((await refund(name, { tool: digest(1) })).decision, true);
    await call('/v1/activity', { agent: { type: 'agent', id: name }, action: 'refund.create', resource: { type: 'account', id: 'stripe:shop' }, tool: digest(2) });
    assert.equal((await refund(name, { tool: digest(2) })).decision, false);
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/resources?changed=yes`);
    await page.getByRole('link', { name: 'action:refund.create' }).click();
    if (script) await awake(page);
    await page.getByText('Changed: waits for a person').first().waitFor();
    await page.getByRole('button', { name: 'Approve the one that was seen' }).click();
    await page.getByText('This definition may be used from now on.').waitFor();
    await page.getByText('As approved').waitFor();
    assert.equal((await refund(name, { tool: digest(2) })).decision, true);
    await command(['resource', 'remove', 'action:refund.create'], data());
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test(`what asked unregistered gets an owner and is decided, ${how}`, async () => {
    const name = `stranger-${script}`;
    assert.equal((await refund(name)).decision, false);
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/visibility`);
    if (script) await awake(page);
    await page.getByText('What no source shows and what never asks is in none of them.').waitFor();
    const row = page.getByRole('row').filter({ hasText: name });
    assert.match(await row.innerText(), /It asks, unregistered[\s\S]*In \d+ days/i);
    await row.getByText('Register it', { exact: true }).first().click();
    await row.getByLabel('Owner').fill('ana@example.com');
    await row.getByRole('button', { name: 'Register it' }).click();
    await page.getByText('It is registered: policy decides what it asks from now on.').waitFor();
    await page.goto(`${server.url}/visibility`);
    assert.equal(await page.getByText(name).count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('whom one could ask is proposed where an owner has left', async () => {
  await command(['person', 'add', 'gone@example.com', '--name', 'Gone Away', '--role', 'owner'], data());
  await command(['identity', 'add', 'left-behind', '--kind', 'agent', '--team', 'support-agents', '--owner', 'gone@example.com'], data());
  await command(['identity', 'add', 'sibling', '--kind', 'agent', '--team', 'support-agents', '--owner', 'ana@example.com'], data());
  await command(['person', 'set', 'gone@example.com', '--status', 'left'], data());
  const { page, context, troubles } = await signedIn();
  await page.goto(`${server.url}/identities?q=left-behind`);
  await page.getByRole('link', { name: 'left-behind', exact: true }).click();
  await page.getByText('Who has had to do with it, the likeliest first:').waitFor();
  assert.match(await page.locator('#owner').innerText(), /Ana Ruiz owns one of its team/);
  assert.equal(await page.getByRole('combobox', { name: 'Owner', exact: true }).inputValue(), 'ana@example.com');
  assert.deepEqual(troubles, []);
  await context.close();
});

test('the funnel leads to those who got no further', async () => {
  await command(['identity', 'add', 'nobodys', '--kind', 'agent'], data());
  const { page, context, troubles } = await signedIn();
  await page.goto(`${server.url}/visibility`);
  await page.getByRole('link', { name: /^Registered: \d+ without an active owner$/ }).click();
  await page.getByRole('link', { name: 'nobodys', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'sibling', exact: true }).count(), 0, 'somebody answers for that one');
  const csv = await page.request.get(`${server.url}/visibility/funnel.csv`);
  assert.match(await csv.text(), /^"source","environment","kind","furthest_step","identities"\r\n/);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing on resources and visibility, light and dark, wide and narrow', async () => {
  await command(['resource', 'set', 'destination:files.partner.example', '--kind', 'destination', '--trust', 'untrusted'], data());
  await command(['resource', 'set', 'action:case.read', '--kind', 'tool', '--definition', digest(1)], data());
  await refund('somebody-else');
  const { page, context } = await signedIn();
  const state = await context.storageState();
  await page.goto(`${server.url}/resources?kind=tool`);
  const one = await page.getByRole('link', { name: 'action:case.read' }).getAttribute('href');
  await context.close();
  for (const path of ['/resources', one, '/visibility']) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
    const { page: shown, context: own } = await open(browser, { scheme, width, state });
    await shown.goto(server.url + path);
    assert.ok(await shown.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits ${width} px`);
    await own.close();
  }
});
