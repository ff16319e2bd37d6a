// Decisions a second, side by side: rounds are interleaved, so that what the machine does meanwhile meets everybody.
import { load, median, memory } from './lib.mjs'
import { cerbosServer, decern, echo, installation, ours, unlogged } from './targets.mjs'

const ROUNDS = 3
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4)
const CLIENTS = [1, 16, 64]

/** `[{name, record, clients: {n: {rate, low, high, p50, p99, p999}}, mib}]` */
export async function decisions(place) {
  const small = { rules: 10, ...installation(place, 10) }
  const large = { rules: 10_000, ...installation(place, 10_000) }
  const targets = [
    ['Countersign', 'durable before the answer', ours, small],
    ['Countersign, 10,000 policies', 'durable before the answer', ours, large],
    ['Countersign, log off', 'none', unlogged, small],
    ['bare axum echo', 'none, no decision', echo, small],
    ['Cerbos, audit file', 'buffered, lost on a crash', cerbosServer, small],
    ['decern', 'durable, one sync a record', decern, small],
  ]
  const seen = targets.map(([name, record]) => ({ name, record, runs: {}, mib: 0 }))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, [name, , start, made]] of targets.entries()) {
      const server = await start(place, made, 4100 + at * 10)
      try {
        load(place.oha, { ...server.ask, clients: 16, seconds: 1 })
        for (const clients of CLIENTS) (seen[at].runs[clients] ??= []).push(load(place.oha, { ...server.ask, clients, seconds: SECONDS }))
        seen[at].mib = memory(server.pid)
      } finally {
        await server.stop()
      }
      console.error(`  round ${round + 1} of ${ROUNDS}: ${name}: ${CLIENTS.map((c) => `${Math.round(seen[at].runs[c].at(-1).rate)}/s at ${c}`).join(', ')}`)
    }
  }
  return { installation: small, rows: seen.map(({ name, record, runs, mib }) => ({ name, record, mib, clients: Object.fromEntries(CLIENTS.map((c) => [c, summary(runs[c])])) })) }
}

export function summary(runs) {
  const of = (name) => runs.map((r) => r[name])
  return { rate: median(of('rate')), low: Math.min(...of('rate')), high: Math.max(...of('rate')), p50: median(of('p50')), p99: median(of('p99')), p999: median(of('p999')) }
}
