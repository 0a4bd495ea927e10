import {conformanceOnFake} from '../../../packages/backend-windows/dist-test/conformance-on-fake.js'

// All at once: each alone would take as long.
conformanceOnFake(['japanese', 'no-vbscript', 'late'])
