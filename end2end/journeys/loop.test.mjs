// The whole of it, on real parts: an export comes in, its gap is mended, an agent asks above its limit, a person decides, the
// agent goes on and says what it did, it is stopped and denied, and the record of all that is verified by a stranger.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start, witnessed } from '../helpers/server.mjs';

const EXPORT = new URL('../../governance/tests/fixtures/aws/authorization-2.json', import.meta.url);
let browser, folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(path.join(tmpdir(), 'countersign-loop-'));
});
after(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

for (const script of [true, false]) {
  test(`from an export to a verified pack, ${script ? 'with script' : 'without script'}`, async () => {
    const server = await start();
    const data = { data: server.data };
    const troubles = [];
    try {
      const enter = async (email, link) => {
        const opened = await open(browser, { script });
        await signIn(opened.page, link ?? `${server.url}/sign-in/${(await command(['person', 'link', email], data)).out.match(/\/sign-in\/(\S+)/)[1]}`);
        return opened;
      };
      const leave = async ({ context, troubles: own }) => { troubles.push(...own); await context.close(); };
      const send = async (key, method, at, body) => {
        const answer = await fetch(server.url + at, {
          method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body),
        });
        const said = await answer.json();
        assert.ok(answer.ok, `${at}: ${answer.status} ${JSON.stringify(said)}`);
        return said;
      };
      for (const [email, name, ...more] of [
        ['ana@example.com', 'Ana Ruiz', '--role', 'approver', '--group', 'finance-ops'],
        ['cai@example.com', 'Cai Holm', '--role', 'approver', '--group', 'finance-ops'],
        ['olga@example.com', 'Olga Stein', '--role', 'owner'], ['bob@example.com', 'Bob Lind', '--role', 'owner'],
        ['aud@example.com', 'Aud Berg', '--role', 'auditor'],
      ]) await command(['person', 'add', email, '--name', name, ...more], data);
      const newKey = async (...args) => (await command(['key', 'create', ...args], data)).out.match(/csk_\w+/)[0];

      // an inventory comes in; what it lacks is a finding
      const ci = await newKey('ci', '--gateway', '--scope', 'import,read');
      const diff = await send(ci, 'POST', '/v1/imports/aws-iam?file=authorization-2.json', await readFile(EXPORT, 'utf8'));
      assert.ok(diff.summary.identities.new > 0);
      await command(['identity', 'add', 'desk-bot', '--kind', 'agent', '--team', 'support-agents', '--environment', 'production'], data);
      const missing = await send(ci, 'GET', '/v1/findings?rule=no_owner');
      assert.ok(missing.items.some((f) => JSON.stringify(f).includes('desk-bot')), JSON.stringify(missing));

      // the admin gives the agent an owner in the browser
      const admin = await enter('', server.link);
      await admin.page.goto(`${server.url}/identities?owner=none&q=desk-bot`);
      await admin.page.getByRole('link', { name: 'desk-bot', exact: true }).click();
      await admin.page.getByRole('heading', { level: 1, name: 'desk-bot' }).waitFor();
      if (script) await awake(admin.page);
      await admin.page.getByRole('combobox', { name: 'Owner', exact: true }).fill('olga@example.com');
      await admin.page.getByLabel('Backup owner').fill('bob@example.com');
      await admin.page.getByRole('button', { name: 'Save owners' }).click();
      await admin.page.getByText('Owners saved.').waitFor();
      const record = admin.page.url().split('?')[0];

      // the agent asks above its limit: it waits for a person
      const key = await newKey('desk-bot');
      const question = {
        subject: { type: 'agent', id: 'desk-bot' },
        action: { name: 'refund.create', properties: { amount_minor: 60_000, currency: 'EUR', customer: 'Blum KG' } },
        resource: { type: 'account', id: 'stripe:test' }, context: { justification: 'The customer was charged twice.' },
      };
      const waits = await send(key, 'POST', '/access/v1/evaluation', question);
      assert.deepEqual([waits.decision, waits.context.requires_approval], [false, true], JSON.stringify(waits));

      // a person decides in the browser
      const ana = await enter('ana@example.com');
      await ana.page.goto(`${server.url}/inbox`);
      await ana.page.getByRole('link', { name: /Refund 600.00 EUR.*Blum KG/ }).click();
      await ana.page.getByRole('heading', { level: 1, name: /desk-bot asks to refund 600.00 EUR/ }).waitFor();
      if (script) await awake(ana.page);
      await ana.page.waitForTimeout(5_500);
      await ana.page.getByLabel(/^Reason \(/).selectOption({ label: 'It matches the ticket, order or contract' });
      const words = ana.page.getByLabel(/^Reason in your words/);
      if (await words.count()) await words.fill('Checked against the order of today');
      await ana.page.getByRole('button', { name: /^Approve once/ }).click();
      await ana.page.getByText(/^Approved/).first().waitFor();
      await leave(ana);

      // the agent goes on: asks again, redeems just before the act, says what it did
      let permit;
      for (let tries = 0; tries < 20 && !permit?.decision; tries += 1) {
        await new Promise((later) => setTimeout(later, 1_500));
        permit = await send(key, 'POST', '/access/v1/evaluation', question);
      }
      assert.equal(permit.decision, true, JSON.stringify(permit));
      const redeemed = await send(key, 'POST', new URL(permit.context.grant.redeem_endpoint).pathname, {});
      assert.equal(redeemed.uses_left, 0);
      await send(key, 'POST', '/v1/actions', { grant: permit.context.grant.id, outcome: 'done', data_class: 'internal' });

      // it is stopped in the browser, and denied from then on
      await admin.page.goto(record);
      if (script) await awake(admin.page);
      await admin.page.getByRole('button', { name: 'Stop…' }).click();
      await admin.page.getByLabel('Reason (recorded)').fill('It refunds the same order twice');
      await admin.page.getByRole('button', { name: 'Stop it now' }).click();
      await admin.page.getByText('Stopped.', { exact: true }).waitFor();
      const denied = await send(key, 'POST', '/access/v1/evaluation', question);
      assert.deepEqual([denied.decision, denied.context.reason], [false, 'revoked']);
      await leave(admin);

      // compliance makes a pack; a stranger verifies it with nothing of the installation
      const auditor = await enter('aud@example.com');
      await auditor.page.goto(`${server.url}/evidence`);
      if (script) await awake(auditor.page);
      const form = auditor.page.locator('#make-pack');
      await form.getByLabel('Framework').selectOption('nist-800-53r5');
      await form.getByRole('button', { name: 'Make the pack' }).click();
      await auditor.page.waitForURL(/\/evidence\/packs\//);
      const download = auditor.page.getByRole('button', { name: /^Download/ });
      for (let n = 0; n < 60 && await download.count() === 0; n += 1) {
        await auditor.page.waitForTimeout(500);
        if (!script) await auditor.page.reload();
      }
      const vkey = (await auditor.page.getByRole('region', { name: 'Verify the pack' }).innerText()).match(/--key '([^']+)'/)[1];
      const [saved] = await Promise.all([auditor.page.waitForEvent('download'), download.click()]);
      const pack = path.join(folder, `${script}.zip`);
      await saved.saveAs(pack);
      await leave(auditor);
      assert.match(await witnessed(pack, vkey, data), /VALID/);
      await command(['check'], data);
      assert.deepEqual(troubles, []);
    } finally {
      await server.stop();
    }
  });
}
