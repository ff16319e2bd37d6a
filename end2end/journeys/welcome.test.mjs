// The first minutes: the demo made, looked around, decided in and deleted; an inventory brought; an agent connected.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { launch, open, signIn } from '../helpers/browser.mjs';
import { start } from '../helpers/server.mjs';

let browser, server, admin;
before(async () => {
  browser = await launch();
  server = await start();
  const { page, context } = await open(browser);
  admin = await signIn(page, server.link);
  assert.match(page.url(), /\/welcome$/, 'a first visitor starts at the doors');
  await context.close();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const EXPORT = JSON.stringify({
  IsTruncated: false, GroupDetailList: [], RoleDetailList: [], Policies: [],
  UserDetailList: [{
    Path: '/', UserName: 'ci-upload', UserId: 'AIDAEXAMPLE1', Arn: 'arn:aws:iam::111122223333:user/ci-upload',
    CreateDate: '2025-02-01T08:00:00+00:00', GroupList: [], AttachedManagedPolicies: [], Tags: [],
  }],
});

/** Goes into the demo, making it first where there is none. */
async function lookAround(page, script) {
  await page.goto(`${server.url}/welcome`);
  await page.getByRole('button', { name: /^(Look around|Open the demo)$/ }).first().click();
  if (script) {
    await page.waitForURL(/\/demo\/welcome$/, { timeout: 120_000 });
    return;
  }
  for (let n = 0; n < 120 && !page.url().includes('/demo/'); n += 1) {
    const ready = page.getByRole('button', { name: 'Open the demo' });
    if (await ready.isVisible()) await ready.click();
    else { await page.waitForTimeout(1_000); await page.getByRole('link', { name: 'How far is it?' }).click(); }
  }
  assert.match(page.url(), /\/demo\/welcome$/);
}

/** What the agent is told: the call is the one the page shows. */
async function call(base, key, agent, cents) {
  const answer = await fetch(`${base}/access/v1/evaluation`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: agent },
      action: { name: 'refund.create', properties: { amount_minor: cents, currency: 'EUR' } },
      resource: { type: 'account', id: 'stripe:test' }, context: { justification: 'Try it' },
    }),
  });
  // a refused key is told so in words
  return { status: answer.status, ...(answer.ok ? await answer.json() : {}) };
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`the demo: made, entered, decided in, left and deleted, ${how}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    await lookAround(page, script);
    await page.getByText('Nothing here reaches a real system.').waitFor();
    await page.getByRole('link', { name: 'Open the Inbox' }).click();
    assert.match(page.url(), /\/demo\/inbox$/);
    // the one that lies says so under its headline
    await page.getByRole('link', { name: /billing/ }).first().click();
    await page.getByText(/refuted/i).first().waitFor();
    await page.getByRole('button', { name: /^Deny/ }).click();
    await page.getByText(/^Denied/).first().waitFor();
    // another of its people
    await page.getByLabel('Act as').selectOption({ label: 'Priya Nair · decides on data' });
    await page.getByRole('button', { name: 'Switch' }).click();
    await page.getByText('priya.nair@northwind.example').first().waitFor({ state: 'attached' });
    await page.getByRole('link', { name: 'Leave the demo' }).click();
    assert.match(page.url(), /\/welcome$/);
    assert.equal(await page.getByText('Nothing here reaches a real system.').count(), 0);
    await page.getByRole('button', { name: 'Delete it…' }).click();
    await page.getByRole('button', { name: 'Delete the demo' }).click();
    await page.getByRole('button', { name: 'Look around' }).waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test(`an export is shown, then imported, ${how}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    await page.goto(`${server.url}/welcome`);
    await page.getByRole('link', { name: 'Choose files' }).click();
    const form = page.getByRole('region', { name: 'AWS IAM' }).or(page.locator('section', { has: page.getByRole('heading', { name: 'AWS IAM' }) }));
    await form.first().getByLabel('Files').setInputFiles({
      name: 'details.json', mimeType: 'application/json', buffer: Buffer.from(
        // another account each time: of one that is known, an export may not take everything away
        EXPORT.replaceAll('ci-upload', `ci-upload-${script}`).replaceAll('111122223333', script ? '111122223333' : '444455556666'),
      ),
    });
    await form.first().getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText(`user/ci-upload-${script}`).first().waitFor();
    await page.getByRole('button', { name: /^Import/ }).click();
    await page.getByText('Imported.').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

