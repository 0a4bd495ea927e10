import type {GatewaySpec} from '@hermes-svc/core'
import type {S6Facts} from './s6-facts.js'
import {quoteWord, quoteWords} from './shell-words.js'
import {UNHARMED} from './slot-names.js'

/** Where the reference module's image has its virtual environment. */
export const REFERENCE_VENV = '/opt/hermes/.venv'

/** Interpreter of a script that needs the container's environment. Pure. */
export function shebang({withContenv}: S6Facts): string {
  return withContenv === null ? '#!/bin/sh' : `#!${withContenv} sh`
}

/**
 * Whom a root supervisor drops to, as s6-setuidgid takes it; null: nobody, the gateway runs as the supervisor does. An
 * ordinary account without a name is given by number: without it its gateway would run as root. Pure.
 */
export function dropTarget({account}: GatewaySpec, {writer}: S6Facts): string | null {
  if (account !== null) return account === 'root' ? null : account
  return writer.uid === 0 ? null : `${String(writer.uid)}:${String(writer.uid)}`
}

/**
 * Lines that begin the script again as the gateway's account where it was started by root. As nobody else s6-setuidgid
 * could not set the groups. Dropping comes first, so that root reads nothing that the account may write. Pure.
 */
export function dropLines(spec: GatewaySpec, facts: S6Facts, script: string): string[] {
  const target = dropTarget(spec, facts)
  if (target === null) return []
  const again = quoteWords([facts.setuidgid, target, '/bin/sh', script])
  // Nor does it stay root where id(1) cannot be found: then it is not a number, and not unequal.
  return [`[ "$(id -u)" -ne 0 ] 2>/dev/null || exec ${again} "$@"`]
}

/**
 * In a container whose home this is, its HERMES_HOME wins when the gateway starts, so that nothing has to be written anew
 * for another one. Elsewhere the supervisor's own is anybody's. Pure.
 */
export function homeLines({root, homeFromContainer}: S6Facts): string[] {
  const home = `HERMES_HOME=${quoteWord(root)}`
  // Not as a word inside of ${}: there bash looks for the end of a quote or a command in what is only text.
  return homeFromContainer ? [`[ -n "\${HERMES_HOME-}" ] || ${home}`, 'export HERMES_HOME'] : [`export ${home}`]
}

function directoryOf({cwd, userSet}: GatewaySpec, {root, dialect}: S6Facts): string {
  const follows = dialect === 'hermes' && cwd === root && !userSet.includes('cwd')
  return follows ? '"$HERMES_HOME"' : quoteWord(cwd)
}

/**
 * Notes which definition runs, since a later install leaves that alone, and for ./finish the process group to clear and
 * the time by a clock that nobody sets. ./finish empties the notes, so whoever they still name outlived an s6-supervise
 * that was killed, and would run beside the new process. In a subshell: its variables are not the gateway's.
 */
const bookkeeping = (place: string): string[] => [
  '(',
  '  born_of() {',
  '    read -r stat < "/proc/$1/stat" || return 1',
  '    # Field 22 of proc(5), counted from behind the name of the program, which may have spaces.',
  '    set -- ${stat##*) }',
  '    shift 19',
  '    born=$1',
  '  }',
  '  before=',
  '  read -r pid up before < data/started',
  '  if [ -n "$before" ] && born_of "$pid" && [ "$born" = "$before" ]; then kill -s KILL -- "-$pid"; fi',
  '  born_of "$$"',
  '  read -r up rest < /proc/uptime',
  '  [ ! -e data/parked ] || rm -f data/parked',
  `  running=${quoteWord(`../${place}`)}`,
  '  # Where nothing has died under this supervisor, a listing need not look at the tally.',
  `  if [ -f supervise/death_tally ] && [ ! -s supervise/death_tally ]; then running=$running${UNHARMED}$$; fi`,
  '  ln -sfn "$running" data/running',
  '  # Last: with it all of this is done.',
  '  printf \'%s %s %s\\n\' "$$" "${up%.*}${up#*.}" "$born" > data/started',
  ') 2>/dev/null',
]

/** `run` of a slot. `place` is the name of the definition's directory. Pure. */
export function renderRunScript(spec: GatewaySpec, facts: S6Facts, place: string): string {
  const venv = facts.dialect === 'reference' ? [`. ${REFERENCE_VENV}/bin/activate`] : []
  return [
    shebang(facts),
    `# Runs the gateway ${spec.profile}. Written by hermes-svc, which replaces it at the next install.`,
    ...dropLines(spec, facts, `./${place}/run`),
    'exec 2>&1',
    ...bookkeeping(place),
    ...homeLines(facts),
    `. ./${place}/environment`,
    `cd ${directoryOf(spec, facts)} || exit 111`,
    ...venv,
    `exec ${quoteWords(spec.argv)}`,
    '',
  ].join('\n')
}

/** The environment file: sourced by `run`, readable by the gateway's account only. Pure. */
export function renderEnvironment({env}: GatewaySpec, {root}: S6Facts): string {
  return Object.keys(env)
    .filter(key => key !== 'HERMES_HOME' || env[key] !== root)
    .sort()
    .map(key => `export ${key}=${quoteWord(env[key] ?? '')}\n`)
    .join('')
}
