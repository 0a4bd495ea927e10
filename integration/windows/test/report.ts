import {appendFileSync} from 'node:fs'
import {join} from 'node:path'

/** The directory that on-windows makes its report from. */
const VARIABLE = 'HSVC_WINDOWS_REPORT'

/** Adds a line or a table to a part of the report, where one is made. */
export function noteInReport(part: 'facts' | 'figures' | 'machine', text: string): void {
  const directory = process.env[VARIABLE]
  if (directory !== undefined && directory !== '') appendFileSync(join(directory, part), `${text}\n`)
}
