import {conformanceOnFake} from '../../../packages/backend-launchd/dist-test/conformance-on-fake.js'

await conformanceOnFake(['calm'], {killsInstalls: true})
