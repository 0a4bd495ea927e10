import {closeSync, openSync, readFileSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {systemClock, withLock} from '@hermes-svc/core'

const [directory = '', mode = '', rounds = '1'] = process.argv.slice(2)

/** Adds one to a number in a file, in a way that loses counts unless nobody else does so meanwhile. */
async function count(): Promise<void> {
  const inside = join(directory, 'inside')
  closeSync(openSync(inside, 'wx'))
  const before = Number(readFileSync(join(directory, 'count'), 'utf8'))
  await sleep(Math.random() * 3)
  writeFileSync(join(directory, 'count'), String(before + 1))
  unlinkSync(inside)
}

async function hold(): Promise<void> {
  process.send?.('held')
  await sleep(600_000)
}

const options = {timeoutMs: 60_000, clock: systemClock, verb: 'restart'}
for (let round = 0; round < Number(rounds); round += 1) {
  await withLock(join(directory, 'locks'), 'coder', options, mode === 'hold' ? hold : count)
}
