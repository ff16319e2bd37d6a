// From an AWS export to a right-sized policy: it is uploaded, the worst stands first, its page says what it reaches, whom it can
// become and what nobody used; the narrower policy goes back in, and what was open is closed.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { THEMES, WIDTHS, violations } from '../helpers/axe.mjs';
import { launch, open, signIn } from '../helpers/browser.mjs';
import { command, start } from '../helpers/server.mjs';

let browser, server;
const data = () => ({ data: server.data });
const link = async () => (await command(['person', 'link', 'sam@example.com'], data())).out.match(/\/sign-in\/(\S+)/)[1];

before(async () => {
  browser = await launch();
  server = await start();
  await command(['person', 'add', 'sam@example.com', '--name', 'Sam Oduya', '--role', 'operator', '--role', 'auditor'], data());
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(options) {
  const opened = await open(browser, options);
  await signIn(opened.page, `${server.url}/sign-in/${await link()}`);
  return opened;
}

const trust = (principal) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal }] });
/** An account whose pipeline may pass any role to a machine that it starts, and become the administrator. */
function account(number, policy) {
  const role = (name, principal, document) => ({
    Path: '/', RoleName: name, RoleId: name, Arn: `arn:aws:iam::${number}:role/${name}`, CreateDate: '2024-01-01T00:00:00+00:00',
    RoleLastUsed: {}, AttachedManagedPolicies: [], Tags: [], AssumeRolePolicyDocument: trust(principal),
    RolePolicyList: [{ PolicyName: 'own', PolicyDocument: document }],
  });
  // an import that takes much away is refused: what is narrowed here is a part of the account
  const reads = ['Object', 'ObjectAcl', 'BucketAcl', 'BucketPolicy', 'BucketTagging', 'BucketLogging', 'ObjectTagging', 'BucketCORS'];
  const reader = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: reads.map((it) => `s3:Get${it}`), Resource: '*' }] };
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  return JSON.stringify({ UserDetailList: [], GroupDetailList: [], Policies: [], RoleDetailList: [
    role(`deploy-${number}`, { Service: 'codebuild.amazonaws.com' }, policy),
    role(`admin-${number}`, { AWS: `arn:aws:iam::${number}:root` }, all),
    role(`reader-${number}`, { Service: 'ec2.amazonaws.com' }, reader),
  ] });
}
const WIDE = { Version: '2012-10-17', Statement: [
  { Effect: 'Allow', Action: ['iam:PassRole', 'ec2:RunInstances', 's3:PutObject', 'sts:AssumeRole'], Resource: '*' },
] };
const file = (name, text) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
/** What the access advisor says: S3 was used lately, the rest never. */
function advisor(number) {
  const arn = encodeURIComponent(`arn:aws:iam::${number}:role/deploy-${number}`);
  const services = ['iam', 'ec2', 'sts'].map((name) => ({ ServiceNamespace: name }));
  const answer = { JobStatus: 'COMPLETED', JobCompletionDate: new Date().toISOString(), ServicesLastAccessed: [...services, { ServiceNamespace: 's3', LastAuthenticated: new Date().toISOString() }] };
  return [file(`job_${arn}.json`, JSON.stringify({ JobId: 'j1' })), file('j1.json', JSON.stringify(answer))];
}

