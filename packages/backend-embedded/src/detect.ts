import {accessSync, constants} from 'node:fs'
import {dirname} from 'node:path'
import type {BackendContext, Detection, Evidence} from '@hermes-svc/core'

function access(path: string): string {
  try {
    accessSync(path, constants.W_OK)
    return 'yes'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no'
  }
}

/** The nearest ancestor that exists, the path itself included. */
function writable(path: string): Evidence {
  const value = access(path)
  const parent = dirname(path)
  return value === 'ENOENT' && parent !== path
    ? writable(parent)
    : {fact: 'state directory can be written', path, value}
}

/** Needs nothing but a place to write and is therefore available everywhere; the evidence says where that place is. */
export function detectEmbedded(context: BackendContext): Detection {
  const node: Evidence = {fact: 'runners are processes of Node.js', path: process.execPath, value: process.version}
  return {presence: 'available', scope: 'user', evidence: [node, writable(context.paths.state)]}
}
