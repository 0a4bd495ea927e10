import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {cpus, loadavg, release, totalmem} from 'node:os'
import {join} from 'node:path'
import {cleanEnvironment} from './clean-environment.js'
import {REPOSITORY} from './cli.js'

function firstLine(...argv) {
  const [file, ...args] = argv
  const {status, stdout} = spawnSync(file, args, {cwd: REPOSITORY, env: cleanEnvironment(), encoding: 'utf8'})
  return status === 0 ? stdout.split('\n')[0].trim() : null
}

function packageVersion(...path) {
  try {
    return JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8')).version
  } catch {
    return null
  }
}

/** What the figures depend on, and nothing that tells whose machine it is. */
export function machineFacts() {
  return {
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().replace(/-.*/, ''),
    platform: `${process.platform} ${process.arch}`,
  }
}

/** How busy the machine has been for a minute, its own cores being 1. */
export function loadPerCore() {
  return Number((loadavg()[0] / cpus().length).toFixed(2))
}

/** Versions of what is measured; null for what is not installed. */
export function versions(peers) {
  return {
    'hermes-svc': packageVersion(REPOSITORY, 'packages', 'cli'),
    commit: firstLine('git', 'rev-parse', '--short=12', 'HEAD'),
    node: process.versions.node,
    '@oclif/core': packageVersion(REPOSITORY, 'node_modules', '@oclif', 'core'),
    s6: firstLine('dpkg-query', '-W', '-f', '${Version}', 's6'),
    systemd: /^systemd (\d+)/.exec(firstLine('systemctl', '--version') ?? '')?.[1] ?? null,
    python: /\d\S+/.exec(firstLine('python3', '--version') ?? '')?.[0] ?? null,
    supervisor: firstLine('supervisord', '--version'),
    pm2: packageVersion(peers, 'node_modules', 'pm2'),
  }
}
