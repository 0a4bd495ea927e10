import test from 'ava'
import {
  environmentPath,
  isRoots,
  lastExitPath,
  logDirectory,
  parseUnitName,
  UNIT_PATTERNS,
  unitName,
} from '../dist/unit-paths.js'

test('a unit is called after its profile, and the profile is read back', t => {
  t.is(unitName('coder'), 'hermes-svc-coder.service')
  for (const label of ['coder', 'default', '0_x-y', 'service'])
    t.deepEqual(parseUnitName(unitName(label)), {by: 'us', label})
})

test('units of Hermes’ own name the profile, and the one without a name is the default’s', t => {
  t.deepEqual(parseUnitName('hermes-gateway.service'), {by: 'hermes', label: 'default'})
  t.deepEqual(parseUnitName('hermes-gateway-coder.service'), {by: 'hermes', label: 'coder'})
})

test('other units are nobody’s gateway', t => {
  const others = [
    'ssh.service',
    'hermes.service',
    'hermes-gatewayx.service',
    'hermes-svc-coder',
    'hermes-svc-coder.timer',
  ]
  for (const name of others) t.is(parseUnitName(name), null, name)
})

test('the manager is asked for every name that can be a gateway’s', t => {
  const expressions = UNIT_PATTERNS.map(pattern => new RegExp(`^${pattern.replace('.', '\\.').replace('*', '.*')}$`))
  for (const name of ['hermes-svc-coder.service', 'hermes-gateway.service', 'hermes-gateway-coder.service'])
    t.true(
      expressions.some(expression => expression.test(name)),
      name,
    )
})

test('what process 1 opens as root is in root’s directories, and the rest beside the record', t => {
  const gateways = '/home/ada/.hermes/hermes-svc/gateways'
  t.is(environmentPath('user', gateways, 'coder', 'ab12'), `${gateways}/coder/systemd/environment.ab12`)
  t.is(environmentPath('system', gateways, 'coder', 'ab12'), '/var/lib/hermes-svc/systemd/coder/environment.ab12')
  t.is(lastExitPath(gateways, 'coder'), `${gateways}/coder/systemd/last-exit`)
  t.is(logDirectory('user', '/home/ada/logs', 'coder'), '/home/ada/logs/coder')
  t.is(logDirectory('system', '/home/ada/logs', 'coder'), '/var/log/hermes-svc/coder')
})

test('what lies in root’s directories is told from what lies in a profile root', t => {
  const roots = ['/etc/systemd/system/x.service', '/var/lib/hermes-svc/systemd', '/var/log/hermes-svc/coder/current']
  for (const path of roots) t.true(isRoots(path), path)
  for (const path of ['/home/ada/.hermes/x', '/etc/systemd/system2/x', '/var/lib/hermes-svc', '/var/log/hermes-svcx'])
    t.false(isRoots(path), path)
})
