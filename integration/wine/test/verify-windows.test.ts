import {verifyUnderWine} from './verify-windows.js'

verifyUnderWine([
  'values',
  'concurrency',
  'observation',
  'atomicity',
  'secrets',
  'planning',
  'naming',
  'capability',
  'foreign',
])
