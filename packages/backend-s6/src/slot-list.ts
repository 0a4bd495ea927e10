import {lstatSync, readdirSync} from 'node:fs'
import {invalidProfileReason, type Writer} from '@hermes-svc/core'
import {SLOT_PREFIX} from './slot-names.js'

/** The names in a scan directory. All work is synchronous and done with the writer's rights. */
export class SlotList {
  readonly scandir: string
  protected readonly writer: Writer

  constructor(scandir: string, writer: Writer) {
    this.scandir = scandir
    this.writer = writer
  }

  /** Profiles that something is named after, sorted: mostly slots. Throws the system error where it cannot look. */
  profiles(): string[] {
    const names = this.writer.run(() => readdirSync(this.scandir))
    return names
      .filter(name => name.startsWith(SLOT_PREFIX))
      .map(name => name.slice(SLOT_PREFIX.length))
      .filter(profile => invalidProfileReason(profile) === null)
      .sort()
  }

  /** Where the slot of a profile is. */
  directory(profile: string): string {
    return `${this.scandir}/${SLOT_PREFIX}${profile}`
  }

  isThere(path: string): boolean {
    return this.writer.run(() => lstatSync(path, {throwIfNoEntry: false}) !== undefined)
  }

  /** Whether s6-svscan would take it for a slot: it follows links. */
  isSlot(path: string): boolean {
    return this.writer.run(() => {
      const stats = lstatSync(path, {throwIfNoEntry: false})
      return stats !== undefined && (stats.isDirectory() || stats.isSymbolicLink())
    })
  }
}
