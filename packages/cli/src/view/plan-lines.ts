import type {PlanOutput} from '../output/plan-output.js'
import {toPrintable} from './printable.js'

/** An argument as a reader of the plan can tell it from its neighbours; not for pasting into a shell. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument)
}

const VERBS = {none: 'nothing to change for', create: 'would install', update: 'would update'} as const

/** The plan of an install: files, tools, deviations. Contents appear when verbose; those with environment values never. */
export function planLines({profile, backend, change, plan, spec, warnings}: PlanOutput, verbose: boolean): string[] {
  const lines = [
    `${VERBS[change]} ${profile} (${backend} ${spec.scope})`,
    `  run       ${spec.argv.map(quoted).join(' ')}`,
  ]
  if (spec.envKeys.length > 0) lines.push(`  env       ${spec.envKeys.join(', ')} (values hidden)`)
  for (const {kind, path, mode, owner, bytes, sensitive, contents} of plan.entries) {
    const size = kind === 'file' ? `, ${String(bytes)} bytes${sensitive ? ', contents hidden' : ''}` : ''
    const target = kind === 'symlink' ? ` -> ${contents ?? ''}` : ''
    lines.push(`  ${kind.padEnd(10)}${path}${target} (${mode}${owner === null ? '' : `, ${owner}`}${size})`)
    if (verbose && kind === 'file' && contents !== null)
      lines.push(
        ...contents
          .trimEnd()
          .split(/\r?\n/)
          .map(line => `    | ${toPrintable(line)}`),
      )
  }
  for (const {file, args} of plan.commands) lines.push(`  tool      ${[file, ...args].map(quoted).join(' ')}`)
  for (const note of new Set([...plan.notes, ...warnings])) lines.push(`  note      ${note}`)
  return lines
}
