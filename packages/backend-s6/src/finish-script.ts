import type {GatewaySpec} from '@hermes-svc/core'
import {dropLines} from './run-script.js'
import type {S6Facts} from './s6-facts.js'
import {quoteWord} from './shell-words.js'

/** EX_TEMPFAIL of sysexits.h: Hermes ends with it to ask for a restart. */
const RESTART_REQUESTED = 75

function caseOf(codes: readonly number[], reason: string): string[] {
  const kept = codes.filter(code => code !== RESTART_REQUESTED)
  return kept.length === 0 ? [] : [`  ${kept.join('|')}) park ${reason} ;;`]
}

function delayLines({restart}: GatewaySpec): string[] {
  const {delayMs, maxDelayMs, giveUpAfter} = restart
  const most = String(maxDelayMs)
  return [
    `delay=${String(Math.min(delayMs, maxDelayMs))}`,
    `if [ "$1" != ${String(RESTART_REQUESTED)} ]; then`,
    '  failures=$((failures + 1))',
    ...(giveUpAfter === null ? [] : [`  [ "$failures" -lt ${String(giveUpAfter)} ] || park gave-up`]),
    '  step=1',
    `  while [ "$step" -lt "$failures" ] && [ "$delay" -lt ${most} ]; do delay=$((delay * 2)) step=$((step + 1)); done`,
    `  [ "$delay" -le ${most} ] || delay=${most}`,
    'fi',
  ]
}

/**
 * `finish` of a slot: what follows a death. s6-supervise calls it with the exit code (256: killed), the signal and the
 * service's name; after exit code 125 it leaves the service down (s6-supervise.html). The time that it sleeps is the delay
 * before the next start. Pure.
 */
export function renderFinishScript(spec: GatewaySpec, facts: S6Facts, place: string): string {
  const {windowMs, fatalExitCodes, cleanExitCodes} = spec.restart
  // A code in both lists is fatal, as everywhere.
  const clean = cleanExitCodes.filter(code => !fatalExitCodes.includes(code))
  return [
    '#!/bin/sh',
    `# Decides what follows a death of the gateway ${spec.profile}. Written by hermes-svc, which replaces it at the next install.`,
    ...dropLines(spec, facts, `./${place}/finish`),
    'pid= since= asked= failures=',
    '{ read -r pid since rest < data/started; } 2>/dev/null',
    '# A disk that was full leaves half a note, and anybody with the rights of the gateway another one.',
    'case $pid in "" | *[!0-9]* | [01]) pid= ;; esac',
    'case $since in "" | *[!0-9]* | 0* | ????????????*) since= ;; esac',
    '# What it left in its process group would be in the way of the next start. A pid is good for one death only.',
    '[ -z "$pid" ] || kill -s KILL -- "-$pid" 2>/dev/null',
    '{ true > data/started; } 2>/dev/null',
    '# Whoever wants it down, also by s6-svc, is not to wait, and its end is not to be judged.',
    `[ "$(${quoteWord(facts.s6Svstat)} -o wantedup . 2>/dev/null)" != false ] || exit 0`,
    '{ read -r asked < data/restart; } 2>/dev/null',
    'if [ -n "$pid" ] && [ "$asked" = "$pid" ]; then rm -f data/restart data/backoff; exit 0; fi',
    'park() {',
    '  { printf \'%s %s\\n\' "$1" "$pid" > data/parked; } 2>/dev/null',
    '  rm -f data/backoff',
    '  exit 125',
    '}',
    'case $1 in',
    ...caseOf(fatalExitCodes, 'fatal'),
    ...caseOf(clean, 'clean'),
    'esac',
    '{ read -r failures rest < data/backoff; } 2>/dev/null',
    'case $failures in "" | *[!0-9]* | 0* | ??????????*) failures=0 ;; esac',
    'if [ -n "$since" ]; then',
    '  read -r up rest < /proc/uptime',
    '  lived=$((${up%.*}${up#*.} - since))',
    '  # Less than nothing: that start was in another boot.',
    `  if [ "$lived" -lt 0 ] || [ "$lived" -ge ${String(Math.ceil(windowMs / 10))} ]; then failures=0; fi`,
    'fi',
    ...delayLines(spec),
    '{ printf \'%s %s %s\\n\' "$failures" "$delay" "$$" > data/backoff; } 2>/dev/null',
    'seconds=$((delay / 1000)) rest=$((delay % 1000))',
    '[ "$rest" -eq 0 ] || seconds=$seconds.$(printf \'%03d\' "$rest")',
    'exec sleep "$seconds"',
    '',
  ].join('\n')
}
