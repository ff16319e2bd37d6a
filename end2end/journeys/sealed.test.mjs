// An older database is put back: the console says that nothing is decided, and two admins let it go on.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const QUESTION = {
  subject: { type: 'agent', id: 'desk-bot' }, action: { name: 'record.read', properties: {} }, resource: { type: 'record', id: 'r-1' },
};

for (const script of [true, false]) {
  test(`a restored backup is sealed until two admins unseal it, ${script ? 'with script' : 'without script'}`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'countersign-sealed-'));
    const data = { data: folder };
    let server = await start(data);
    try {
      for (const [email, name] of [['ada@example.com', 'Ada Moreau'], ['bo@example.com', 'Bo Lind']]) {
        await command(['person', 'add', email, '--name', name, '--role', 'admin'], data);
      }
      await command(['identity', 'add', 'desk-bot', '--kind', 'agent'], data);
      const key = (await command(['key', 'create', 'desk-bot'], data)).out.match(/csk_\w+/)[0];
      const ask = () => fetch(`${server.url}/access/v1/evaluation`, {
        method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(QUESTION),
      });
      assert.equal((await ask()).status, 200);

      // a backup is taken, the log goes on, the backup is put back
      await server.stop();
      await copyFile(path.join(folder, 'countersign.db'), path.join(folder, 'backup.db'));
      server = await start(data);
      for (let n = 0; n < 3; n += 1) assert.equal((await ask()).status, 200);
      await new Promise((done) => setTimeout(done, 2500)); // a checkpoint is signed within a second
      await server.stop();
      for (const name of ['countersign.db', 'countersign.db-wal', 'countersign.db-shm']) await rm(path.join(folder, name), { force: true });
      await copyFile(path.join(folder, 'backup.db'), path.join(folder, 'countersign.db'));
      server = await start(data);
      const refused = await ask();
      assert.equal(refused.status, 503);
      assert.match(await refused.text(), /sealed/);

      const enter = async (email, options) => {
        const opened = await open(browser, { script, ...options });
        await signIn(opened.page, `${server.url}/sign-in/${(await command(['person', 'link', email], data)).out.match(/\/sign-in\/(\S+)/)[1]}`);
        return opened;
      };
      const [ada, bo] = [await enter('ada@example.com'), await enter('bo@example.com')];
      await ada.page.goto(`${server.url}/overview`);
      await ada.page.getByRole('alert').filter({ hasText: 'Nothing is decided' }).getByRole('link', { name: 'Settings' }).click();
      await ada.page.getByRole('heading', { name: 'The log is sealed' }).waitFor();
      if (script) {
        const state = await ada.context.storageState();
        for (const scheme of THEMES) for (const width of WIDTHS) {
          assert.deepEqual(await violations(browser, server, { path: '/settings#seal' }, { scheme, width, state }), [], `${scheme} ${width}`);
          const { page, context } = await open(browser, { scheme, width, state });
          await page.goto(`${server.url}/settings#seal`);
          await page.screenshot({ path: new URL(`../results/sealed-${scheme}-${width}.png`, import.meta.url).pathname });
          await context.close();
        }
      }
      await ada.page.getByRole('button', { name: /Unseal/ }).click();
      await ada.page.getByText('It takes a second admin.').waitFor();
      assert.equal((await ask()).status, 503, 'one person is not enough');
      await bo.page.goto(`${server.url}/settings`);
      await bo.page.getByText('Ada Moreau').first().waitFor();
      await bo.page.getByRole('button', { name: /Unseal/ }).click();
      await bo.page.waitForURL(/settings/);
      await bo.page.goto(`${server.url}/settings`);
      assert.equal(await bo.page.getByRole('heading', { name: 'The log is sealed' }).count(), 0);
      assert.equal(await bo.page.getByRole('alert').count(), 0);
      assert.equal((await ask()).status, 200);

      // the next start stands by what they said, and the whole log holds
      await new Promise((done) => setTimeout(done, 2500));
      await server.stop();
      server = await start(data);
      assert.equal((await ask()).status, 200);
      await command(['check'], data);
      assert.deepEqual([...ada.troubles, ...bo.troubles], []);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}
