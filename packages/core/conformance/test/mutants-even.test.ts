import test from 'ava'
import {testMutants} from './mutant-suites.js'

testMutants(test, 0, 2)
