import {isAbsolute, join, relative} from 'node:path'
import type {GatewaySpec} from '@hermes-svc/core'
import {dropLines, homeLines, shebang} from './run-script.js'
import type {S6Facts} from './s6-facts.js'
import {quoteWord, quoteWords} from './shell-words.js'

function directoryWord(spec: GatewaySpec, {root, logs}: S6Facts): string {
  const inside = relative(root, join(logs, spec.profile))
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return quoteWord(join(logs, spec.profile))
  return `"$HERMES_HOME"/${quoteWord(inside)}`
}

/**
 * `log/run` of a slot. s6-log passes each line on to the container's log (`1`) and keeps it with the time in UTC (`T`) in
 * rotated files (s6-log.html). All work under the home is done with the account's rights: root would follow whatever
 * links the account put there. Pure.
 */
export function renderLogScript(spec: GatewaySpec, facts: S6Facts): string {
  const {files, sizeBytes} = spec.logs
  const logger = quoteWords([facts.s6Log, '1', `n${String(files)}`, `s${String(sizeBytes)}`, 'T'])
  return [
    shebang(facts),
    `# Keeps the log of the gateway ${spec.profile}. Written by hermes-svc, which replaces it at the next install.`,
    ...dropLines(spec, facts, './run'),
    'export TZ=UTC0',
    ...homeLines(facts),
    `directory=${directoryWord(spec, facts)}`,
    '# A lock that a killed container left on a volume would keep s6-log out for ever.',
    'if mkdir -p -- "$directory" && [ -w "$directory" ] && rm -f -- "$directory/lock"; then',
    `  exec ${logger} "$directory"`,
    'fi',
    'echo "hermes-svc: $directory cannot be written: this output is not kept"',
    '# Somebody has to read, or the gateway would block when the pipe is full.',
    `exec ${quoteWords([facts.s6Log, '1'])}`,
    '',
  ].join('\n')
}
