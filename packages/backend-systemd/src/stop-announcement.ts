import {join} from 'node:path'
import {type GatewaySpec, PLANNED_STOP, profileHome} from '@hermes-svc/core'
import {quoteArgument} from './unit-words.js'

// A PATH of the user's may have anything in it, or too little.
const TOOLS = 'PATH=/usr/bin:/bin:$PATH'

/**
 * Writes what `renderPlannedStop` of core gives, by which Hermes tells a stop that somebody asked for from a stray TERM.
 * systemd empties MAINPID where the gateway ended by itself. Nothing at the names is followed: root may run this in a home
 * of another account.
 */
const ANNOUNCE = [
  '[ "$MAINPID" ] && [ -d "${1%/*}/" ] || exit 0',
  // The name of a program may have brackets, blanks and ends of lines. Field 22 of proc(5) is the 20th behind it.
  'marker=$1 stat=; while read -r line; do stat=$line; done < "/proc/$MAINPID/stat"',
  'set -f; set -- ${stat##*) }; [ "${20}" ] || exit 0',
  `${TOOLS}; umask 077; rm -f "$marker.new"; set -C`,
  [
    'printf \'{"target_pid":%s,"target_start_time":%s,"stopper_pid":%s,"written_at":"%s"}\\n\'',
    '"$MAINPID" "${20}" "$PPID" "$(date -u +%Y-%m-%dT%H:%M:%S+00:00)"',
    '> "$marker.new" && mv -fT "$marker.new" "$marker" || rm -f "$marker.new"',
  ].join(' '),
].join('; ')

/** Shell words that remove what is left of an announcement once the gateway is down; its path is `$2`, if there is one. */
export const FORGET_ANNOUNCEMENT = `[ ! -e "$2" ] || { ${TOOLS}; rm -f "$2"; }`

/**
 * Where the stop of a gateway is announced; nowhere for a program of the user's own, which need not be Hermes. An array, to
 * be spread into the words of a command. Pure.
 */
export function announcementPath({profile, userSet}: GatewaySpec, root: string): string[] {
  return userSet.includes('argv') ? [] : [join(profileHome(root, profile), PLANNED_STOP)]
}

/** The line of a unit that announces a stop before TERM is sent. What fails in it fails alone. Pure. */
export function stopAnnouncement(spec: GatewaySpec, root: string): string[] {
  return announcementPath(spec, root).map(
    path => `ExecStop=-/bin/sh ${['-c', ANNOUNCE, 'sh', path].map(quoteArgument).join(' ')}`,
  )
}
