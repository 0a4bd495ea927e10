import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {runProgram} from './measure.js'

/** What a process has now, in KiB: resident set, and the part of it that nobody shares. */
export function readMemory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = name => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1])
  return {rssKiB: kilobytes('Rss'), privateKiB: kilobytes('Private_Clean') + kilobytes('Private_Dirty')}
}

/** The largest resident set that a program ever had, in KiB, by GNU time: {peakKiB}. Of its children the largest counts. */
export async function measurePeak(contender) {
  const directory = mkdtempSync(join(tmpdir(), 'hsb-'))
  const file = join(directory, 'peak')
  try {
    const argv = ['/usr/bin/time', '--quiet', '--format=%M', `--output=${file}`, ...contender.argv]
    await runProgram({...contender, argv})
    return {peakKiB: Number(readFileSync(file, 'utf8'))}
  } finally {
    rmSync(directory, {recursive: true})
  }
}
