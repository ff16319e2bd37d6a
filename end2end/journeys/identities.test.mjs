// Identities: an export goes in, its gaps are shown, somebody answers for it, and one person stops it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

const EXPORT = new URL('../../governance/tests/fixtures/aws/authorization-2.json', import.meta.url);
let browser, server, keys;
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];
const key = async (...args) => (await command(['key', 'create', ...args], data())).out.match(/csk_\w+/)[0];

before(async () => {
  browser = await launch();
  server = await start();
  for (const [email, name, role] of [
    ['olga@example.com', 'Olga Stein', 'operator'], ['ana@example.com', 'Ana Ruiz', 'owner'], ['bob@example.com', 'Bob Lind', 'owner'],
  ]) await command(['person', 'add', email, '--name', name, '--role', role], data());
  keys = { import: await key('ci', '--gateway', '--scope', 'import') };
  const account = JSON.parse(await readFile(EXPORT));
  const deploy = account.RoleDetailList.find((role) => role.RoleName === 'deploy');
  deploy.Tags.push({ Key: 'Purpose', Value: 'ships releases' });
  deploy.InstanceProfileList = [{ InstanceProfileName: 'build-hosts' }];
  const answer = await fetch(`${server.url}/v1/imports/aws-iam?file=authorization-2.json`, {
    method: 'POST', headers: { authorization: `Bearer ${keys.import}`, 'content-type': 'application/json' }, body: JSON.stringify(account),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  assert.ok((await answer.json()).summary.identities.new > 0);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(email, options) {
  const opened = await open(browser, options);
  await signIn(opened.page, `${server.url}/sign-in/${await link(email)}`);
  return opened;
}
/** Whether the agent may refund one cent now. */
async function ask(name, task) {
  const answer = await fetch(`${server.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[name]}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: name, properties: task ? { task } : {} }, action: { name: 'refund.create', properties: { amount_minor: 1, currency: 'EUR', customer: 'c' } },
      resource: { type: 'account', id: 'stripe:test' },
    }),
  });
  return (await answer.json()).decision;
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`found in the list, owned, answered for and stopped, ${how}`, async () => {
    const name = `desk-bot-${script}`;
    await command(['identity', 'add', name, '--kind', 'agent', '--team', 'support-agents', '--environment', 'production'], data());
    keys[name] = await key(name);
    assert.equal(await ask(name), true);
    const { page, context, troubles } = await signedIn('olga@example.com', { script });

    await page.goto(`${server.url}/overview`);
    await page.getByRole('link', { name: 'Without an owner' }).click();
    await page.waitForURL(/\/identities\?owner=none$/);
    await page.getByLabel('Search').fill(name);
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL((url) => url.searchParams.get('q') === name && url.searchParams.get('owner') === 'none');
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    if (script) await awake(page);
    await page.getByText('No owner yet').waitFor();
    await page.getByText('Nobody answers for').waitFor();

    await page.getByRole('combobox', { name: 'Owner', exact: true }).fill('ana@example.com');
    await page.getByLabel('Backup owner').fill('bob@example.com');
    await page.getByRole('button', { name: 'Save owners' }).click();
    await page.getByText('Owners saved.').waitFor();
    assert.equal(await page.getByText('Nobody answers for').count(), 0, 'the finding is resolved');

    // a gap leads to the form that mends it
    await page.getByRole('link', { name: 'Say what it is for' }).click();
    await page.getByLabel('Purpose').fill('Refunds small orders');
    await page.getByLabel('Systems').fill('stripe');
    await page.getByRole('button', { name: 'Save scope' }).click();
    await page.getByText('Scope saved.').waitFor();

    const owner = await signedIn('ana@example.com', { script });
    await owner.page.goto(page.url().split('?')[0]);
    await owner.page.getByRole('button', { name: 'Keep as is' }).click();
    await owner.page.getByText('Answer recorded.').waitFor();
    assert.equal(await owner.page.getByText('Never attested').count(), 0);
    assert.deepEqual(owner.troubles, []);
    await owner.context.close();

    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByLabel('Reason (recorded)').fill('It refunds the same order twice');
    await page.getByRole('button', { name: 'Stop it now' }).click();
    await page.waitForURL(/\/revocations\/rev_/);
    await page.getByText('Stopped.', { exact: true }).waitFor();
    assert.equal(await ask(name), false, 'stopped at once');
    await page.getByRole('link', { name: `Record of ${name}` }).click();
    await page.getByText('Whatever it asks is denied.').waitFor();
    await page.getByRole('link', { name: 'just now' }).first().waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

for (const script of [true, false]) {
  test(`what is worst and what is newest comes first, ${script ? 'with script' : 'without script'}`, async () => {
    const name = `a-newcomer-${script}`;
    const { page, context, troubles } = await signedIn('olga@example.com', { script });
    await command(['identity', 'add', name, '--kind', 'agent', '--owner', 'ana@example.com', '--backup', 'bob@example.com'], data());
    const ranks = async () => {
      const words = await page.locator('td[data-label="Findings"]').allInnerTexts();
      return words.map((it) => ['low', 'medium', 'high', 'critical'].findIndex((word) => it.includes(word)));
    };
    await page.goto(`${server.url}/identities?environment=production`);
    await page.getByRole('columnheader').getByRole('link', { name: 'Findings' }).click();
    await page.waitForURL((url) => url.searchParams.get('sort') === 'worst' && url.searchParams.get('environment') === 'production');
    await page.getByRole('columnheader', { name: 'Findings' }).and(page.locator('[aria-sort=descending]')).waitFor();
    const found = await ranks();
    assert.ok(found.length > 1 && found[0] > found.at(-1), `${found}`);
    assert.deepEqual(found, found.toSorted((a, b) => b - a));

    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${server.url}/identities?sort=worst`);
    await page.getByLabel('Sort by').selectOption('Newest first');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL((url) => url.searchParams.get('sort') === 'newest');
    assert.ok((await page.getByRole('rowheader').first().innerText()).startsWith(name), 'registered last, shown first');
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

for (const script of [true, false]) {
  test(`a task is opened, carries what it covers, and ends it when closed, ${script ? 'with script' : 'without script'}`, async () => {
    const name = `task-bot-${script}`;
    await command(['identity', 'add', name, '--kind', 'agent'], data());
    keys[name] = await key(name);
    const { page, context, troubles } = await signedIn('olga@example.com', { script });
    await page.goto(`${server.url}/identities?q=${name}`);
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 2, name: 'Tasks' }).waitFor();
    if (script) await awake(page);
    await page.getByText('Open a task').click();
    await page.getByLabel('Reference').fill(`CRM-${script}`);
    await page.getByLabel('What it is to achieve').fill('Pay back what was charged twice');
    await page.getByLabel('Actions it covers').fill('refund.create');
    await page.getByLabel('Where the ticket is').fill('https://tickets.example/CRM');
    await page.getByRole('button', { name: 'Open the task' }).click();
    await page.getByText('The task is open.').waitFor();
    assert.equal(await ask(name, `CRM-${script}`), true);

    await page.getByText(`Close CRM-${script}`).click();
    await page.getByLabel('Why (recorded)').fill('Paid back');
    await page.getByRole('button', { name: 'Close it now' }).click();
    await page.getByText('The task is closed, and what was allowed for it has ended.').waitFor();
    assert.equal(await ask(name, `CRM-${script}`), false, 'over at once');
    // what is refused says why, and the record stays where it is
    await page.getByText('Open a task').click();
    await page.getByLabel('Reference').fill('CRM-2');
    await page.getByLabel('What it is to achieve').fill(' ');
    await page.getByRole('button', { name: 'Open the task' }).click();
    await page.getByText('purpose: say it in at most 500 characters').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('what else a source says of it is read beside what counts', async () => {
  const { page, context, troubles } = await signedIn('olga@example.com', { script: false });
  await page.goto(`${server.url}/identities?q=deploy`);
  await page.getByRole('link', { name: 'deploy', exact: true }).click();
  const said = page.getByRole('region', { name: 'What sources say' }).first();
  assert.match(await said.innerText(), /Tag purpose\s+–\s+ships releases/);
  assert.match(await said.innerText(), /Instance profile\s+–\s+build-hosts/);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('what an export brought is still live there, with the command that ends it', async () => {
  const { page, context, troubles } = await signedIn('olga@example.com');
  await page.goto(`${server.url}/identities?priv=standing`);
  await page.locator('a.idn-name').first().click();
  await page.getByRole('heading', { name: /^Entitlements/ }).waitFor();
  await page.getByRole('button', { name: 'Stop…' }).click();
  await page.getByLabel('Reason (recorded)').fill('Drill');
  await page.getByRole('button', { name: 'Stop it now' }).click();
  await page.getByText(/Stopped here; \d+ paths? (is|are) still live elsewhere/).waitFor();
  assert.match(await page.locator('main').innerText(), /aws iam (put-role-policy|put-user-policy|update-access-key)/);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('the view is the file', async () => {
  const { page, context } = await signedIn('olga@example.com');
  await page.goto(`${server.url}/identities?kind=service_account`);
  const shown = await page.locator('tbody tr').count();
  const cookie = (await context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
  const href = await page.getByRole('link', { name: 'JSON' }).getAttribute('href');
  const found = await (await fetch(server.url + href, { headers: { cookie } })).json();
  assert.equal(found.items.length, shown);
  await context.close();
});

test('axe finds nothing on the list, a record and a revocation', async () => {
  const { page, context } = await signedIn('olga@example.com');
  const state = await context.storageState();
  await page.goto(`${server.url}/identities?priv=standing`);
  const records = await page.locator('a.idn-name').evaluateAll((links) => links.map((a) => a.getAttribute('href')));
  await page.goto(`${server.url}/identities?state=stopped`);
  await page.locator('a.idn-name').first().click();
  const revocation = await page.getByRole('link', { name: 'What was stopped' }).getAttribute('href');
  await command(['task', 'open', 'CRM-9', '--agent', 'task-bot-true', '--purpose', 'Answer the customer', '--link', 'https://tickets.example/9'], data());
  await page.goto(`${server.url}/identities?q=task-bot-true`);
  const working = await page.locator('a.idn-name').first().getAttribute('href');
  for (const path of ['/identities', records.at(-1), working, revocation]) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
    const { page: one, context: own } = await open(browser, { scheme, width, state });
    await one.goto(server.url + path);
    assert.ok(await one.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits ${width} px`);
    assert.ok(await one.evaluate(() => document.querySelectorAll('*').length) <= 1500, `${path}: nodes`);
    await own.close();
  }
  await context.close();
});
