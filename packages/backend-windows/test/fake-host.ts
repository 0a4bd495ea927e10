import {type Backend, type BackendContext, defineBackend} from '@hermes-svc/core'
import {backend as real} from '../dist/index.js'

/** What tells every process of a test which fake Windows is meant. */
const VARIABLE = 'FAKE_WINDOWS'

/** What a host on a fake Windows finds around it. */
export interface FakeHost {
  readonly env: Readonly<Record<string, string>>
  readonly places: {readonly home: string}
}

/** A context as a host on that Windows would make it. */
export function onWindows({env, places}: FakeHost, context: BackendContext): BackendContext {
  return {
    ...context,
    env,
    platform: 'win32',
    caller: {uid: null, gid: null, home: places.home},
  }
}

/** Has `backend`, also of processes that are started later, work on that Windows. */
export function chooseWindows({env, places}: FakeHost): void {
  process.env[VARIABLE] = JSON.stringify({env, places: {home: places.home}})
}

function chosen(): FakeHost {
  return JSON.parse(process.env[VARIABLE] ?? '') as FakeHost
}

/** The real backend, on the Windows that was chosen. */
export const backend: Backend = defineBackend({
  ...real,
  detect(context) {
    return real.detect(onWindows(chosen(), context))
  },
  create(context) {
    return real.create(onWindows(chosen(), context))
  },
})