async function upload(page, files) {
  await page.goto(`${server.url}/welcome/inventory`);
  const form = page.locator('section', { has: page.getByRole('heading', { name: 'AWS IAM' }) }).first();
  await form.getByLabel('Files').setInputFiles(files);
  await form.getByRole('button', { name: 'Show the difference' }).click();
  await page.getByRole('button', { name: /^Import/ }).click();
  await page.getByText('Imported.').waitFor();
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script';

  test(`an export leads to a right-sized policy, and the policy closes what was open, ${how}`, async () => {
    const number = script ? '111122223333' : '444455556666';
    const { page, context, troubles } = await signedIn({ script });
    await upload(page, [file('details.json', account(number, WIDE)), ...advisor(number)]);
    await page.goto(`${server.url}/privilege`);
    const row = page.getByRole('row', { name: new RegExp(`deploy-${number}`) });
    await row.getByText('Can give itself more').waitFor();
    await row.getByRole('link').click();
    await page.getByRole('heading', { name: `What deploy-${number} reaches` }).waitFor();
    await page.getByText('Runs as any role it may pass, by ec2').waitFor();
    const becomes = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: `admin-${number}` }) });
    await becomes.getByText('may do everything').waitFor();
    const risk = page.getByRole('listitem').filter({ hasText: 'Credential exposure' });
    await risk.getByText('1 action on everything, by inline policy own').click();
    await risk.getByText('sts:AssumeRole', { exact: true }).waitFor();
    await page.getByRole('row', { name: /sts:AssumeRole.*credential exposure/ }).waitFor();
    await page.getByText('inline policy own: 3 actions can go').click();
    const narrower = JSON.parse(await page.getByRole('region', { name: /narrower/ }).textContent());
    assert.deepEqual(narrower.Statement, [{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: '*' }]);
    const commands = await page.getByRole('region', { name: /^Commands/ }).textContent();
    assert.equal(commands, `aws iam put-role-policy --role-name deploy-${number} --policy-name own --policy-document file://right-sized-1.json`);
    const href = await page.getByRole('link', { name: 'JSON' }).getAttribute('href');
    const pack = await (await page.request.get(server.url + href)).json();
    assert.deepEqual(pack.sources[0].right_size[0].after, narrower);
    // what is privileged can be had by request instead
    await page.goto(`${server.url}/privilege`);
    await page.getByRole('link', { name: `admin-${number}` }).click();
    await page.getByText(/^1 privileged right of .* by request$/).click();
    const cedar = await page.getByRole('region', { name: /policies\/just-in-time\.cedar/ }).textContent();
    assert.match(cedar, /like "\*"[^]*@approval\("platform-owners"\)/);
    // the pipeline of the platform put it into force: the next export shows it
    await upload(page, [file('details.json', account(number, narrower)), ...advisor(number)]);
    await page.goto(`${server.url}/privilege`);
    await page.getByRole('heading', { name: 'Privilege' }).waitFor();
    assert.equal(await page.getByRole('row', { name: new RegExp(`deploy-${number}.*Can give itself more`) }).count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

test('a real export says who may do everything', { skip: !process.env.COUNTERSIGN_SAMPLES && 'COUNTERSIGN_SAMPLES is not set' }, async () => {
  const folder = path.join(process.env.COUNTERSIGN_SAMPLES, 'samples/aws');
  const advice = path.join(folder, 'cloudmapper_service_last_accessed');
  const names = (await readdir(advice)).map((name) => path.join(advice, name));
  const all = ['cloudmapper_demo_authz.json', 'cloudmapper_demo_credential_report.json'].map((name) => path.join(folder, name));
  const read = (change) => Promise.all([...all, ...names].map(async (name) => file(path.basename(name), change(await readFile(name, 'utf8')))));
  const { page, context, troubles } = await signedIn({ script: true });
  await upload(page, await read((text) => text));
  await page.goto(`${server.url}/privilege`);
  await page.getByRole('link', { name: 'bad_role' }).click();
  await page.getByText('May do everything').waitFor();
  // its report of use is of 2019: nobody knows what was used since
  await page.getByText(/What this source tells of use ends on 2019-/).waitFor();
  assert.equal(await page.getByText('it can go whole').count(), 0);
  const today = `"JobCompletionDate": "${new Date().toISOString()}"`;
  await upload(page, await read((text) => text.replace(/"JobCompletionDate": "[^"]*"/, today)));
  await page.goto(`${server.url}/privilege`);
  await page.getByRole('link', { name: 'bad_role' }).click();
  await page.getByRole('link', { name: '400 days' }).click();
  await page.getByText('inline policy dostuff: 1 action can go').click();
  await page.getByText('Nothing of it was used: it can go whole.').waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test('axe finds nothing on the pages of privilege', async () => {
  const { page, context } = await signedIn({ script: true });
  const state = await context.storageState();
  await page.goto(`${server.url}/privilege`);
  const reach = await page.locator('table a').first().getAttribute('href');
  await context.close();
  for (const where of ['/privilege', reach]) {
    for (const scheme of THEMES) {
      for (const width of WIDTHS) {
        assert.deepEqual(await violations(browser, server, { path: where }, { scheme, width, state }), [], `${where}, ${scheme}, ${width} px`);
        const { page: shown, context: own } = await open(browser, { scheme, width, state });
        await shown.goto(server.url + where);
        assert.ok(await shown.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} fits ${width} px`);
        await own.close();
      }
    }
  }
});
