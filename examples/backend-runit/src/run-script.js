/** @import {GatewaySpec} from '@hermes-svc/core' */

/**
 * A word as sh(1) reads it back byte for byte. Pure.
 *
 * @param {string} word
 */
export function quoteWord(word) {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * Lines that set `become` to the options by which chpst(8) becomes the gateway's account, with all its groups. `chpst -u NAME`
 * would take the primary one only; and it stays root for an account that does not exist, which is why the script ends
 * first. Pure.
 *
 * @param {GatewaySpec} spec
 */
export function becomeLines({account}) {
  if (account === null || account === 'root') return ['become=']
  const name = quoteWord(account)
  return [
    'become=',
    'if [ "$(id -u)" -eq 0 ]; then',
    `  uid=$(id -u ${name}) && gids=$(id -G ${name}) || exit 111`,
    '  become="-u :${uid:?}:$(echo "${gids:?}" | tr " " ":")"',
    'fi',
  ]
}

/**
 * `run` of a service: notes what it starts, and becomes the gateway. The shell that it becomes reads the script `gateway`
 * from a descriptor that was opened before the rights were given up, so that nobody but the owner of the service can read
 * the environment values in there. `place` is the directory of this definition. Pure.
 *
 * @param {GatewaySpec} spec
 * @param {string} place
 */
export function renderRunScript(spec, place) {
  return [
    '#!/bin/sh',
    `# Runs the gateway ${spec.profile}. Written by hermes-svc, which replaces it at the next install.`,
    'exec 2>&1',
    '# Field 22 of proc(5), counted from behind the name of the program, which may have spaces.',
    'born() { sed "s/.*) //" "/proc/$1/stat" | cut -d " " -f 20; }',
    '# ./finish empties this note. Whom it still names outlived a runsv that was killed, and would run a second time.',
    '{ read -r pid birth rest < started && [ "$(born "$pid")" = "$birth" ] && kill -s KILL -- "-$pid"; } 2>/dev/null',
    'read -r up rest < /proc/uptime',
    'echo "$$ $(born $$) ${up%.*}" > started',
    `ln -sfn ${place} running`,
    'rm -f parked restart',
    ...becomeLines(spec),
    '# A process group of its own, so that what the gateway leaves behind can be found.',
    `exec chpst -P $become /bin/sh < ${place}/gateway`,
    '',
  ].join('\n')
}

/**
 * The script that becomes the gateway, with everything that others must not read. Pure.
 *
 * @param {GatewaySpec} spec
 */
export function renderGatewayScript({env, cwd, argv}) {
  const exports = Object.keys(env)
    .sort()
    .map(key => `export ${key}=${quoteWord(env[key] ?? '')}`)
  return [...exports, `cd ${quoteWord(cwd)} || exit 111`, `exec ${argv.map(quoteWord).join(' ')} < /dev/null`, ''].join(
    '\n',
  )
}
