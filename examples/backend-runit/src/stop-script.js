/** @import {GatewaySpec} from '@hermes-svc/core' */

const LOOK_MS = 200

/**
 * `control/t` of a service. runsv calls it before it sends TERM, whoever asked, but never sends KILL. So this leaves a
 * process behind that does when the time is up, also when the one that asked has ended. Pure.
 *
 * @param {GatewaySpec} spec
 */
export function renderStopScript({profile, stopTimeoutMs}) {
  return [
    '#!/bin/sh',
    `# Ends the gateway ${profile} that ignores TERM. Written by hermes-svc, which replaces it at the next install.`,
    'read -r pid birth rest < started && (',
    `  left=${String(Math.ceil(stopTimeoutMs / LOOK_MS))}`,
    '  while kill -0 "$pid"; do',
    '    [ "$left" -gt 0 ] || break',
    `    sleep ${String(LOOK_MS / 1000)}`,
    '    left=$((left - 1))',
    '  done',
    '  # By now another process may have that pid.',
    '  [ "$(sed "s/.*) //" "/proc/$pid/stat" | cut -d " " -f 20)" != "$birth" ] || kill -s KILL "$pid"',
    ') < /dev/null > /dev/null 2>&1 &',
    '# With anything but 0 runsv goes on and sends TERM.',
    'exit 1',
    '',
  ].join('\n')
}
