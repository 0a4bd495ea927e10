import type {BackendContext, Problem} from '@hermes-svc/core'
import {isLingering} from './linger.js'
import {lookAtMachine} from './machine-look.js'
import {SystemdMachine} from './systemd-machine.js'
import type {UnitDefinition} from './unit-definitions.js'
import {journalProblem} from './unit-log.js'
import {UnitObserver} from './unit-observer.js'

function withoutLinger(definitions: readonly UnitDefinition[], account: string | null): Problem[] {
  const affected = definitions.filter(({scope, marker}) => scope === 'user' && marker?.autostart === true)
  if (account === null || affected.length === 0 || isLingering(account)) return []
  return [
    {
      severity: 'warning',
      message: `lingering is off for ${account}: its gateways do not start at boot and end when it logs out`,
      hint: `loginctl enable-linger ${account}`,
    },
  ]
}

/** What is wrong with systemd itself for the gateways of this root, without changing anything. */
export async function findProblems(context: BackendContext): Promise<readonly Problem[]> {
  const machine = new SystemdMachine(context)
  const observations = await new UnitObserver(context, machine).observe()
  const problems = withoutLinger(
    observations.map(({definition}) => definition),
    machine.home.name,
  )
  const users = observations.filter(
    ({definition}) => definition.scope === 'user' && definition.marker?.logsToFile === false,
  )
  const unreadable = users.length === 0 ? null : journalProblem('user', context)
  if (unreadable !== null) problems.push(unreadable)
  if ((await lookAtMachine(context)).wsl !== null) {
    const message = 'WSL ends the whole machine when it is idle, gateways included, also with lingering'
    problems.push({severity: 'warning', message, hint: null})
  }
  return problems
}
