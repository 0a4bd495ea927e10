// Cleans up when standard input ends, however whoever started it ends: `janitor-main.js MODULE PLACE [DIRECTORY SPARED]`.
// MODULE exports openMac, PLACE is the JSON that it takes; DIRECTORY is removed, SPARED are labels as JSON: see sweep.
import {once} from 'node:events'
import {rmSync} from 'node:fs'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'
import {sweep} from './sweep.js'

const [, , module = '', place = '', directory, spared = 'null'] = process.argv

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
await once(process.stdin.resume(), 'end')
const {openMac} = (await import(module)) as {openMac: (place: unknown) => Mac | Promise<Mac>}
const mac = await openMac(JSON.parse(place))
for (const label of await sweep(mac, JSON.parse(spared) as string[] | null)) console.log(`removed: ${label}`)
if (directory !== undefined) rmSync(directory, {recursive: true, force: true})
