import {readFileSync} from 'node:fs'
import type {Backend} from '@hermes-svc/core'
import type {InstallOrder} from './kill-install.js'
import {suiteContext} from './suite-context.js'

// Killed somewhere on the way: whatever it has done by then is what the suite looks at.
const order = JSON.parse(readFileSync(0, 'utf8')) as InstallOrder
const {backend} = (await import(order.module)) as {backend: Backend}
const manager = backend.create(suiteContext(order.root, {configuration: order.configuration}))
await manager.install(order.spec, {start: false})
