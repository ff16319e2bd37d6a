// Starts the release binary on a folder and port of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const BINARY = process.env.COUNTERSIGN ?? path.resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../target/release/countersign');

/** Runs a command of the binary to its end; rejects unless it exits with `code`. */
export async function command(args, { code = 0, data } = {}) {
  const child = spawn(BINARY, data ? [...args, '--data', data] : args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  const exit = await new Promise((done) => child.on('close', done));
  if (exit !== code) throw new Error(`countersign ${args.join(' ')} ended with ${exit}, not ${code}:\n${out}${err}`);
  return { out, err };
}

/** Verifies a pack as a stranger does who keeps checkpoints: with a later one, and the proof that it continues the pack's. */
export async function witnessed(pack, key, data) {
  const kept = `${pack}.checkpoint`;
  const alone = await command(['verify', pack, '--key', key], { code: 2 });
  const [, entries] = alone.out.match(/had (\d+) entries, signed by the same key/);
  await writeFile(kept, (await command(['log', 'checkpoint', '--since', entries], data)).out);
  return (await command(['verify', pack, '--key', key, '--checkpoint', kept])).out;
}

/** A running server: `url`, the first admin's sign-in `link`, its `data` folder, what it wrote to its `log`. */
export async function start({ data, env = {} } = {}) {
  const own = data === undefined;
  const folder = data ?? await mkdtemp(path.join(tmpdir(), 'countersign-'));
  const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env },
  });
  const server = { data: folder, log: '', link: undefined, url: undefined, child };
  let out = '';
  child.stderr.on('data', (d) => { server.log += d; });
  await new Promise((ready, failed) => {
    const late = setTimeout(() => failed(new Error(`no answer from the server in 20 s:\n${out}${server.log}`)), 20_000);
    child.on('exit', (code) => failed(new Error(`the server ended with ${code}:\n${server.log}`)));
    child.stdout.on('data', (d) => {
      out += d;
      server.url = out.match(/answers on (\S+)\n/)?.[1];
      server.link = out.match(/(http\S+\/sign-in\/\S+)\n/)?.[1];
      if (server.url && (server.link || !out.includes('First start'))) { clearTimeout(late); ready(); }
    });
  });
  server.stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
    }
    if (own) await rm(folder, { recursive: true, force: true });
  };
  return server;
}
