// One identity in three sources: the same key joins two of them by itself, a like name is looked at by a person, who says that
// they are one, undoes it, says that they are two, and takes out what one source shows.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { awake, launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server;
const data = () => ({ data: server.data });
const link = async (email) => (await command(['person', 'link', email], data())).out.match(/\/sign-in\/(\S+)/)[1];

before(async () => {
  browser = await launch();
  server = await start();
  await command(['person', 'add', 'sam@example.com', '--name', 'Sam Oduya', '--role', 'operator'], data());
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(options) {
  const opened = await open(browser, options);
  const state = await signIn(opened.page, `${server.url}/sign-in/${await link('sam@example.com')}`);
  return { ...opened, state };
}
async function bring(name, rows) {
  const file = path.join(server.data, `${name}.csv`);
  await writeFile(file, `Id,Name,Right,Env\n${rows}`);
  return (await command(['import', 'csv', file, '--name', name, '--map', 'Id=id,Name=name,Right=entitlement,Env=environment'], data())).out;
}
/** A job that two lists show under one key and a third under a like name. */
async function job(word) {
  const role = `arn:aws:iam::111122223333:role/${word}-export`;
  await bring(`cloud-${word}`, `${role},${word}-export,s3:GetObject,prod\n`);
  assert.match(await bring(`cmdb-${word}`, `${role},The ${word} export,reader,test\n`), /matched: 1 known already/);
  await bring(`hr-${word}`, `7,svc-${word}-export,mail,prod\n`);
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';
  const word = script ? 'invoice' : 'payroll';
  const names = [`${word}-export`, `svc-${word}-export`];

  test(`two are said to be one, and it is undone, ${how}`, async () => {
    await job(word);
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/visibility`);
    await page.getByRole('link', { name: 'Same identity?' }).click();
    if (script) await awake(page);
    const pair = page.getByRole('region', { name: names.join(' and ') });
    assert.match(await pair.innerText(), new RegExp(`names alike: ${word}export`));
    await pair.getByRole('link', { name: /They are one/ }).click();
    await page.getByText(`${names[1]} is retired.`).waitFor();
    await page.getByRole('button', { name: `They are one: keep ${names[0]}`, exact: true }).click();
    await page.getByText('They are one from here on.').waitFor();
    const said = page.getByRole('region', { name: 'What sources say' }).first();
    assert.match(await said.innerText(), new RegExp(`cloud-${word}[\\s\\S]*cmdb-${word}[\\s\\S]*hr-${word}[\\s\\S]*differs`));
    await page.getByRole('link', { name: names[1], exact: true }).click();
    await page.getByText('What its sources show is part of').waitFor();
    await page.getByRole('button', { name: /Undo the merge/ }).click();
    await page.getByText('The merge is undone').waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test(`two are said to be two and are not shown again, ${how}`, async () => {
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/matches`);
    if (script) await awake(page);
    const pair = page.getByRole('region', { name: names.join(' and ') });
    await pair.getByRole('button', { name: /They are two/ }).click();
    await page.getByText('They are two, and are not suggested again.').waitFor();
    assert.equal(await pair.count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test(`what one source shows becomes an identity of its own, ${how}`, async () => {
    const { page, context, troubles } = await signedIn({ script });
    await page.goto(`${server.url}/identities?q=${word}-export`);
    await page.getByRole('link', { name: names[0], exact: true }).click();
    if (script) await awake(page);
    const cell = page.locator('td').filter({ hasText: `what cmdb-${word} shows` });
    await cell.locator('summary').click();
    await cell.getByRole('button', { name: 'Split it off' }).click();
    await page.getByText('It is an identity of its own.').waitFor();
    await page.getByRole('heading', { level: 1, name: `The ${word} export` }).waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('no page of it has a violation, light or dark, wide or narrow', async () => {
  await job('ledger');
  const { page, context, state } = await signedIn();
  await page.goto(`${server.url}/matches`);
  const step = await page.getByRole('link', { name: /They are one/ }).first().getAttribute('href');
  await page.goto(`${server.url}/identities?q=ledger-export`);
  const record = await page.getByRole('link', { name: 'ledger-export', exact: true }).getAttribute('href');
  for (const path of ['/matches', step, record]) {
    for (const scheme of THEMES) {
      for (const width of WIDTHS) {
        assert.deepEqual(await violations(browser, server, { path }, { scheme, width, state }), [], `${path} ${scheme} ${width}`);
        if (process.env.SHOTS) {
          const shot = await open(browser, { scheme, width, state });
          await shot.page.goto(server.url + path);
          const wide = await shot.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(wide <= 0, `${path} at ${width} is ${wide} px too wide`);
          await shot.page.screenshot({ path: `${process.env.SHOTS}/${path.replace(/\W+/g, '-').slice(0, 24)}-${scheme}-${width}.png`, fullPage: true });
          await shot.context.close();
        }
      }
    }
  }
  await context.close();
});
