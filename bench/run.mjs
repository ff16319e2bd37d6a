// `make bench`: measures, prints as it goes, and writes docs/benchmarks.md. Only ratios inside one run mean anything.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { decisions } from './decisions.mjs'
import { governing } from './governing.mjs'
import { large } from './large.mjs'
import { syncRate } from './lib.mjs'
import { packs, register } from './register.mjs'
import { table } from './report.mjs'

const place = JSON.parse(process.env.BENCH_PLACE)
rmSync(place.scratch, { recursive: true, force: true })
mkdirSync(place.scratch, { recursive: true })
const machine = {
  cpu: cpus()[0].model.trim(), cores: cpus().length, gib: totalmem() / (1 << 30),
  os: /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  date: new Date().toISOString().slice(0, 10), syncs: syncRate(place.scratch),
}
console.error(`the disk syncs ${Math.round(machine.syncs)} times a second`)
const found = { machine }
// after each part: what takes minutes is not lost because a later part fails
const keep = () => { if (process.env.BENCH_KEEP !== 'no') writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), table(found)) }
const { rows, installation } = await decisions(place)
found.rows = rows
keep()
console.error('governing')
found.governed = await governing(place)
keep()
console.error('packs')
found.pack = await packs(place, installation)
keep()
console.error('the register')
found.found = await register(place, installation)
keep()
console.error('a large register')
found.large = await large(place)
keep()
console.log(table(found))
rmSync(place.scratch, { recursive: true, force: true })
