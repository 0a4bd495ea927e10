import {testOnRealMac} from './test-on-real-mac.js'

await testOnRealMac('user')
