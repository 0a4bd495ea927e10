import {type Caller, UNITS} from './caller.js'

/** The name of Hermes' own unit for a profile. */
export function upstreamService(profile: string): string {
  return profile === 'default' ? 'hermes-gateway.service' : `hermes-gateway-${profile}.service`
}

/** A unit as `hermes gateway install` leaves it; `restartSec` differs between versions of Hermes. */
function upstreamUnit({scope}: Caller, profile: string, restartSec: number): string {
  const home = profile === 'default' ? '/home/dev/.hermes' : `/home/dev/.hermes/profiles/${profile}`
  const command = profile === 'default' ? 'gateway run' : `--profile ${profile} gateway run`
  const account = scope === 'user' ? [] : ['User=dev', 'Group=dev', 'Environment="HOME=/home/dev"']
  return [
    '[Unit]',
    'Description=Hermes Agent Gateway',
    'After=network-online.target',
    'Wants=network-online.target',
    'StartLimitIntervalSec=0',
    '[Service]',
    'Type=simple',
    ...account,
    `ExecStart=/usr/local/bin/hermes ${command}`,
    `WorkingDirectory=${home}`,
    'Environment="PATH=/usr/local/bin:/usr/bin:/bin"',
    `Environment="HERMES_HOME=${home}"`,
    'Environment="HERMES_SUPERVISED_CHILD=1"',
    'Restart=always',
    `RestartSec=${String(restartSec)}`,
    'RestartForceExitStatus=75',
    'SuccessExitStatus=75',
    'RestartPreventExitStatus=78',
    'KillMode=mixed',
    'KillSignal=SIGTERM',
    'ExecReload=/bin/kill -USR1 $MAINPID',
    'TimeoutStopSec=210',
    'StandardOutput=journal',
    'StandardError=journal',
    '[Install]',
    `WantedBy=${scope === 'user' ? 'default' : 'multi-user'}.target`,
    '',
  ].join('\n')
}

/** Does what `hermes gateway install` does. */
export async function installUpstream(caller: Caller, profile: string): Promise<void> {
  const service = upstreamService(profile)
  await caller.machine.write(`${UNITS[caller.scope]}/${service}`, upstreamUnit(caller, profile, 5), caller.user)
  await caller.systemctl('daemon-reload')
  await caller.systemctl('enable', '--now', service)
}

/** Does what Hermes does at each start, restart and gateway boot: rewrites every unit of such a name that is there. */
export async function refreshUpstream(caller: Caller, profiles: readonly string[]): Promise<void> {
  const script = 'for path in "$@"; do [ ! -e "$path" ] || echo "$path"; done'
  const paths = profiles.map(profile => `${UNITS[caller.scope]}/${upstreamService(profile)}`)
  const found = await caller.machine.output(['sh', '-c', script, 'sh', ...paths])
  for (const profile of profiles) {
    const path = `${UNITS[caller.scope]}/${upstreamService(profile)}`
    if (found.includes(path)) await caller.machine.write(path, upstreamUnit(caller, profile, 7), caller.user)
  }
  await caller.systemctl('daemon-reload')
}
