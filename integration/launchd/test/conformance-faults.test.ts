import {conformanceOnFake} from '../../../packages/backend-launchd/dist-test/conformance-on-fake.js'

// All at once: each alone would take as long.
await conformanceOnFake(['old-macos', 'no-gui', 'slow-teardown', 'flaky', 'unlucky'])
