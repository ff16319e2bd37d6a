// The house: signing in and out, the frame around every page, theme and keys; with script and without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { PAGES } from '../helpers/pages.mjs';
import { start } from '../helpers/server.mjs';

let browser, server, admin;
before(async () => {
  browser = await launch();
  server = await start();
  const { page, context } = await open(browser);
  admin = await signIn(page, server.link);
  await context.close();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`a one-time link signs in once, ${how}`, async () => {
    const own = await start();
    try {
      const { page, context, troubles } = await open(browser, { script });
      await page.goto(`${own.url}/settings`);
      assert.match(page.url(), /\/sign-in$/, 'strangers are sent to sign in');
      await signIn(page, own.link);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      const cookie = (await context.cookies()).find((c) => c.name === 'countersign');
      assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Lax']);

      await page.goto(own.link);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('This link was used already.').waitFor();

      await page.goto(`${own.url}/settings`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      assert.match(page.url(), /\/sign-in$/);
      // the cookie of before is worth nothing now
      await context.addCookies([cookie]);
      await page.goto(`${own.url}/settings`);
      assert.match(page.url(), /\/sign-in\?problem=ended$/);
      assert.deepEqual(troubles, []);
    } finally {
      await own.stop();
    }
  });

  test(`theme and density are kept, ${how}`, async () => {
    const { page, context, troubles } = await open(browser, { script, state: admin });
    await page.goto(`${server.url}/settings`);
    await page.getByLabel('Theme').selectOption('dark');
    await page.getByLabel('Density').selectOption('compact');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('html[data-theme="dark"][data-density="compact"]').waitFor({ state: 'attached' });
    assert.match(page.url(), /\/settings$/);
    await page.reload();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('on a phone the navigation opens without script', async () => {
  const { page, context, troubles } = await open(browser, { script: false, width: 390, height: 844, state: admin });
  await page.goto(`${server.url}/settings`);
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' });
  assert.equal(await link.isVisible(), false);
  await page.getByRole('button', { name: 'Menu' }).click();
  assert.equal(await link.isVisible(), true);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('keys: t turns the light, ? lists them, g s goes; none acts while typing or when turned off', async () => {
  const { page, context, troubles } = await open(browser, { state: admin });
  await page.goto(`${server.url}/nothing/here`);
  await awake(page);
  await page.keyboard.press('t');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  await page.reload();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark', 'kept in a cookie');
  await awake(page);
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog', { name: 'Keys' }).isVisible(), true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/\/settings$/);
  await awake(page);
  await page.getByLabel('Theme').focus();
  await page.keyboard.press('t');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark', 'not while in a field');
  await page.getByLabel('Single keys act').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('html[data-keys="off"]').waitFor({ state: 'attached' });
  await awake(page);
  await page.locator('main').focus();
  const before_ = await page.locator('html').getAttribute('data-theme');
  await page.keyboard.press('t');
  assert.equal(await page.locator('html').getAttribute('data-theme'), before_);
  assert.deepEqual(troubles.filter((t) => !t.includes('404')), []);
  await context.close();
});

test('a form from elsewhere changes nothing', async () => {
  const cookies = admin.cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  for (const [path, headers] of [
    ['/sign-out', { 'sec-fetch-site': 'cross-site' }],
    ['/sign-out', { origin: 'https://evil.test' }],
    ['/_fn/settings/look', {}],
  ]) {
    const answer = await fetch(server.url + path, { method: 'POST', headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: 'theme=dark&density=compact' });
    assert.equal(answer.status, 403, path);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  }
  const alive = await fetch(`${server.url}/settings`, { headers: { cookie: cookies }, redirect: 'manual' });
  assert.equal(alive.status, 200);
});

test('assets are kept for ever, compressed, and named by their content', async () => {
  const html = await (await fetch(`${server.url}/sign-in`)).text();
  const paths = [...html.matchAll(/\/assets\/[\w.-]+/g)].map((m) => m[0]);
  assert.ok(paths.length >= 5, html.slice(0, 800));
  for (const path of new Set(paths)) {
    const answer = await fetch(server.url + path, { headers: { 'accept-encoding': 'br' } });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get('cache-control'), /immutable/);
    if (!path.endsWith('.woff2')) assert.equal(answer.headers.get('content-encoding'), 'br', path);
  }
});

for (const place of PAGES) {
  test(`axe finds nothing on ${place.name}`, async () => {
    for (const scheme of THEMES) for (const width of WIDTHS) {
      const state = place.for === 'nobody' ? undefined : admin;
      assert.deepEqual(await violations(browser, server, place, { scheme, width, state }), [], `${scheme}, ${width} px`);
    }
  });
}

test('every page keeps to its budgets: nodes, size, layout shift', async () => {
  for (const { name, path, for: who, gallery } of PAGES) {
    if (gallery) continue; // not a page of the product
    const { page, context, troubles } = await open(browser, { state: who === 'nobody' ? undefined : admin, expected: ['404'] });
    const answer = await page.goto(server.url + path);
    await awake(page);
    const found = await page.evaluate(() => new Promise((done) => {
      let shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => done({ shift, nodes: document.querySelectorAll('*').length }), 300);
    }));
    const bytes = brotliCompressSync(await answer.body()).length;
    assert.ok(found.nodes <= 1500, `${name}: ${found.nodes} nodes`);
    assert.ok(found.shift <= 0.02, `${name}: layout shift ${found.shift}`);
    assert.ok(bytes <= 30 * 1024, `${name}: ${bytes} bytes of HTML compressed`);
    assert.deepEqual(troubles, [], name);
    await context.close();
  }
});
