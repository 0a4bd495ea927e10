import {conformanceOnFake} from '../../../packages/backend-windows/dist-test/conformance-on-fake.js'

conformanceOnFake(['denied'])
