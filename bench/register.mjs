// The register at 100,000 identities, and packs: over the import, the API and the command line, as users have them.
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load, memory, run } from './lib.mjs'
import { ours } from './targets.mjs'

const IDENTITIES = Number(process.env.BENCH_IDENTITIES ?? 100_000)

/** An account's authorization details with so many roles, in the shape `aws iam get-account-authorization-details` prints. */
function details(path, roles) {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }] }
  const role = (n) => ({
    Path: '/', RoleName: `service-${n}-${['billing', 'search', 'mail', 'export'][n % 4]}`, RoleId: `AROA${String(n).padStart(16, '0')}`,
    Arn: `arn:aws:iam::111122223333:role/service-${n}-${['billing', 'search', 'mail', 'export'][n % 4]}`, CreateDate: '2026-01-15T08:00:00+00:00',
    AssumeRolePolicyDocument: trust, InstanceProfileList: [], AttachedManagedPolicies: [], Tags: [],
    RolePolicyList: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: `arn:aws:s3:::bucket-${n % 500}/*` }] } }],
  })
  writeFileSync(path, JSON.stringify({ UserDetailList: [], GroupDetailList: [], Policies: [], RoleDetailList: Array.from({ length: roles }, (_, n) => role(n)) }))
}

const timed = (work) => { const began = performance.now(); const said = work(); return [(performance.now() - began) / 1000, said] }

export async function register(place, made) {
  const file = join(place.scratch, 'authorization-details.json')
  details(file, IDENTITIES)
  const [seconds] = timed(() => run(place.countersign, ['import', 'aws-iam', file, '--data', made.data]))
  const found = { identities: IDENTITIES, mib: statSync(file).size / (1 << 20), seconds, reads: [] }
  const server = await ours(place, made, 4200)
  try {
    const at = new URL('/', server.ask.url).href
    for (const [what, query] of [
      ['first page', ''], ['filter: kind', 'kind=service_account'], ['filter: no owner', 'orphaned=true'],
      ['search: rare', 'text=service-99999'], ['search: common', 'text=billing'],
    ]) {
      const seen = load(place.oha, { url: `${at}v1/identities?limit=50${query ? `&${query}` : ''}`, clients: 1, seconds: 3, method: 'GET', headers: server.ask.headers })
      found.reads.push({ what, ...seen })
    }
    found.serverMib = memory(server.pid)
  } finally {
    await server.stop()
  }
  return found
}

/** A pack over all that the decisions left, made beside a running server and verified. */
export async function packs(place, made) {
  const file = join(place.scratch, 'pack.zip')
  rmSync(file, { force: true })
  const day = (d) => new Date(Date.now() + d * 86_400_000).toISOString().slice(0, 10)
  const server = await ours(place, made, 4200)
  try {
    const asked = ['evidence', 'export', '--framework', 'nist-800-53r5', '--from', day(-1), '--to', day(1), '--out', file, '--data', made.data]
    const [making] = timed(() => run(place.countersign, asked))
    const [verifying] = timed(() => run(place.countersign, ['verify', file], { allow: [0, 2] }))
    const events = Number(run(place.countersign, ['log', 'checkpoint', '--data', made.data]).split('\n')[1])
    return { making, verifying, events, mib: statSync(file).size / (1 << 20) }
  } finally {
    await server.stop()
  }
}
