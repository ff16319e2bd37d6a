// What governing costs: decisions beside live grants and through hand-offs, reports of what was done, revocations under load.
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summary } from './decisions.mjs'
import { call, each, load, loadAside, percentile, run } from './lib.mjs'
import { installation, ours } from './targets.mjs'
import { AGENTS, agent, authzen, bodies } from './workload.mjs'

const ROUNDS = 3
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4)
const CLIENTS = 16
const GRANTS = [5, 50, 500]
const LINKS = [0, 8]
const ACTS = [1, 100]
const RULES = 10

/** The rounds of several targets, interleaved; `[{...target, rate, low, high, p50, p99, p999}]`. */
async function rounds(targets, measure) {
  const runs = targets.map(() => [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, target] of targets.entries()) runs[at].push(await measure(target))
  }
  return targets.map((target, at) => ({ ...target, ...summary(runs[at]) }))
}

/** Decisions by agents with so many live grants each. A grant lives five minutes, so they are made just before. */
async function grants(place) {
  const targets = []
  for (const live of GRANTS) {
    const made = installation(place, RULES, { name: `grants-${live}` })
    run(place.countersign, ['action', 'set', 'record.export', '--fact', 'restricted-data', '--data', made.data])
    targets.push({ live, made })
  }
  for (const { live, made } of targets) {
    await serving(place, made, async ({ ask }) => {
      const all = Array.from({ length: live * AGENTS }, (_, n) => n)
      await each(all, 64, async (n) => {
        const question = { ...authzen(n % AGENTS, n), action: { name: 'record.export', properties: { pages: 1 } } }
        const { decision, context } = await call(ask.url, { headers: ask.headers, body: JSON.stringify(question) })
        if (!decision || !context.grant) throw new Error(`no grant: ${JSON.stringify(context)}`)
      })
    })
    console.error(`  ${live} grants an agent are live`)
  }
  const seen = await rounds(targets, ({ made }) => serving(place, made, ({ ask }) => {
    load(place.oha, { ...ask, clients: CLIENTS, seconds: 1 })
    return load(place.oha, { ...ask, clients: CLIENTS, seconds: SECONDS })
  }))
  return seen.map(({ made: _, ...row }) => row)
}

/** Decisions on work that was handed through so many agents. */
async function chains(place) {
  const made = installation(place, RULES, { name: 'chains' })
  return serving(place, made, async ({ ask }) => {
    const targets = LINKS.map((links) => ({ links, file: bodies(join(place.scratch, `chain-${links}.jsonl`), handed(links)) }))
    load(place.oha, { ...ask, clients: CLIENTS, seconds: 1 })
    const seen = await rounds(targets, ({ file }) => load(place.oha, { ...ask, bodies: file, clients: CLIENTS, seconds: SECONDS }))
    return seen.map(({ file: _, ...row }) => row)
  })
}

const handed = (links) => (i, n) => {
  const question = authzen(i, n)
  const act = Array.from({ length: links }, (_, link) => agent((i + link + 1) % AGENTS))
  return { ...question, subject: { ...question.subject, ...(links > 0 && { properties: { act } }) } }
}

/** Acts a second that a gateway reports, each compared with what was decided, four reports under way at once. */
async function reports(place) {
  const made = installation(place, RULES, { name: 'reports' })
  return serving(place, made, async ({ ask }) => {
    const url = new URL('/v1/activity', ask.url).href
    let next = 0
    const act = () => {
      next += 1
      return JSON.stringify({ id: `act-${next}`, agent: { type: 'agent', id: agent(next % AGENTS) }, action: 'record.read', resource: { type: 'record', id: `record-${next % 1000}` }, destination: `files-${next % 50}.example` })
    }
    return rounds(ACTS.map((acts) => ({ acts })), async ({ acts }) => {
      const [took, began] = [[], performance.now()]
      await Promise.all(Array.from({ length: 4 }, async () => {
        while (performance.now() - began < SECONDS * 1000) {
          const body = Array.from({ length: acts }, act).join('\n')
          const from = performance.now()
          const noted = await call(url, { headers: ask.headers, body, type: 'application/x-ndjson' })
          if (noted.recorded !== acts) throw new Error(`recorded ${noted.recorded} of ${acts}`)
          took.push(performance.now() - from)
        }
      }))
      return { rate: (took.length * acts) / ((performance.now() - began) / 1000), ...latencies(took) }
    })
  })
}

const latencies = (took) => ({ p50: percentile(took, 0.5), p99: percentile(took, 0.99), p999: percentile(took, 0.999) })

/** How long a revocation takes while every node answers as fast as it can. */
async function revocations(place) {
  const found = [{ where: 'SQLite, one node', ...await revoking(place, [installation(place, RULES, { name: 'revoked' })]) }]
  const script = new URL('../scripts/postgres.sh', import.meta.url).pathname
  let there = true
  try { run(script, ['where']) } catch { there = false }
  if (!there) { console.error('  no PostgreSQL here: not measured'); return found }
  // a socket's path is short
  const cluster = mkdtempSync(join(tmpdir(), 'bench-pg.'))
  try {
    const said = run(script, ['start', cluster], { env: { ...process.env, FSYNC: 'on' } })
    const first = installation(place, RULES, { name: 'node-1', database: said.split("'")[1] })
    const others = [2, 3].map((n) => {
      const data = join(place.scratch, `data-node-${n}`)
      mkdirSync(data, { recursive: true, mode: 0o700 })
      copyFileSync(join(first.data, 'key'), join(data, 'key'))
      return { ...first, data }
    })
    found.push({ where: 'PostgreSQL, three nodes', ...await revoking(place, [first, ...others]) })
  } finally {
    run(script, ['stop', cluster])
  }
  return found
}

async function revoking(place, nodes) {
  const servers = []
  try {
    for (const [n, made] of nodes.entries()) servers.push(await ours(place, made, 4300 + n * 10))
    const { url, headers } = servers[0].ask
    const { items } = await call(new URL('/v1/identities?limit=100', url), { method: 'GET', headers })
    // one in ten of those who ask
    const targets = items.filter(({ name }) => name.endsWith('7')).map(({ id }) => id)
    const seconds = Math.max(SECONDS * ROUNDS, 6)
    const loads = servers.map(({ ask }) => loadAside(place.oha, { ...ask, clients: Math.ceil(64 / servers.length), seconds }))
    const took = []
    const end = performance.now() + (seconds - 2) * 1000
    await new Promise((r) => setTimeout(r, 1000))
    for (let n = 0; performance.now() < end; n += 1) {
      const at = new URL('/v1/revocations', servers[n % servers.length].ask.url)
      const body = JSON.stringify({ target: { kind: 'identity', id: targets[n % targets.length] }, reason: 'measured' })
      const from = performance.now()
      await call(at, { headers, body })
      took.push(performance.now() - from)
      await new Promise((r) => setTimeout(r, 20))
    }
    const rate = (await Promise.all(loads)).reduce((sum, seen) => sum + seen.rate, 0)
    return { revocations: took.length, decisions: rate, ...latencies(took) }
  } finally {
    for (const server of servers) await server.stop()
  }
}

async function serving(place, made, work) {
  const server = await ours(place, made, 4250)
  try { return await work(server) } finally { await server.stop() }
}

/** `{grants, chains, reports, revocations}`, each a list of rows. */
export async function governing(place) {
  const found = {}
  for (const [name, part] of Object.entries({ grants, chains, reports, revocations })) {
    found[name] = await part(place)
    for (const row of found[name]) console.error(`  ${name}: ${JSON.stringify(row)}`)
  }
  return found
}
