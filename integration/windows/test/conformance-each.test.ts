import test from 'ava'
import {conformanceOnFake} from '../../../packages/backend-windows/dist-test/conformance-on-fake.js'
import {
  FAULT_PROFILES,
  type FaultProfile,
} from '../../../packages/backend-windows/dist-test/fake-windows/fake-windows.js'

/** Where installs are killed as well: with a task, and with an entry of the Startup folder. */
const KILLED: readonly FaultProfile[] = ['calm', 'denied']

if (process.env['HERMES_SVC_ALL_ROUNDS'] === '1')
  for (const profile of Object.keys(FAULT_PROFILES) as FaultProfile[])
    conformanceOnFake([profile], {killsInstalls: KILLED.includes(profile)})
else
  test.skip('the contract is kept on each kind of fake Windows by itself (skipped: takes an hour, for HERMES_SVC_ALL_ROUNDS=1)', () =>
    undefined)
