import {after, test} from 'node:test'
import {conformance} from '@hermes-svc/core/conformance'
import {backend} from 'hermes-svc-backend-runit'
import {Runsvdir} from './runsvdir.js'

const runsvdir = await Runsvdir.start()
after(() => runsvdir.remove())
const module = import.meta.resolve('hermes-svc-backend-runit')
conformance({backend, module, ...runsvdir.hooks, test: (title, run) => void test(title, run)})
