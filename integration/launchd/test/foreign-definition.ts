import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ForeignGateway} from '@hermes-svc/core/conformance'
import {build} from 'plist'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'

/** A definition as Hermes itself would make it, not loaded. */
export function makeForeignDefinition(mac: Mac, profile: string, argv: readonly string[]): ForeignGateway {
  const label = `ai.hermes.gateway-${profile}`
  const marker = `somebody else's ${profile}`
  const session = mac.domain.startsWith('user/') ? {LimitLoadToSessionType: 'Background'} : {}
  const keys = {Label: label, ProgramArguments: [...argv], WorkingDirectory: '/', RunAtLoad: true, KeepAlive: true}
  const text = build({...keys, ...session}).replace('<dict>', `<dict><!-- ${marker} -->`)
  const path = join(mac.definitions, `${label}.plist`)
  mkdirSync(mac.definitions, {recursive: true})
  writeFileSync(path, text, {mode: 0o644})
  return {
    marker,
    untouched: () => Promise.resolve(readFileSync(path, 'utf8') === text),
    async remove() {
      rmSync(path, {force: true})
      for (const domain of mac.domains) await mac.launchctl('bootout', `${domain}/${label}`)
      for (const domain of mac.domains) await mac.launchctl('enable', `${domain}/${label}`)
    },
  }
}
