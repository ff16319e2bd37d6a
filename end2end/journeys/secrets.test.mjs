// Secrets over all identities: what stood readable and is shared comes first, each count is the filter of its list, with and
// without script.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server;
const data = () => ({ data: server.data });
const link = async () => (await command(['person', 'link', 'sam@example.com'], data())).out.match(/\/sign-in\/(\S+)/)[1];
/** A configuration whose server gets a secret in the file, and one that refers to a variable. */
const servers = (name, token) => JSON.stringify({ mcpServers: {
  [name]: { url: 'https://hub.example/mcp', headers: { Authorization: `Bearer ${token}` } },
  [`${name}-local`]: { command: 'run', env: { LOCAL_TOKEN: '${env:LOCAL_TOKEN}' } },
} });

before(async () => {
  browser = await launch();
  server = await start();
  await command(['person', 'add', 'sam@example.com', '--name', 'Sam Oduya', '--role', 'operator'], data());
  const files = [['prod.json', servers('live', 'hunter2-one')], ['test.json', servers('trial', 'hunter2-one')]];
  for (const [name, text] of files) await writeFile(path.join(server.data, name), text);
  await command(['import', 'mcp-config', ...files.map(([name]) => path.join(server.data, name))], data());
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const script of [true, false]) {
  test(`the worst stands first and a count leads to its list, ${script ? 'with' : 'without'} script`, async () => {
    const { page, context, troubles } = await open(browser, { script });
    await signIn(page, `${server.url}/sign-in/${await link()}`);
    await page.goto(`${server.url}/secrets`);
    const rows = page.locator('tbody tr');
    assert.equal(await rows.count(), 4);
    assert.match(await rows.first().innerText(), /header Authorization[\s\S]*Readable in a file[\s\S]*Shared by identities/);
    assert.match(await rows.first().innerText(), /not told/);
    await page.getByRole('link', { name: 'Shared by identities 2' }).click();
    await page.waitForURL('**/secrets?concern=shared');
    assert.equal(await rows.count(), 2);
    assert.match(await rows.first().innerText(), /also (live|trial)/);
    assert.doesNotMatch(await page.content(), /hunter2/);
    await page.getByRole('link', { name: 'Password', exact: true }).click();
    await page.waitForURL('**/secrets?kind=password');
    await page.getByText('No credential in the register is like that').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('the command and the page say the same', async () => {
  const told = JSON.parse((await command(['secrets', '--concern', 'shared', '--json'], data())).out);
  assert.deepEqual(told.items.map((it) => it.identity_name).sort(), ['live', 'trial']);
});

test('the list is a file, and the identity says where else its secret stands', async () => {
  const { page, context, troubles } = await open(browser);
  await signIn(page, `${server.url}/sign-in/${await link()}`);
  await page.goto(`${server.url}/secrets?concern=shared`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.equal(lines.length, 3, 'a head and two secrets');
  assert.match(lines[1], /"exposed; shared.*not told/);
  const json = await (await page.request.get(`${server.url}/secrets.json?concern=shared`)).json();
  assert.deepEqual(json.items.map((it) => it.identity_name).sort(), ['live', 'trial']);
  assert.equal((await page.request.get(`${server.url}/secrets.csv?concern=luck`)).status(), 400);
  await page.getByRole('link', { name: 'trial', exact: true }).first().click();
  await page.getByText('the same secret in several places, first prod.json: live header Authorization').waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing, and nothing is wider than the page', async () => {
  const first = await open(browser);
  const state = await signIn(first.page, `${server.url}/sign-in/${await link()}`);
  await first.context.close();
  for (const where of ['/secrets', '/secrets?concern=shared', '/secrets?kind=trust']) {
    for (const scheme of THEMES) {
      for (const width of WIDTHS) {
        assert.deepEqual(await violations(browser, server, { path: where }, { scheme, width, state }), [], `${where}, ${scheme}, ${width} px`);
        const { page, context } = await open(browser, { scheme, width, state });
        await page.goto(server.url + where);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} fits ${width} px`);
        await context.close();
      }
    }
  }
});
