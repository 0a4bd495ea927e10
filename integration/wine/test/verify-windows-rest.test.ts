// All chapters but two: lifecycle takes as long as these together, and atomicity, which kills installs at every step, longer than Wine
// has time for. The fake machines under Linux have that one (packages/backend-windows).
import {verifyWindows} from './verify-windows.js'

verifyWindows([
  'observation',
  'install',
  'registration',
  'values',
  'foreign',
  'concurrency',
  'secrets',
  'capability',
  'planning',
  'naming',
])
