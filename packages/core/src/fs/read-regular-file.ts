import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs'

/**
 * Text of a regular file. A FIFO that was planted there would hold up its reader for ever, and a device has no end. Throws
 * the system error, EINVAL for what is no file.
 */
export function readRegularFile(path: string): string {
  // Windows has no such constant, and none counts as 0.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    // Of a directory the system's own error tells.
    if (stats.isFile() || stats.isDirectory()) return readFileSync(descriptor, 'utf8')
    throw Object.assign(new Error(`${path}: expected a regular file, got something else`), {code: 'EINVAL'})
  } finally {
    closeSync(descriptor)
  }
}
