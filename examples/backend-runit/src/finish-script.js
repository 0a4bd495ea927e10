/** @import {GatewaySpec} from '@hermes-svc/core' */

/** EX_TEMPFAIL of sysexits.h: the gateway asks to be started again. */
const RESTART_REQUESTED = 75

/**
 * @param {readonly number[]} codes
 * @param {string} reason
 */
function parkLines(codes, reason) {
  const kept = codes.filter(code => code !== RESTART_REQUESTED)
  return kept.length === 0 ? [] : [`  ${kept.join('|')}) park ${reason} ;;`]
}

/**
 * `finish` of a service: what follows a death. runsv calls it with the exit code, or -1, and the signal. The time that it
 * sleeps is the delay before the next start; runsv itself knows only one second. Pure.
 *
 * @param {GatewaySpec} spec
 */
export function renderFinishScript({profile, restart}) {
  const {delayMs, maxDelayMs, windowMs, giveUpAfter, fatalExitCodes, cleanExitCodes} = restart
  // A code in both lists is fatal.
  const clean = cleanExitCodes.filter(code => !fatalExitCodes.includes(code))
  return [
    '#!/bin/sh',
    `# Decides what follows a death of the gateway ${profile}. Written by hermes-svc, which replaces it at the next install.`,
    'exec 2>/dev/null',
    'note() { echo "$2" > "$1.new" && mv "$1.new" "$1"; }',
    '# Down for good, in the words of runsv(8); a reader that is gone must not keep us.',
    'park() { note parked "$1"; rm -f backoff; printf d 1<> supervise/control; exit; }',
    'deaths=0 failures=0 pid= since=',
    'read -r deaths rest < death',
    'note death "$((deaths + 1)) $1 $2"',
    'read -r pid birth since < started',
    '# What it left in its process group would be in the way of the next start.',
    '[ -z "$pid" ] || kill -s KILL -- "-$pid"',
    ': > started',
    '# A stop waits for no delay and is no failure; nor is a restart that was asked for.',
    'case $(cat supervise/stat) in *want*) exit ;; esac',
    'if [ -e restart ]; then rm -f restart backoff; exit; fi',
    'case $1 in',
    ...parkLines(fatalExitCodes, 'fatal'),
    ...parkLines(clean, 'clean'),
    'esac',
    'read -r failures rest < backoff',
    'read -r up rest < /proc/uptime',
    `if [ -n "$since" ] && [ "$((\${up%.*} - since))" -ge ${String(Math.ceil(windowMs / 1000))} ]; then failures=0; fi`,
    `delay=${String(Math.min(delayMs, maxDelayMs))}`,
    `if [ "$1" != ${String(RESTART_REQUESTED)} ]; then`,
    '  failures=$((failures + 1)) step=1',
    ...(giveUpAfter === null ? [] : [`  [ "$failures" -lt ${String(giveUpAfter)} ] || park gave-up`]),
    `  while [ "$step" -lt "$failures" ] && [ "$delay" -lt ${String(maxDelayMs)} ]; do`,
    '    delay=$((delay * 2)) step=$((step + 1))',
    '  done',
    `  [ "$delay" -le ${String(maxDelayMs)} ] || delay=${String(maxDelayMs)}`,
    'fi',
    'note backoff "$failures $delay $$"',
    'exec sleep "$((delay / 1000)).$(printf %03d "$((delay % 1000))")"',
    '',
  ].join('\n')
}
