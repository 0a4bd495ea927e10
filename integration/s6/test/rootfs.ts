import {fileURLToPath} from 'node:url'
import {DebianTrees} from '../../testing/dist/debian-tree.js'

/** Debian releases whose s6 differs from that of this machine in what the backend reads and counts. */
export const RELEASES = ['trixie', 'sid'] as const

/** The name of such a release. */
export type Release = (typeof RELEASES)[number]

/** Their trees, of which a container has programs and libraries. */
export const TREES = new DebianTrees(
  's6',
  ['s6', 'execline'],
  fileURLToPath(new URL('../finish-tree.sh', import.meta.url)),
)
