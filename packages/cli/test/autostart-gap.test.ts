import test from 'ava'
import type {Host} from '@hermes-svc/core'
import {findAutostartGap} from '../dist/autostart-gap.js'
import {candidate, gateway, spec} from './samples.js'

/** A host whose backend can start gateways at boot or not, with the record that `read` gives. */
function hostWith(canAutostart: boolean, read: () => unknown): Host {
  const capabilities = {...candidate().capabilities, autostart: canAutostart}
  return {records: {read}, registry: {named: async () => ({backend: {capabilities}})}} as unknown as Host
}

const asked = (): unknown => ({spec: spec()})
const lost = gateway({autostart: false})

test('a gateway that comes back by itself has no gap', async t => {
  t.is(await findAutostartGap(hostWith(true, asked), gateway()), null)
})

test('a gateway that was installed not to come back is wanted so, also when that was some time ago', async t => {
  for (const can of [true, false])
    t.is(
      await findAutostartGap(
        hostWith(can, () => ({spec: spec({autostart: false})})),
        lost,
      ),
      'unwanted',
    )
})

test('whether the backend never starts gateways, or is not started itself, is told by its capabilities', async t => {
  t.is(await findAutostartGap(hostWith(false, asked), lost), 'unsupported')
  t.is(await findAutostartGap(hostWith(true, asked), lost), 'unstarted')
})

test('without a record, or with one that cannot be read, the backend decides', async t => {
  const damaged = (): never => {
    throw new Error('expected JSON')
  }
  for (const read of [() => null, damaged]) t.is(await findAutostartGap(hostWith(false, read), lost), 'unsupported')
})
