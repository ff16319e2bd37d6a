// Containment: the security admin watches an agent being misused and stops it; its owner sees what was narrowed, and two people
// undo it.
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
  for (const [email, name, ...roles] of [
    ['sam@example.com', 'Sam Oduya', 'operator'], ['olga@example.com', 'Olga Stein', 'operator'], ['ana@example.com', 'Ana Ruiz', 'owner'],
    ['bo@example.com', 'Bo Lind', 'approver'],
  ]) await command(['person', 'add', email, '--name', name, ...roles.flatMap((role) => ['--role', role])], data());
  gateway = await key('edge', '--gateway', '--scope', 'act');
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
async function agent(name) {
  await command(['identity', 'add', name, '--kind', 'agent', '--team', 'support-agents', '--owner', 'ana@example.com'], data());
  keys[name] = await key(name);
}
async function post(path, secret, body, type = 'application/json') {
  const answer = await fetch(server.url + path, { method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': type }, body });
  return answer.json();
}
const ask = (name, action, properties) => post('/access/v1/evaluation', keys[name], JSON.stringify({
  subject: { type: 'agent', id: name }, action: { name: action, properties }, resource: { type: 'account', id: 'stripe:test' },
}));
const refund = (name) => ask(name, 'refund.create', { amount_minor: 1, currency: 'EUR', customer: 'c' });
const saw = (name, action) => post('/v1/activity', gateway, `${JSON.stringify({
  agent: { type: 'agent', id: name }, action, resource: { type: 'account', id: 'stripe:test' }, destination: 'paste.example',
})}\n`, 'application/x-ndjson');

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`UC-12: somebody watches a hijacked agent and stops it, and two people undo it, ${how}`, async () => {
    const name = `hijacked-${script}`;
    await agent(name);
    assert.equal((await refund(name)).decision, true);
    assert.equal((await ask(name, 'record.export', { records: 100000, destination: 'paste.example' })).decision, false);
    const noted = await saw(name, 'record.export');
    assert.ok(noted.findings.length > 0, JSON.stringify(noted));

    const { page, context, troubles } = await signedIn('sam@example.com', { script });
    await page.goto(`${server.url}/containment`);
    await page.getByRole('heading', { name: 'What rules would have done' }).waitFor();
    await page.getByRole('table', { name: 'What rules would have done' }).getByRole('link', { name, exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    if (script) await awake(page);
    await page.getByRole('heading', { name: /^Findings/ }).waitFor();
    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByLabel('Reason (recorded)').fill('it follows what a customer wrote');
    await page.getByRole('button', { name: 'Stop it now' }).click();
    await page.getByRole('heading', { level: 1, name: `Revocation of ${name}` }).waitFor();
    const after = await refund(name);
    assert.deepEqual([after.decision, after.context.reason], [false, 'revoked']);

    // undoing it: one person is not enough, and cannot be both
    await page.getByLabel('What you found (recorded)').fill('the text is out of its prompt');
    await page.getByRole('button', { name: 'It may act again' }).click();
    await page.getByText(/Sam Oduya said .* that it may be undone. It takes a second person./).waitFor();
    assert.equal(await page.getByRole('button', { name: 'It may act again' }).count(), 0);
    assert.equal((await refund(name)).decision, false);
    const address = page.url();
    assert.deepEqual(troubles, []);
    await context.close();
    const second = await signedIn('olga@example.com', { script });
    await second.page.goto(`${server.url}/containment`);
    await second.page.getByText('Waits for a second person').waitFor();
    await second.page.goto(address);
    await second.page.getByLabel('What you found (recorded)').fill('looked at it with Sam');
    await second.page.getByRole('button', { name: 'It may act again' }).click();
    await second.page.getByText('This revocation was undone.').waitFor();
    await second.page.getByText('Sam Oduya and Olga Stein').waitFor();
    assert.equal((await refund(name)).decision, true);
    assert.deepEqual(second.troubles, []);
    await second.context.close();
  });

  test(`UC-04: a rule narrows what acts oddly, its owner sees it, and two people undo it, ${how}`, async () => {
    const name = `odd-${script}`;
    await agent(name);
    const sam = await signedIn('sam@example.com', { script });
    await sam.page.goto(`${server.url}/containment`);
    if (script) await awake(sam.page);
    await sam.page.getByText('Change executed without a decision').click();
    const row = sam.page.getByRole('row').filter({ hasText: 'Executed without a decision' });
    await row.getByLabel('It', { exact: true }).selectOption('on');
    await row.getByLabel('What it does').selectOption('narrow');
    await row.getByRole('button', { name: 'Set the rule' }).click();
    await sam.page.getByText('The rule is set.').waitFor();

    assert.equal((await refund(name)).decision, true);
    const noted = await saw(name, 'payout.create');
    assert.deepEqual(noted.contained.map((c) => [c.measure, c.state]), [['narrow', 'active']]);
    const waits = await refund(name);
    assert.deepEqual([waits.decision, waits.context.reason], [false, 'approval_required']);

    const ana = await signedIn('ana@example.com', { script });
    await ana.page.goto(`${server.url}/identities`);
    await ana.page.getByRole('link', { name, exact: true }).click();
    await ana.page.getByText('Narrowed just now by a rule.').waitFor();
    await ana.page.getByRole('link', { name: 'Look, and undo it' }).click();
    await ana.page.getByRole('heading', { name: 'Held by rules' }).waitFor();
    await ana.page.getByText(`Undo for ${name}`).click();
    const held = ana.page.getByRole('row').filter({ hasText: name });
    await held.getByLabel('What you found (recorded)').fill('an old job; it asks from now on');
    await held.getByRole('button', { name: 'It may act again' }).click();
    await ana.page.getByText('It takes a second person within 24 hours.').waitFor();
    assert.equal((await refund(name)).decision, false);

    await sam.page.goto(`${server.url}/containment`);
    await sam.page.getByText(`Undo for ${name}`).click();
    const again = sam.page.getByRole('row').filter({ hasText: name });
    await again.getByLabel('What you found (recorded)').fill('as Ana says');
    await again.getByRole('button', { name: 'It may act again' }).click();
    await sam.page.getByText('Undone.', { exact: false }).first().waitFor();
    assert.equal((await refund(name)).decision, true);

    // the finding stays until somebody says what it was
    await sam.page.goto(`${server.url}/identities`);
    await sam.page.getByRole('link', { name, exact: true }).click();
    await sam.page.getByText('Close: executed without a decision').click();
    await sam.page.getByLabel('What you found (recorded)').first().fill('an old job');
    await sam.page.getByRole('button', { name: 'Close it' }).first().click();
    await sam.page.getByText('The finding is closed.').waitFor();
    assert.deepEqual([...ana.troubles, ...sam.troubles], []);
    await ana.context.close();
    await sam.context.close();
  });

  test(`a grant is seen and taken back, ${how}`, async () => {
    const name = `holder-${script}`;
    await agent(name);
    await command(['action', 'set', 'refund.create', '--fact', 'moves-money'], data());
    const permit = await refund(name);
    const grant = permit.context.grant.id;
    await command(['action', 'set', 'refund.create', '--fact', 'none'], data());
    const { page, context, troubles } = await signedIn('sam@example.com', { script });
    await page.goto(`${server.url}/grants`);
    if (script) await awake(page);
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByRole('link', { name: 'Active' }).click();
    await page.getByRole('heading', { level: 1, name: `Grant of ${name}` }).waitFor();
    await page.getByLabel('Why (recorded)').fill('wrong account');
    await page.getByRole('button', { name: 'Take it back now' }).click();
    await page.getByText('Taken back').first().waitFor();
    const spent = await fetch(`${server.url}/v1/grants/${grant}/redeem`, { method: 'POST', headers: { authorization: `Bearer ${keys[name]}` } });
    assert.equal(spent.status, 409);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('one action is stopped for everybody, and refused input says why', async () => {
  await agent('stopped-tool');
  const { page, context, troubles } = await signedIn('sam@example.com', {});
  await page.goto(`${server.url}/containment`);
  await awake(page);
  await page.getByText('Stop more than one identity').click();
  await page.getByLabel('What', { exact: true }).selectOption('owner');
  await page.getByLabel('Which').fill('nobody@example.com');
  await page.getByLabel('Why (recorded)').fill('a test');
  await page.getByRole('button', { name: 'Stop it now' }).click();
  await page.getByText('Nothing was changed.').waitFor();
  await page.getByText('Stop more than one identity').click();
  await page.getByLabel('What', { exact: true }).selectOption('tool');
  await page.getByLabel('Which').fill('refund.create');
  await page.getByLabel('Why (recorded)').fill('the provider is down');
  await page.getByRole('button', { name: 'Stop it now' }).click();
  await page.getByRole('heading', { level: 1, name: /Revocation of/ }).waitFor();
  assert.equal((await refund('stopped-tool')).context.reason, 'revoked');
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing on containment, the grants and one of them', async () => {
  await agent('axe-bot');
  await saw('axe-bot', 'payout.create');
  const { page, context } = await signedIn('sam@example.com');
  const state = await context.storageState();
  await page.goto(`${server.url}/grants?state=all`);
  const grant = await page.getByRole('row').nth(1).getByRole('link').first().getAttribute('href');
  await context.close();
  for (const path of ['/containment', '/grants?state=all', grant]) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
    const { page: one, context: own } = await open(browser, { scheme, width, state });
    await one.goto(server.url + path);
    assert.ok(await one.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits ${width} px`);
    assert.ok(await one.evaluate(() => document.querySelectorAll('*').length) <= 1500, `${path}: nodes`);
    await own.close();
  }
});
