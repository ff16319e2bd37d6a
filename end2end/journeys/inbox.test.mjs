// The inbox: an agent asks by HTTP, an approver decides in the browser, the agent asks again and is permitted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server, key;
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];

before(async () => {
  browser = await launch();
  server = await start();
  for (const [email, name] of [['ana@example.com', 'Ana Ruiz'], ['bo@example.com', 'Bo Lind']]) {
    await command(['person', 'add', email, '--name', name, '--role', 'approver', '--group', 'finance-ops'], data());
  }
  await command(['person', 'add', 'olga@example.com', '--name', 'Olga Stein', '--role', 'owner'], data());
  await command(['identity', 'add', 'desk-bot', '--kind', 'agent', '--owner', 'olga@example.com', '--team', 'support-agents'], data());
  key = (await command(['key', 'create', 'desk-bot'], data())).out.match(/csk_\w+/)[0];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What the agent is told when it asks to refund so many cents. */
async function ask(cents, customer) {
  const answer = await fetch(`${server.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: 'desk-bot' },
      action: { name: 'refund.create', properties: { amount_minor: cents, currency: 'EUR', customer } },
      resource: { type: 'account', id: 'stripe:test' },
      context: { justification: 'The customer was charged twice.' },
    }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}
async function signedIn(email, options) {
  const opened = await open(browser, options);
  await signIn(opened.page, `${server.url}/sign-in/${await link(email)}`);
  return opened;
}
async function approve(page) {
  await page.getByLabel(/^Reason \(/).selectOption({ label: 'It matches the ticket, order or contract' });
  await page.getByLabel(/^Reason in your words/).fill('Checked against the order of today');
  await page.getByRole('button', { name: /^Approve once/ }).click();
}

for (const script of [true, false]) {
  test(`asked, approved and permitted once, ${script ? 'with script' : 'without script'}`, async () => {
    const customer = `Blum KG ${script}`;
    assert.equal((await ask(120_000, customer)).decision, false);
    const { page, context, troubles } = await signedIn('ana@example.com', { script });
    await page.goto(`${server.url}/inbox`);
    await page.getByRole('link', { name: new RegExp(`Refund 1,200.00 EUR.*${customer}`) }).click();
    await page.getByRole('heading', { level: 1, name: new RegExp(`desk-bot asks to refund 1,200.00 EUR \\(${customer}\\)`) }).waitFor();
    if (script) {
      await awake(page);
      await page.getByText(/Approve opens in \d s/).waitFor();
    } else {
      await approve(page);
      await page.getByRole('alert').getByText(/Look at the card for \d more second/).waitFor();
    }
    await page.waitForTimeout(5_500);
    await approve(page);
    await page.getByText('Approved: the agent may do it once.').waitFor();
    assert.equal((await ask(120_000, customer)).decision, true);
    await page.reload();
    await page.getByText('Approved and used.').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('news arrives by itself and moves nothing; keys lead through the list; Enter never approves', async () => {
  await ask(110_000, 'First GmbH');
  const { page, context, troubles } = await signedIn('bo@example.com');
  await page.goto(`${server.url}/inbox`);
  await awake(page);
  const before_ = await page.locator('[data-row]').count();
  await page.waitForTimeout(1_500);
  await ask(130_000, 'Second GmbH');
  await page.getByText('1 new · show').waitFor({ timeout: 5_000 });
  assert.equal(await page.locator('[data-row]').count(), before_, 'nothing moves under the cursor');
  await page.getByText('1 new · show').click();
  await page.getByRole('link', { name: /Second GmbH/ }).waitFor();
  await awake(page);
  await page.keyboard.press('j');
  await page.waitForURL(/\/inbox\/esc_/);
  await awake(page);
  await page.keyboard.press('a');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-code');
  await page.getByRole('button', { name: /^Approve once/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel(/^Reason in your words/).focus();
  assert.match(page.url(), /\/inbox\/esc_/);
  assert.equal(await page.getByText('Approved: the agent').count(), 0);
  await page.locator('main').focus();
  await page.keyboard.press('u');
  await page.waitForURL(/\/inbox$/);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing on the list and the card', async () => {
  await ask(140_000, 'Third GmbH');
  const { page, context } = await signedIn('ana@example.com');
  const state = await context.storageState();
  await page.goto(`${server.url}/inbox`);
  const card = await page.locator('a.row').first().getAttribute('href');
  for (const path of ['/inbox', '/inbox?view=decided', card]) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
  }
  await context.close();
});
