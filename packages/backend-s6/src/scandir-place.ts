import type {Caller} from '@hermes-svc/core'
import {type MachineLook, OVERLAY_2_SCANDIR, type ScandirLook, USUAL_SCANDIR} from './machine-look.js'

/** The scandir that gateways get their slots in, and what it is. */
export interface ScandirPlace {
  readonly scandir: string
  readonly scope: 'container' | 'system' | 'user'
  /** It is the one that s6-overlay made, so with-contenv and the container's environment belong to it. */
  readonly overlay: boolean
}

/** The init system of a host, where the machine looks like one; null in containers and where nothing tells. */
export function findHostInit({overlay, pid1, systemdRuns}: MachineLook): 's6' | 'systemd' | null {
  if (overlay !== null) return null
  if (pid1 === 's6-svscan') return 's6'
  // Another name beside systemd's directory is a container with directories of its host, or a replacement of systemctl.
  return systemdRuns && (pid1 === 'systemd' || pid1 === null) ? 'systemd' : null
}

/** The scandir that answers best: a live one, then one that may be live, then leftovers; the first where nothing is there. */
export function findScandir({scandirs}: MachineLook): ScandirLook {
  const answers = ['alive', 'denied', 'dead', 'none'] as const
  const found = answers.map(control => scandirs.find(scandir => scandir.control === control))
  return found.find(scandir => scandir !== undefined) ?? {path: USUAL_SCANDIR, control: 'none', ownerUid: null}
}

function isOverlays({overlay}: MachineLook, path: string): boolean {
  if (overlay === null) return false
  // /var/run is a link to /run in the images of s6-overlay.
  return path.replace(/^\/var\/run\//, '/run/') === (overlay === 3 ? USUAL_SCANDIR : OVERLAY_2_SCANDIR)
}

/**
 * Where gateways go, also when detection found nothing and the user chose s6 all the same. A scandir that the user named
 * has its owner's scope; the usual one has the container's, or on a host that of who asks.
 */
export function choosePlace(look: MachineLook, caller: Caller, configured: string | null): ScandirPlace {
  const {path, ownerUid} = findScandir(look)
  const overlay = isOverlays(look, path)
  if (overlay || (path === USUAL_SCANDIR && findHostInit(look) === null))
    return {scandir: path, scope: 'container', overlay}
  const uid = configured === null ? caller.uid : (ownerUid ?? caller.uid)
  if (uid !== 0) return {scandir: path, scope: 'user', overlay}
  return {scandir: path, scope: look.overlay === null ? 'system' : 'container', overlay}
}
