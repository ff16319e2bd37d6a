// The examples a reader runs: each plays its use case against a scratch server, over HTTP and the command line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

const examples = new URL('../../examples/', import.meta.url);
for (const name of readdirSync(examples).filter((file) => file.startsWith('uc-'))) {
  test(`${name} plays`, async () => {
    const { stdout } = await promisify(execFile)(new URL(name, examples).pathname, { timeout: 120_000 });
    assert.ok(stdout.split('\n').filter((line) => line.startsWith('  ok  ')).length >= 3, stdout);
  });
}
