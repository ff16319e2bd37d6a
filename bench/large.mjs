// The register of a large organisation on SQLite: made from a seed, read over the API and in the console, as users do.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { load, memory, run } from './lib.mjs'
import { ours } from './targets.mjs'

const IDENTITIES = Number(process.env.BENCH_LARGE ?? 1_000_000)
const ENTITLEMENTS = IDENTITIES * 20
const SEED = Number(process.env.BENCH_SEED ?? 1)
const SERVICE = 'svc-00017-'

/** Signs in as people do, by a one-time link; the cookie. */
async function signIn(place, data, url) {
  const { path } = JSON.parse(run(place.countersign, ['person', 'link', 'admin@example.com', '--json', '--data', data]))
  const from = { origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(new URL(path, url), { method: 'POST', redirect: 'manual', headers: from })
  const cookie = answer.headers.getSetCookie().map((it) => it.split(';')[0]).join('; ')
  if (answer.status !== 303 || !cookie) throw new Error(`signing in: ${answer.status} ${await answer.text()}`)
  return cookie
}

const LISTS = [
  ['first page', ''], ['kind', 'kind=agent'], ['environment', 'environment=test'], ['status', 'status=retiring'], ['no owner', 'orphaned=true'],
  ['search: rare', `text=${SERVICE}mail`], ['search: common', 'text=billing'], ['search: nothing', 'text=zzzzqq'],
  ['three filters, few fit', 'kind=agent&environment=test&status=retiring'],
]
const PAGES = [
  ['Identities, with facets', '/identities'], ['Identities: one kind, with facets', '/identities?kind=agent'], ['Identities: a finding', '/identities?finding=standing_admin'],
  ['Identities: standing privilege', '/identities?priv=standing'], ['Identities: unused', '/identities?unused=90d'], ['Visibility', '/visibility'], ['Overview', '/overview'],
]

export async function large(place) {
  const data = join(place.scratch, 'large')
  rmSync(data, { recursive: true, force: true })
  run(place.countersign, ['person', 'add', 'admin@example.com', '--name', 'Admin', '--role', 'admin,operator', '--data', data])
  const key = JSON.parse(run(place.countersign, ['key', 'create', 'bench', '--gateway', '--scope', 'ask,read', '--json', '--data', data])).key
  const began = performance.now()
  run(place.bench, ['fill', join(data, 'countersign.db'), String(IDENTITIES), String(ENTITLEMENTS), String(SEED)])
  const filling = (performance.now() - began) / 1000
  const gib = readdirSync(data).reduce((sum, name) => sum + statSync(join(data, name)).size, 0) / (1 << 30)
  const server = await ours(place, { data, key }, 4210)
  const found = { identities: IDENTITIES, seed: SEED, filling, gib, reads: [] }
  try {
    const url = new URL('/', server.ask.url).href
    const cookie = await signIn(place, data, url)
    const first = await (await fetch(`${url}v1/identities?limit=1`, { headers: server.ask.headers })).json()
    const one = `/identities/${(first.items ?? first.identities)[0].id}`
    const ask = (what, path, headers) => {
      const of = { url: new URL(path, url).href, clients: 1, method: 'GET', headers }
      load(place.oha, { ...of, seconds: 1 }) // what is read for the first time comes from the disk
      found.reads.push({ what, ...load(place.oha, { ...of, seconds: 3 }) })
    }
    for (const [what, query] of LISTS) ask(`API, ${what}`, `/v1/identities?limit=50${query && `&${query}`}`, server.ask.headers)
    for (const [what, path] of [...PAGES, ['one identity', one]]) ask(`console, ${what}`, path, { cookie })
    found.serverMib = memory(server.pid)
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
  return found
}
