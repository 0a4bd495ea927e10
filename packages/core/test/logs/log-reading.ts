import type {ExecutionContext} from 'ava'
import {type Clock, type LogFileOptions, type LogLine, readLogFile, systemClock} from '@hermes-svc/core'
import {eventually} from '../eventually.js'

export const PROFILE = 'coder'

export function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, index) => from + index)
}

export const textsOf = (from: number, to: number) => range(from, to).map(index => `line ${String(index)}`)

export async function read(directory: string, options: Partial<LogFileOptions> = {}): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of readLogFile({profile: PROFILE, directory}, {clock: systemClock, ...options}))
    lines.push(line)
  return lines
}

export const textsIn = async (directory: string, options: Partial<LogFileOptions> = {}) =>
  (await read(directory, options)).map(line => line.text)

/** Follows a log from its end; `texts` grows, and `looked` resolves when the directory has been looked at anew. */
export function follow(t: ExecutionContext, directory: string, options: Partial<LogFileOptions> = {}) {
  const controller = new AbortController()
  const texts: string[] = []
  let looks = 0
  const clock: Clock = {
    ...systemClock,
    async sleep(ms, signal) {
      looks += 1
      await systemClock.sleep(Math.min(ms, 20), signal)
    },
  }
  const done = (async () => {
    const place = {profile: PROFILE, directory}
    const all = {clock, lines: 0, follow: true, signal: controller.signal, ...options}
    for await (const line of readLogFile(place, all)) texts.push(line.text)
  })()
  t.teardown(async () => {
    controller.abort()
    await done
  })
  const looked = async () => {
    const enough = looks + 2
    await eventually('two looks at the log', () => looks >= enough)
  }
  return {texts, looked}
}
