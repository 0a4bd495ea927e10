import {chownSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {accountNamed, findWriter} from '@hermes-svc/core'
import {temporaryDirectory} from '../temporary-directory.js'

const ROOT = {uid: 0, gid: 0, home: '/root'}
const nobody = accountNamed('nobody')
const canGive = process.geteuid?.() === 0 && nobody !== null
const asRoot = canGive ? test.serial : test.skip
const why = canGive ? '' : ' (skipped: needs root and an account nobody)'

test('an account that is not root has only its own rights, whoever owns the place', t => {
  const {run, ...writer} = findWriter({uid: 54_321, gid: 54_322, home: '/h'}, '/')
  t.deepEqual(writer, {uid: 54_321, gid: 54_322, name: null, borrowed: false})
  t.is(
    run(() => 'done'),
    'done',
  )
})

test('root has its own rights where a place is root’s, and where nothing is', t => {
  for (const path of ['/', join(temporaryDirectory(t), 'nothing')])
    t.like(findWriter(ROOT, path), {uid: 0, gid: 0, name: 'root', borrowed: false})
})

test('where accounts have no numbers, no writer is taken for root', t => {
  t.like(findWriter({uid: null, gid: null, home: '/h'}, '/'), {uid: -1, gid: -1, name: null, borrowed: false})
})

asRoot(`root works with the rights of whoever owns the place${why}`, t => {
  const place = temporaryDirectory(t)
  const {uid, gid} = nobody ?? ROOT
  // Only the owner: the group stays root's.
  chownSync(place, uid, -1)
  const writer = findWriter(ROOT, place)
  t.like(writer, {uid, gid, name: 'nobody', borrowed: true})
  t.deepEqual(
    writer.run(() => [process.geteuid?.(), process.getegid?.()]),
    [uid, gid],
  )
})

asRoot(`an owner without an account works with the group of the place${why}`, t => {
  const place = temporaryDirectory(t)
  chownSync(place, 54_321, 54_322)
  const writer = findWriter(ROOT, place)
  t.like(writer, {uid: 54_321, gid: 54_322, name: null, borrowed: true})
  t.deepEqual(
    writer.run(() => [process.geteuid?.(), process.getegid?.()]),
    [54_321, 54_322],
  )
})
