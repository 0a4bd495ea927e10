import type {BackendContext, Caller, Detection, Evidence} from '@hermes-svc/core'
import {scandirControl} from './control-fifo.js'
import {lookAtMachine, type MachineLook, OVERLAY_2_SCANDIR, OVERLAY_3_BASE, type ScandirLook} from './machine-look.js'
import {choosePlace, findHostInit, findScandir, type ScandirPlace} from './scandir-place.js'
import {parseSettings} from './s6-settings.js'

const READER = {alive: 'yes', dead: 'no', denied: 'permission denied', none: 'not there'} as const

function evidenceOf(look: MachineLook): Evidence[] {
  const base = look.overlay === 2 ? OVERLAY_2_SCANDIR : OVERLAY_3_BASE
  return [
    {fact: 'name of process 1', path: '/proc/1/comm', value: look.pid1 ?? 'cannot be read'},
    {fact: 's6-overlay runs', path: base, value: look.overlay === null ? 'no' : `version ${String(look.overlay)}`},
    {fact: 'systemd booted this machine', path: '/run/systemd/system', value: look.systemdRuns ? 'yes' : 'no'},
    ...look.scandirs.map(({path, control}) => ({
      fact: 'control FIFO has a reader',
      path: scandirControl(path),
      value: READER[control],
    })),
  ]
}

function hintWhenDenied({scandir, scope}: ScandirPlace, {ownerUid}: ScandirLook): string {
  const control = scandirControl(scandir)
  // Who can write to a scandir decides what root starts: only in a container of its own may that be Hermes' account.
  if (scope === 'container')
    return `run it as root, or give the account what Hermes' own image gives it: chown ACCOUNT ${scandir} ${scandir}/.s6-svscan ${control}`
  const owner = ownerUid === null || ownerUid === 0 ? 'root' : `uid ${String(ownerUid)}, which owns it`
  return `run it as ${owner}, or name a scandir of your own as backends.s6.scandir`
}

function hintWhenSilent({scandir, overlay}: ScandirPlace): string {
  return overlay
    ? 'restart the container; s6-overlay has to be its process 1, which docker run --init prevents'
    : `start it: s6-svscan ${scandir}; or correct backends.s6.scandir`
}

/** What is wrong with a scandir that gateways belong in. */
function unreachable(scandir: ScandirLook, place: ScandirPlace, caller: Caller): Omit<Detection, 'evidence'> {
  const control = scandirControl(scandir.path)
  const found = {presence: 'unreachable', scope: place.scope} as const
  if (scandir.control === 'denied') {
    const reason = `expected to be allowed to write to ${control}, got permission denied as uid ${String(caller.uid)}`
    return {...found, reason, hint: hintWhenDenied(place, scandir)}
  }
  const got = scandir.control === 'dead' ? 'nobody' : 'no such FIFO'
  const reason = `expected s6-svscan to listen on ${control}, got ${got}`
  return {...found, reason, hint: hintWhenSilent(place)}
}

/** Why a scandir that nobody named, or its absence, does not make this a machine for s6. */
function absenceReason({path, control}: ScandirLook, hostInit: 's6' | 'systemd' | null): string {
  if (hostInit === 's6' && (control === 'dead' || control === 'none'))
    return `s6-svscan is process 1, but nobody listens on ${path}; its scandir can be named as backends.s6.scandir`
  if (control === 'none') return `expected an s6 scandir at ${path}, got none`
  if (control === 'dead')
    return `expected s6-svscan to listen on ${scandirControl(path)}, got leftovers of one that ended`
  return `systemd is process 1, and ${path} is a scandir beside it; if it is for gateways, name it as backends.s6.scandir`
}

/**
 * What the look means for this caller. The control FIFO decides; process 1 and s6-overlay's directories only tell whose
 * scandir it is, and container markers and programs tell nothing.
 */
export function judgeMachine(look: MachineLook, caller: Caller, configured: string | null): Detection {
  const evidence = evidenceOf(look)
  const scandir = findScandir(look)
  const place = choosePlace(look, caller, configured)
  const hostInit = findHostInit(look)
  const {control} = scandir
  const mustListen: Record<ScandirLook['control'], boolean> = {
    alive: hostInit !== 'systemd',
    denied: hostInit !== 'systemd',
    dead: look.overlay !== null,
    none: look.overlay !== null && look.pid1 === 's6-svscan',
  }
  if (configured === null && !mustListen[control])
    return {presence: 'absent', evidence, reason: absenceReason(scandir, hostInit)}
  if (control === 'alive') return {presence: 'available', scope: place.scope, evidence}
  return {...unreachable(scandir, place, caller), evidence}
}

/**
 * Never throws, spawns nothing, changes nothing. Settings that do not hold count as available: the user meant s6, and is
 * told what is wrong with them as soon as it is used.
 */
export function detectS6(context: BackendContext, root?: string): Detection {
  let configured: string | null
  try {
    configured = parseSettings(context).scandir
  } catch (error) {
    const {message} = error as Error
    return {presence: 'available', evidence: [{fact: 'settings are valid', path: null, value: message}]}
  }
  return judgeMachine(lookAtMachine(configured, root), context.caller, configured)
}
