// What is measured: the product and its peers, each started on the same workload, one at a time.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, serve } from './lib.mjs'
import { AGENTS, authzen, bodies, bundle, cerbos, cerbosPolicies, team } from './workload.mjs'

/** Makes an installation with this many rules and its agents, on SQLite unless a database is named. Returns where it is and a gateway's key. */
export function installation({ countersign, scratch }, rules, { name = String(rules), database } = {}) {
  const data = join(scratch, `data-${name}`)
  const policies = join(scratch, `bundle-${name}`)
  rmSync(data, { recursive: true, force: true })
  bundle(policies, rules)
  const call = (...args) => run(countersign, [...args, '--data', data, ...on(database)])
  call('person', 'add', 'owner@example.com', '--name', 'Owner', '--role', 'owner')
  for (let i = 0; i < AGENTS; i += 1) {
    call('identity', 'add', `agent-${i}`, '--kind', 'agent', '--owner', 'owner@example.com', '--team', team(i, rules))
  }
  call('policy', 'activate', policies)
  const key = JSON.parse(call('key', 'create', 'bench', '--gateway', '--scope', 'ask,act,read,import,revoke', '--json')).key
  return { data, key, database }
}

const on = (database) => (database ? ['--database', database] : [])
const headers = (key) => ({ authorization: `Bearer ${key}` })

/** The product, every answer on the disk before it is given. */
export async function ours(place, { data, key, database }, port) {
  const url = `http://127.0.0.1:${port}`
  const server = await serve('countersign', place.countersign, ['serve', '--data', data, ...on(database), '--listen', `127.0.0.1:${port}`, '--log', 'warn'], `${url}/healthz`)
  return { ...server, ask: { url: `${url}/access/v1/evaluation`, bodies: bodies(join(place.scratch, 'ours.jsonl'), authzen), headers: headers(key) } }
}

/** The product, keeping no record. */
export async function unlogged(place, { data, key }, port) {
  const url = `http://127.0.0.1:${port}`
  const server = await serve('unlogged', place.bench, ['unlogged', data, `127.0.0.1:${port}`], `${url}/healthz`)
  return { ...server, ask: { url: `${url}/access/v1/evaluation`, bodies: bodies(join(place.scratch, 'ours.jsonl'), authzen), headers: headers(key) } }
}

/** A bare axum server: what HTTP alone costs. */
export async function echo(place, _, port) {
  const url = `http://127.0.0.1:${port}/access/v1/evaluation`
  const server = await serve('echo', place.bench, ['echo', `127.0.0.1:${port}`], url)
  return { ...server, ask: { url, bodies: bodies(join(place.scratch, 'ours.jsonl'), authzen) } }
}

/** Cerbos with its audit file: written, not synced. */
export async function cerbosServer(place, { rules }, port) {
  const folder = join(place.scratch, `cerbos-${rules}`)
  rmSync(folder, { recursive: true, force: true })
  cerbosPolicies(join(folder, 'policies'), rules)
  writeFileSync(join(folder, 'cerbos.yaml'), `server: {httpListenAddr: "127.0.0.1:${port}", grpcListenAddr: "127.0.0.1:${port + 1}"}
storage: {driver: disk, disk: {directory: ${folder}/policies, watchForChanges: false}}
telemetry: {disabled: true}
audit: {enabled: true, accessLogsEnabled: false, decisionLogsEnabled: true, backend: file, file: {path: ${folder}/audit.log}}
`)
  const url = `http://127.0.0.1:${port}`
  const server = await serve('cerbos', place.cerbos, ['server', '--config', join(folder, 'cerbos.yaml'), '--log-level', 'warn'], `${url}/_cerbos/health`)
  return { ...server, ask: { url: `${url}/api/check/resources`, bodies: bodies(join(place.scratch, 'cerbos.jsonl'), cerbos(rules)) } }
}

/** decern with its signed ledger: one sync a record. Its built-in model; its callers are taken on trust. */
export async function decern(place, _, port) {
  const folder = join(place.scratch, 'decern')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const url = `http://127.0.0.1:${port}`
  const args = ['--trust-proxy', '--ledger', join(folder, 'ledger.jsonl'), '--key', join(folder, 'key'), '--addr', `127.0.0.1:${port}`]
  const server = await serve('decern', place.decern, args, `${url}/healthz`, { cwd: folder })
  const own = [['corp', 'claim1'], ['corpB', 'claimB']]
  const question = (_, n) => ({
    subject: { type: 'Principal', id: own[n % 2][0] }, action: { name: 'Read' }, resource: { type: 'Resource', id: own[n % 2][1] }, context: {},
  })
  return { ...server, ask: { url: `${url}/access/v1/evaluation`, bodies: bodies(join(place.scratch, 'decern.jsonl'), question) } }
}
