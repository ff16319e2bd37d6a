// One workload for everybody: N rules, 100 agents, each question permitted by one rule.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const AGENTS = 100
export const agent = (i) => `agent-${i}`
/** The team of an agent under `rules` rules: agents are spread over them. */
export const team = (i, rules) => `team-${Math.floor((i * rules) / AGENTS) % rules}`

/** Our bundle: a rule a team. */
export function bundle(folder, rules) {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  mkdirSync(join(folder, 'tests'), { recursive: true })
  const teams = Array.from({ length: rules }, (_, k) => k)
  writeFileSync(join(folder, 'bundle.toml'), 'name = "measured"\ndescription = "One rule a team"\n\n[types]\nagent = "Agent"\nteam = "Team"\n')
  writeFileSync(join(folder, 'schema.cedarschema'), `entity Team;
entity Agent in [Team] { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };
entity record { level?: Long };
action "record.read", "record.export" appliesTo { principal: [Agent], resource: [record], context: { input: { pages: Long } } };
`)
  writeFileSync(join(folder, 'policies/teams.cedar'), teams.map((k) => `@id("team-${k}")
permit (principal in Team::"team-${k}", action in [Action::"record.read", Action::"record.export"], resource)
when { context.input.pages <= 100 };
`).join('\n'))
  writeFileSync(join(folder, 'entities.json'), JSON.stringify(teams.map((k) => ({ uid: { type: 'Team', id: `team-${k}` }, attrs: {}, parents: [] }))))
  writeFileSync(join(folder, 'tests/reads.toml'), `[[test]]
name = "a team reads"
subject = { type = "agent", id = "a", attrs = { name = "a", kind = "agent", status = "active", mode = "enforce" }, groups = [["team", "team-0"]] }
action = { name = "record.read", properties = { pages = 3 } }
resource = { type = "record", id = "r" }
expect = "permit"
rules = ["team-0"]
`)
}

/** A file with a question a line. */
export function bodies(path, question) {
  const lines = Array.from({ length: 1000 }, (_, i) => JSON.stringify(question(i % AGENTS, i)))
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}

export const authzen = (i, n) => ({
  subject: { type: 'agent', id: agent(i) },
  action: { name: 'record.read', properties: { pages: 1 + (n % 50) } },
  resource: { type: 'record', id: `record-${n}` },
})

export const cerbos = (rules) => (i, n) => ({
  requestId: String(n),
  principal: { id: agent(i), roles: [team(i, rules)] },
  resources: [{ resource: { kind: 'record', id: `record-${n}`, attr: { pages: 1 + (n % 50) } }, actions: ['read'] }],
})

/** The same rules for Cerbos: one resource policy, a rule a role. */
export function cerbosPolicies(folder, rules) {
  mkdirSync(folder, { recursive: true })
  const rule = (k) => `    - actions: ["read"]\n      effect: EFFECT_ALLOW\n      roles: ["team-${k}"]\n      condition: {match: {expr: "R.attr.pages <= 100"}}\n`
  writeFileSync(join(folder, 'record.yaml'), `apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  version: default\n  resource: record\n  rules:\n${Array.from({ length: rules }, (_, k) => rule(k)).join('')}`)
}
