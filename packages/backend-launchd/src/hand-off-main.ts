import {type BackendContext, createToolRunner, serviceError, systemClock} from '@hermes-svc/core'
import type {HandOff} from './hand-off.js'
import {JobControl} from './job-control.js'
import {LaunchdMachine} from './launchd-machine.js'

// launchd starts a submitted job again until it is removed. So much is tried, and then it is left to whoever looks.
const MOST_TRIES = 8

const {what, label, definition, places, ...given} = JSON.parse(process.argv[2] ?? '') as HandOff
const env = {PATH: '/usr/bin:/bin:/usr/sbin:/sbin'}
const context: BackendContext = {
  ...given,
  env,
  tools: createToolRunner(env),
  platform: process.platform,
  clock: systemClock,
  logger: {debug: () => undefined, warn: () => undefined, incomplete: () => undefined},
  signal: new AbortController().signal,
  error: serviceError,
}
const machine = new LaunchdMachine(context, places)
const control = new JobControl(context, machine)
for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
  try {
    await control[what](definition)
    break
  } catch (error) {
    console.error(`hermes-svc: ${what} of ${definition.label}: ${(error as Error).message}`)
  }
}
await machine.launchctl.remove(label)
