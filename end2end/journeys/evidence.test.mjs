// Evidence: the control tests are assessed, a pack is ordered, made, downloaded, and verified with the real program.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start, witnessed } from '../helpers/server.mjs';

let browser, server, folder;
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];

before(async () => {
  browser = await launch();
  server = await start();
  folder = await mkdtemp(path.join(tmpdir(), 'countersign-packs-'));
  await command(['person', 'add', 'ada@example.com', '--name', 'Ada Moreau', '--role', 'auditor'], data());
  await command(['person', 'add', 'vic@example.com', '--name', 'Vic Aalto', '--role', 'viewer'], data());
  await command(['identity', 'add', 'lost-bot', '--kind', 'agent'], data());
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function signedIn(email, options) {
  const opened = await open(browser, options);
  await signIn(opened.page, `${server.url}/sign-in/${await link(email)}`);
  return opened;
}

/** Waits until the pack of this page is made: with script the page looks again by itself, without a person does. */
async function ready(page, script) {
  const download = page.getByRole('button', { name: /^Download/ });
  if (script) return download.waitFor({ timeout: 30_000 });
  for (let n = 0; n < 60 && await download.count() === 0; n += 1) {
    await page.waitForTimeout(500);
    const again = page.getByRole('link', { name: 'Look again' });
    if (await again.count()) await again.click(); else await page.reload();
  }
  await download.waitFor();
}

for (const script of [true, false]) {
  test(`assessed, ordered, made, downloaded and verified, ${script ? 'with script' : 'without script'}`, async () => {
    const { page, context, troubles } = await signedIn('ada@example.com', { script });
    await page.goto(`${server.url}/evidence`);
    if (script) await awake(page);
    await page.locator('#assess').getByRole('button', { name: 'Assess now' }).click();
    await page.getByRole('heading', { level: 1, name: /^Assessment of/ }).waitFor();
    await page.getByText('42 of 64').waitFor();
    await page.getByRole('link', { name: 'EU Artificial Intelligence Act' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'EU Artificial Intelligence Act' }).waitFor();
    await page.getByRole('link', { name: 'OWN-01' }).first().click();
    await page.getByRole('heading', { level: 2, name: 'Rows that violate it' }).waitFor();
    await page.getByRole('rowheader', { name: 'agent lost-bot' }).waitFor();

    await page.goto(`${server.url}/evidence`);
    if (script) await awake(page);
    const form = page.locator('#make-pack');
    await form.getByLabel('Framework').selectOption('eu-ai-act');
    await form.getByRole('button', { name: 'Make the pack' }).click();
    await page.waitForURL(/\/evidence\/packs\//);
    await ready(page, script);
    const key = (await page.getByRole('region', { name: 'Verify the pack' }).innerText()).match(/--key '([^']+)'/)[1];
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Download/ }).click()]);
    assert.match(saved.suggestedFilename(), /^countersign-eu-ai-act-\d{8}-\d{8}\.zip$/);
    const pack = path.join(folder, `${script}.zip`);
    await saved.saveAs(pack);

    assert.match((await command(['verify', pack, '--key', key], { code: 2 })).out, /VALID IN ITSELF/);
    assert.match(await witnessed(pack, key, data()), /VALID/);
    const bytes = await readFile(pack);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    await writeFile(pack, bytes);
    assert.match((await command(['verify', pack, '--key', key], { code: 1 })).out, /INVALID/);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('a viewer reads it all and is offered nothing', async () => {
  const { page, context, troubles } = await signedIn('vic@example.com');
  await page.goto(`${server.url}/evidence`);
  await page.getByText('You may not make evidence packs.').waitFor();
  assert.equal(await page.locator('main form').count(), 0);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing on any page of evidence', async () => {
  const { page, context } = await signedIn('ada@example.com');
  const state = await context.storageState();
  await page.goto(`${server.url}/evidence`);
  const run = await page.getByRole('link', { name: 'The last assessment' }).getAttribute('href');
  const pack = await page.locator('#packs tbody th a').first().getAttribute('href');
  const paths = ['/evidence', run, `${run}/frameworks/eu-ai-act`, `${run}/tests/OWN-01`, `${run}/tests/GOV-04`, pack];
  for (const at of paths) for (const scheme of THEMES) for (const width of WIDTHS) {
    assert.deepEqual(await violations(browser, server, { path: at }, { scheme, width, state }), [], `${at}, ${scheme}, ${width} px`);
  }
  await context.close();
});
