import {fileURLToPath} from 'node:url'
import {DebianTrees} from '../../testing/dist/debian-tree.js'

/** Debian releases by the systemd they have: 252, which knows no growing restart delay, and 257. */
export const RELEASES = ['bookworm', 'trixie'] as const

/** The name of such a release. */
export type Release = (typeof RELEASES)[number]

const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'dbus-user-session', 'libpam-systemd', 'procps', 'cron']

/** Their trees, whole systems that boot. */
export const TREES = new DebianTrees('systemd', PACKAGES, fileURLToPath(new URL('../finish-tree.sh', import.meta.url)))
