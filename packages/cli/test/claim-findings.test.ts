import test from 'ava'
import type {ClaimConflict, Holder} from '@hermes-svc/core'
import {claimFinding} from '../dist/claim-findings.js'

function holder(profile: string, up = true, setting = 'TELEGRAM_BOT_TOKEN in its .env'): Holder {
  const claim = {kind: 'token', name: 'TELEGRAM_BOT_TOKEN', value: '…', host: null, setting, certain: true} as const
  return {profile, up, claim}
}

function conflict(holders: readonly Holder[], fields: Partial<ClaimConflict> = {}): ClaimConflict {
  return {kind: 'token', name: 'TELEGRAM_BOT_TOKEN', port: null, holders, certain: true, ...fields}
}

test('a certain conflict is an error that names everybody and says what to change', t => {
  t.deepEqual(claimFinding(conflict([holder('coder'), holder('default'), holder('ops')])), [
    {
      severity: 'error',
      message: 'coder, default and ops have the same TELEGRAM_BOT_TOKEN: only one of them can use it',
      hint: 'give ops another TELEGRAM_BOT_TOKEN in its .env',
      code: 'HSVC_INVALID_SPEC',
    },
  ])
})

test('a port is named by its number, and the root profile is not the one to change', t => {
  const [finding] = claimFinding(
    conflict([holder('coder', true, '--port'), holder('default')], {kind: 'port', name: 'API server', port: 8642}),
  )
  t.is(finding?.message, 'coder and default listen on port 8642 (API server): only one of them can use it')
  t.is(finding?.hint, 'give coder another --port')
})

test('what is not certain is a warning', t => {
  const [finding] = claimFinding(conflict([holder('coder'), holder('ops')], {certain: false}))
  t.like(finding, {severity: 'warning', code: null})
  t.is(finding?.message, 'coder and ops have the same TELEGRAM_BOT_TOKEN: they may get in each other’s way')
})

test('with a gateway that is stopped it is a warning, and that one is to be changed', t => {
  const [finding] = claimFinding(conflict([holder('coder', false), holder('ops')], {certain: false}))
  t.like(finding, {severity: 'warning', code: null})
  t.is(finding?.message, 'coder (stopped) and ops have the same TELEGRAM_BOT_TOKEN: they cannot all run at a time')
  t.is(finding?.hint, 'give coder another TELEGRAM_BOT_TOKEN in its .env')
})

test('while none of them is to run there is nothing to say', t => {
  t.deepEqual(claimFinding(conflict([holder('coder', false), holder('ops', false)], {certain: false})), [])
})
