// What the measurements share: processes, load, the disk's sync rate.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Runs a program to its end; its output, or an error with what it said unless it ends as `allow` lists. */
export function run(program, args, { allow = [0], ...options } = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  if (done.error) throw done.error
  if (!allow.includes(done.status)) throw new Error(`${program} ${args.slice(0, 4).join(' ')}: exit ${done.status}\n${done.stderr}${done.stdout}`)
  return done.stdout
}

/** Starts a server and waits until `ready` answers anything; ends with `stop()`. */
export async function serve(name, program, args, ready, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options })
  let said = ''
  child.stderr.on('data', (text) => { said = (said + text).slice(-4000) })
  let ended = false
  const end = new Promise((resolve) => child.on('exit', () => { ended = true; resolve() }))
  for (let waited = 0; ; waited += 50) {
    if (ended) throw new Error(`${name} ended: ${said}`)
    if (waited > 30_000) throw new Error(`${name} does not answer: ${said}`)
    try { await fetch(ready); break } catch { await new Promise((r) => setTimeout(r, 50)) }
  }
  const stop = async () => { child.kill('SIGTERM'); await end }
  return { pid: child.pid, stop }
}

/** Resident memory of a process, in MiB. */
export function memory(pid) {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(kib[1]) / 1024
}

function loading({ url, clients, seconds, bodies, headers = {}, method = 'POST' }) {
  const args = ['--no-tui', '--output-format', 'json', '-w', '-z', `${seconds}s`, '-c', String(clients), '-m', method]
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`)
  if (bodies) args.push('-H', 'content-type: application/json', '-Z', bodies)
  return [...args, url]
}

function loaded(url, text) {
  const said = JSON.parse(text)
  const wrong = Object.entries(said.statusCodeDistribution).filter(([code]) => code !== '200')
  if (wrong.length > 0 || Object.keys(said.errorDistribution).some((e) => !e.includes('deadline'))) {
    throw new Error(`${url}: ${JSON.stringify([said.statusCodeDistribution, said.errorDistribution])}`)
  }
  const ms = (p) => said.latencyPercentiles[p] * 1000
  return { rate: said.summary.requestsPerSec, p50: ms('p50'), p95: ms('p95'), p99: ms('p99'), p999: ms('p99.9') }
}

/** Load from `clients` connections for some seconds: requests a second and latencies in milliseconds. Any answer but 200 is an error. */
export const load = (oha, what) => loaded(what.url, run(oha, loading(what)))

/** The same beside something else. */
export function loadAside(oha, what) {
  const child = spawn(oha, loading(what), { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => { said += text })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(loaded(what.url, said)) : reject(new Error(`${oha}: exit ${code}`))))
  })
}

/** Asks for a document; any answer but a good one is an error. */
export async function call(url, { method = 'POST', headers, body, type = 'application/json' }) {
  const answer = await fetch(url, { method, headers: { ...headers, ...(body && { 'content-type': type }) }, body })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** Does this for every item, so many at once. */
export async function each(items, atOnce, work) {
  const left = items.values()
  await Promise.all(Array.from({ length: atOnce }, async () => { for (const item of left) await work(item) }))
}

/** Syncs of 4 KiB a second that the disk under `folder` does. */
export function syncRate(folder) {
  const path = join(folder, 'sync')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 1)
  const began = performance.now()
  let n = 0
  while (performance.now() - began < 2000) { writeSync(file, block, 0, block.length, (n % 256) * 4096); fdatasyncSync(file); n += 1 }
  const rate = n / ((performance.now() - began) / 1000)
  closeSync(file)
  rmSync(path)
  return rate
}

/** The value below which this part of the numbers lies. */
export const percentile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))]

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
