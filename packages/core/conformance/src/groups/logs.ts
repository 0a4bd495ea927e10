import assert from 'node:assert/strict'
import type {Bench} from '../bench.js'
import {allOf, needs, type Requirement} from '../requirement.js'

const PRINTED = ['first line', 'second line', 'third line: ünïcödé', 'fourth line']

async function lastLines(bench: Bench, profile: string, lines: number): Promise<string[]> {
  const texts: string[] = []
  for await (const {text} of bench.manager.logs(profile, {lines})) texts.push(text)
  return texts
}

/** What logs give of what a gateway printed. */
export const logs: Requirement[] = [
  {
    title: '`logs` MUST give the last lines that the gateway printed, in their order, and no more than asked for.',
    exempt: needs('logs'),
    async run(bench) {
      const {profile} = await bench.install({behaviour: {prints: PRINTED}})
      await bench.eventually('everything is in the log', async () => {
        return (await lastLines(bench, profile, 100)).includes(PRINTED.at(-1) ?? '')
      })
      const all = await lastLines(bench, profile, 100)
      assert.deepEqual(
        all.filter(text => PRINTED.includes(text)),
        PRINTED,
      )
      assert.deepEqual(await lastLines(bench, profile, 2), PRINTED.slice(-2))
    },
  },
  {
    title: '`logs` with `follow` MUST go on with what is printed later, and end when its signal aborts.',
    exempt: allOf(needs('logs'), needs('follow')),
    async run(bench) {
      const {profile, sample} = await bench.install({behaviour: {prints: PRINTED}})
      const reading = new AbortController()
      const overdue = AbortSignal.timeout(bench.timing.deadlineMs)
      const signal = AbortSignal.any([reading.signal, overdue])
      const texts: string[] = []
      const follow = (async () => {
        for await (const {text} of bench.manager.logs(profile, {lines: 1, follow: true, signal})) texts.push(text)
      })()
      await bench.eventually('the end of what was printed', () => texts.length > 0)
      await sample.print(['printed later'])
      await bench.eventually('the line that was printed later', () => texts.includes('printed later'))
      reading.abort()
      await follow
      assert.ok(!overdue.aborted, 'expected it to end with its signal')
    },
  },
]