for (const script of [true, false]) {
  test(`an organization of GitHub is brought as the folder of its answers, ${script ? 'with script' : 'without script'}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    const folder = await mkdtemp(join(tmpdir(), 'answers-'));
    const settings = join(folder, `repos/acme/shop-${script}/actions/permissions`);
    await mkdir(settings, { recursive: true });
    await writeFile(join(settings, 'workflow.json'), '{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": false}');
    await page.goto(`${server.url}/welcome/inventory`);
    const form = page.locator('section', { has: page.getByRole('heading', { name: 'GitHub' }) }).first();
    await form.getByLabel('Folder').setInputFiles(folder);
    await form.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText(`repos/acme/shop-${script}/actions`).first().waitFor();
    await page.getByRole('button', { name: /^Import/ }).click();
    await page.getByText('Imported.').waitFor();
    assert.deepEqual(troubles, []);
    await rm(folder, { recursive: true });
    await context.close();
  });
}

for (const script of [true, false]) {
  test(`a list of one's own is mapped, shown, imported, and remembered, ${script ? 'with script' : 'without script'}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    const send = async (header) => {
      await page.goto(`${server.url}/welcome/inventory`);
      const form = page.locator('section', { has: page.getByRole('heading', { name: 'A list of your own (CSV)' }) }).first();
      await form.getByLabel('Name of the list').fill(`HR list ${script}`);
      await form.getByLabel('File').setInputFiles({
        name: 'hr.csv', mimeType: 'text/csv', buffer: Buffer.from(`${header}\nsvc-hr-${script},ana@example.com,reader\n`),
      });
      await form.getByRole('button', { name: 'Show the difference' }).click();
    };
    await send('Login of it,Owner,Role');
    await page.getByRole('heading', { name: `What the columns of HR list ${script} mean` }).waitFor();
    assert.equal(await page.getByLabel('What Owner means').inputValue(), 'owner', 'the guess stands chosen');
    await page.getByLabel('What Login of it means').selectOption('name');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText(`svc-hr-${script}`).first().waitFor();
    const here = page.url();
    for (const scheme of THEMES) for (const width of WIDTHS) {
      const path = `${new URL(here).pathname}${new URL(here).search}&columns=1`;
      const state = await context.storageState();
      assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${scheme}, ${width} px`);
    }
    await page.getByRole('link', { name: 'Change the columns' }).click();
    assert.equal(await page.getByLabel('What Login of it means').inputValue(), 'name');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByRole('button', { name: /^Import/ }).click();
    await page.getByText('Imported.').waitFor();
    await send('Login of it,Owner,Role');
    await page.getByText('Nothing would change').first().waitFor();
    await send('Login of it,Owner,Permission');
    await page.getByText('New: Permission. Gone: Role.').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

for (const script of [true, false]) {
  test(`an agent is connected in the demo, ${script ? 'with script' : 'without script'}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    await lookAround(page, script);
    await page.getByRole('link', { name: 'Make a key' }).click();
    await page.getByRole('button', { name: 'Make an agent and its key' }).click();
    const text = await page.locator('.steps').textContent();
    const key = (await page.locator('code', { hasText: 'export KEY=' }).textContent()).split('=')[1].trim();
    const agent = text.match(/"id": "(my-first-agent[-\d]*)"/)[1];
    const base = text.match(/(http:\/\/[^/]+\/demo)\/access/)[1];
    const seen = async (words) => {
      if (!script) await page.getByRole('link', { name: 'See what arrived' }).click();
      await page.getByText(words).first().waitFor();
    };
    assert.equal((await call(base, key, agent, 4_820)).decision, true);
    await seen('It arrived');
    assert.equal((await call(server.url, key, agent, 4_820)).status, 401, 'the real one knows no demo key');
    assert.equal((await call(base, key, agent, 482_000)).decision, false);
    await seen('The card is pending');
    const here = page.url();
    await page.getByRole('link', { name: 'Open it in the Inbox' }).click();
    await page.waitForTimeout(5_500);
    await page.getByLabel(/^Reason \(/).selectOption({ label: 'It is planned work' });
    await page.getByLabel(/^Reason in your words/).fill('I am trying the demo out');
    await page.getByRole('button', { name: /^Approve once/ }).click();
    await page.getByText('Approved: the agent may do it once.').waitFor();
    const permitted = await call(base, key, agent, 482_000);
    assert.equal(permitted.decision, true);
    await page.goto(here);
    await seen('because a person approved it');
    const grant = (await page.locator('code', { hasText: '/redeem' }).textContent()).match(/grt_\w+/)[0];
    const redeemed = await fetch(`${base}/v1/grants/${grant}/redeem`, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    assert.equal(redeemed.status, 200);
    await seen('consumed');
    await page.getByRole('button', { name: 'Revoke the agent' }).click();
    await page.getByText('Revoked. Send a call once more').waitFor();
    assert.equal((await call(base, key, agent, 4_820)).decision, false);
    await seen('The next question was denied: revoked.');
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('axe finds nothing on the Welcome pages and in the demo', async () => {
  const { page, context } = await open(browser, { state: admin });
  await lookAround(page, true);
  const state = await context.storageState();
  const paths = ['/welcome', '/welcome/inventory', '/welcome/agent', '/demo/welcome', '/demo/welcome/agent', '/demo/inbox', '/demo/overview', '/demo/activity', '/demo/identities', '/demo/evidence', '/demo/sign-in'];
  for (const path of paths) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path}, ${scheme}, ${width} px`);
  }
  await context.close();
});
