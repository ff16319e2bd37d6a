// The figures as docs/benchmarks.md shows them.
const whole = (n) => Math.round(n).toLocaleString('en')
const short = (n) => (n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : whole(n))
const row = (cells) => `| ${cells.join(' | ')} |`

/** What was measured so far; a part that is not there yet is left out. */
export function table({ machine, rows, governed, pack, found, large }) {
  const own = rows[0].clients
  const sizes = Object.keys(own)
  const cell = (c) => `${whole(c.rate)} (${whole(c.low)} to ${whole(c.high)})<br>${short(c.p50)} / ${short(c.p99)} / ${short(c.p999)} ms`
  const ratio = (c, n) => short(own[n].rate / c.rate)
  return `# Benchmarks

\`make bench\` wrote this: ${machine.date}, commit ${machine.commit}, ${machine.cores} cores of ${machine.cpu}, ${short(machine.gib)} GiB, ${machine.os}.
The disk syncs ${whole(machine.syncs)} times a second (4 KiB, one after another): one caller alone cannot get durable answers quicker than that; commits of many share a sync.
The load generator (oha) runs on the same cores. Three interleaved rounds; the median, in brackets lowest and highest. Only ratios inside one run mean anything.

## Decisions a second

The same workload for everybody: ten rules, a hundred agents, each question permitted by one rule. decern decides by its built-in model.
Each cell: requests a second; below them the latencies p50 / p99 / p99.9.

${row(['', 'record it keeps', ...sizes.map((n) => `${n} client${n === '1' ? '' : 's'}`), 'memory'])}
${row(['---', '---', ...sizes.map(() => '---:'), '---:'])}
${rows.map((r) => row([r.name, r.record, ...sizes.map((n) => cell(r.clients[n])), `${whole(r.mib)} MiB`])).join('\n')}

Countersign divided by the other:

${row(['', ...sizes.map((n) => `${n} client${n === '1' ? '' : 's'}`)])}
${row(['---', ...sizes.map(() => '---:')])}
${rows.slice(1).map((r) => row([r.name, ...sizes.map((n) => ratio(r.clients[n], n))])).join('\n')}
${governed ? governing(governed) : ''}${found ? register(found) : ''}${pack ? packs(pack) : ''}${large ? ofLarge(large) : ''}`
}

const governing = ({ grants, chains, reports, revocations }) => `
## Governing

Sixteen clients, three interleaved rounds: decisions a second with lowest and highest, and latencies.

${row(['', 'a second', 'p50 ms', 'p99 ms'])}
${row(['---', '---:', '---:', '---:'])}
${grants.map((r) => rated(`${r.live} live grants an agent`, r)).join('\n')}
${chains.map((r) => rated(r.links === 0 ? 'asked by the agent itself' : `handed through ${r.links} agents`, r)).join('\n')}

Acts a second that a gateway reports, each compared with what was decided and looked at for findings; four reports under way at once, latencies of a report:

${row(['', 'a second', 'p50 ms', 'p99 ms'])}
${row(['---', '---:', '---:', '---:'])}
${reports.map((r) => rated(`${r.acts} act${r.acts === 1 ? '' : 's'} a report`, r)).join('\n')}

A revocation from any node, one after another, while 64 clients ask as fast as they are answered:

${row(['', 'decisions a second', 'revocations', 'p50 ms', 'p99 ms'])}
${row(['---', '---:', '---:', '---:', '---:'])}
${revocations.map((r) => row([r.where, whole(r.decisions), whole(r.revocations), short(r.p50), short(r.p99)])).join('\n')}
`

const rated = (what, r) => row([what, `${whole(r.rate)} (${whole(r.low)} to ${whole(r.high)})`, short(r.p50), short(r.p99)])

const register = (found) => `
## Register: ${whole(found.identities)} identities

Imported from one AWS export of ${whole(found.mib)} MiB in ${short(found.seconds)} s (${whole(found.identities / found.seconds)} a second), server memory afterwards ${whole(found.serverMib)} MiB.
Pages of 50 over HTTP, one client:

| | p50 ms | p95 ms | p99 ms |
|---|---:|---:|---:|
${found.reads.map((r) => row([r.what, short(r.p50), short(r.p95), short(r.p99)])).join('\n')}
`

const ofLarge = (large) => `
## Register: ${whole(large.identities)} identities, ${whole(large.identities * 20)} entitlements

On SQLite, ${short(large.gib)} GiB, made from the seed ${large.seed} in ${whole(large.filling)} s (by SQL, not by imports). One client over HTTP, each asked for a
second before it was measured for three; server memory afterwards ${whole(large.serverMib)} MiB.

| | p50 ms | p95 ms | p99 ms |
|---|---:|---:|---:|
${large.reads.map((r) => row([r.what, short(r.p50), short(r.p95), short(r.p99)])).join('\n')}
`

const packs = (pack) => `
## Evidence packs

A pack over a log of ${whole(pack.events)} events: made in ${short(pack.making)} s (${whole(pack.events / pack.making)} events a second, the control tests among it), ${short(pack.mib)} MiB; verified offline in ${short(pack.verifying)} s (${whole(pack.events / pack.verifying)} events a second).
`
