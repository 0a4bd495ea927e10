import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {hermesSvc} from '../cli.js'
import {runProgram} from '../measure.js'
import {forEachOf} from '../profile-names.js'

/** Starts of Node that are worked on at a time while gateways are installed. */
const WIDTH = 4

/** A profile root of one's own, the settings for it, and the program as its user runs it. */
export class HermesHome {
  /** `backends`: what the configuration says of backends. `more`: further variables. */
  constructor(directory, {backends = {}, more = {}} = {}) {
    this.directory = directory
    this.root = join(directory, 'root')
    this.data = join(directory, 'data')
    this.backends = backends
    this.more = more
    mkdirSync(this.root, {mode: 0o700})
  }

  /** Where the files of a gateway are that every backend has, and all those of embedded. */
  record(name) {
    return join(this.root, 'hermes-svc', 'gateways', name)
  }

  /** The settings come from the file of a configuration directory, or, without one, from a variable. */
  env({configuration = null, data = this.data} = {}) {
    return {
      HOME: this.directory,
      TMPDIR: this.directory,
      HERMES_HOME: this.root,
      HERMES_SVC_DATA_DIR: data,
      HERMES_SVC_CONFIG_DIR: configuration ?? join(this.directory, 'no-configuration'),
      ...(configuration === null ? {HERMES_SVC_BACKENDS: JSON.stringify(this.backends)} : {}),
      ...this.more,
    }
  }

  /** A configuration directory whose file says the same as the variable. */
  configuration(format) {
    const directory = join(this.directory, `configuration-${format}`)
    mkdirSync(directory, {recursive: true, mode: 0o700})
    const settings = {backends: this.backends, restart: {delay: '5s', maxDelay: '5m'}, logs: {files: 10}}
    // Every JSON text is YAML too; a file that nobody would write so is not what is to be measured.
    const text = format === 'json' ? JSON.stringify(settings, null, 2) : toYaml(settings)
    writeFileSync(join(directory, `config.${format}`), text, {mode: 0o600})
    return directory
  }

  /** Runs the program; throws when it fails. */
  async run(words, env = {}) {
    return await runProgram({argv: hermesSvc(...words), env: {...this.env(), ...env}})
  }

  /** Installs gateways by the program, as users do: one process each. What they settle at a start is kept with them. */
  async install(names, {argv = ['/bin/sleep', '1000000'], settle = '0s'} = {}) {
    await forEachOf(names, WIDTH, async name => {
      await this.run(['gateway', 'install', name, '--', ...argv], {HERMES_SVC_START_SETTLE: settle})
    })
  }
}

function toYaml(value, indent = '') {
  return Object.entries(value)
    .map(([key, each]) =>
      typeof each === 'object' ? `${indent}${key}:\n${toYaml(each, `${indent}  `)}` : `${indent}${key}: ${each}\n`,
    )
    .join('')
}
