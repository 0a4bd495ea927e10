import {conformanceOnFake} from './conformance-on-fake.js'

await conformanceOnFake('calm')
