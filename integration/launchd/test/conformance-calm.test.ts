import {conformanceOnFake} from '../../../packages/backend-launchd/dist-test/conformance-on-fake.js'

// Killing installs at each of their steps takes as long as all the rest; the tests of other backends do it in every run.
await conformanceOnFake(['calm'], {killsInstalls: process.env['HERMES_SVC_ALL_ROUNDS'] === '1'})
