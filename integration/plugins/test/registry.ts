import {type ChildProcess, spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {eventually} from '../../testing/dist/eventually.js'
import {collectRun, type Run} from '../../testing/dist/program-run.js'
import {LoopbackNetwork, type RunOptions} from './loopback-network.js'
import {type ThirdPartyPackage, thirdPartyPackages} from './third-party-packages.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const HERE = fileURLToPath(new URL('..', import.meta.url))
const VERDACCIO = join(HERE, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
const PACK = join(REPOSITORY, 'scripts', 'pack-packages.js')
const INSTALL_MS = 300_000
const ADDRESS = '127.0.0.1:4873'

/** Whatever npm would read of this machine's own set-up stays outside. */
const OWN_VARIABLES = /^(npm_|NPM_|HERMES_|XDG_|NODE_|INIT_CWD$)/

async function installVerdaccio(): Promise<void> {
  const lock = join(HERE, 'package-lock.json')
  const installed = join(HERE, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  // Test files run side by side: one installs it, the others wait and find it.
  const again = `test ${installed} -nt ${lock} || exec npm ci --no-audit --no-fund --prefix ${HERE}`
  const child = spawn('flock', [HERE, 'sh', '-c', again], {stdio: 'pipe'})
  const {code, stderr} = await collectRun(child, '', INSTALL_MS)
  if (code !== 0) throw new Error(`npm ci of the registry ended with ${String(code)}: ${stderr}`)
}

function configuration(directory: string): string {
  return JSON.stringify({
    storage: join(directory, 'storage'),
    listen: ADDRESS,
    uplinks: {},
    packages: {'**': {access: '$all', publish: '$anonymous', unpublish: '$anonymous'}},
    max_body_size: '200mb',
    server: {keepAliveTimeout: 60},
    log: {type: 'file', path: join(directory, 'requests.log'), format: 'json', level: 'http'},
  })
}

/** What the registry is sent to publish a package; the form is that of npm's own `npm publish`. */
function publication({manifest, tarball}: ThirdPartyPackage): {readonly name: string; readonly body: string} {
  const {name, version} = manifest
  const bytes = readFileSync(tarball)
  const file = `${name}-${version}.tgz`
  const dist = {
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
    tarball: `http://${ADDRESS}/${name}/-/${basename(file)}`,
  }
  return {
    name,
    body: JSON.stringify({
      _id: name,
      name,
      'dist-tags': {latest: version},
      versions: {[version]: {...manifest, _id: `${name}@${version}`, dist}},
      _attachments: {
        [file]: {content_type: 'application/octet-stream', data: bytes.toString('base64'), length: bytes.length},
      },
    }),
  }
}

/** Sends each publication that it reads, one JSON a line; run inside the network. */
const SENDER = `
const {createInterface} = require('node:readline')
const send = async line => {
  const {name, body} = JSON.parse(line)
  const url = 'http://${ADDRESS}/' + name.replace('/', '%2f')
  const answer = await fetch(url, {method: 'PUT', body, headers: {'content-type': 'application/json'}})
  if (!answer.ok && answer.status !== 409) throw new Error(name + ': ' + answer.status + ' ' + await answer.text())
}
;(async () => { for await (const line of createInterface({input: process.stdin})) await send(line) })()
`

/** Reads what the address answers; run inside the network. */
const READER = `fetch(process.argv[1]).then(async answer => process.stdout.write(await answer.text()))`

/**
 * A real npm registry (verdaccio) in a network that has loopback only, with everything that the published packages depend on
 * in it. Needs root.
 */
export class LoopbackRegistry {
  readonly url = `http://${ADDRESS}/`
  /** A place for this registry's users; it goes with the registry. */
  readonly directory: string
  readonly #network: LoopbackNetwork
  #server: ChildProcess | null = null

  private constructor(network: LoopbackNetwork, directory: string) {
    this.#network = network
    this.directory = directory
  }

  static async start(): Promise<LoopbackRegistry> {
    await installVerdaccio()
    const packages = await thirdPartyPackages()
    const directory = mkdtempSync(join(tmpdir(), 'registry-'))
    const registry = new LoopbackRegistry(await LoopbackNetwork.open(), directory)
    try {
      // Accounts that tests act as may look in.
      chmodSync(directory, 0o755)
      mkdirSync(join(directory, 'home'))
      writeFileSync(join(directory, 'verdaccio.json'), configuration(directory))
      writeFileSync(join(directory, 'npmrc'), `//${ADDRESS}/:_authToken=anybody\n`)
      await registry.open()
      await registry.#send(packages)
    } catch (error) {
      await registry.stop()
      throw error
    }
    return registry
  }

  /** The environment in which npm and hermes-svc know this registry only, and nothing of the machine's own set-up. */
  get env(): Record<string, string> {
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !OWN_VARIABLES.test(entry[0]),
    )
    return {
      ...Object.fromEntries(inherited),
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: join(this.directory, 'home'),
      npm_config_registry: this.url,
      npm_config_userconfig: join(this.directory, 'npmrc'),
      npm_config_cache: join(this.directory, 'npm-cache'),
      npm_config_update_notifier: 'false',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_fetch_retries: '0',
      ...(process.env['HERMES_SVC_TEST_RUN'] && {HERMES_SVC_TEST_RUN: process.env['HERMES_SVC_TEST_RUN']}),
    }
  }

  /** Runs a program inside the network; `env` is laid over that of the registry's users. */
  async run(file: string, args: readonly string[], {env, cwd, ...options}: RunOptions = {}): Promise<Run> {
    const place = {env: {...this.env, ...env}, cwd: cwd ?? this.directory}
    return await this.#network.run(file, args, {...options, ...place})
  }

  /** Starts a program inside the network that goes on running; the caller ends it. */
  spawn(file: string, args: readonly string[], {env, cwd, uid}: RunOptions = {}): ChildProcess {
    const place = {env: {...this.env, ...env}, cwd: cwd ?? this.directory}
    return this.#network.spawn(file, args, {...place, stdio: 'pipe'}, uid)
  }

  /** Publishes a tarball as its author would. */
  async publish(tarball: string, tag = 'latest'): Promise<void> {
    const {code, stderr} = await this.run('npm', ['publish', tarball, '--tag', tag, '--provenance=false'])
    if (code !== 0) throw new Error(`npm publish ${tarball} ended with ${String(code)}: ${stderr}`)
  }

  /** Publishes a tarball under a manifest that is not its own, as no honest author would. */
  async publishAs(manifest: object, tarball: string): Promise<void> {
    await this.#send([{manifest: manifest as ThirdPartyPackage['manifest'], tarball}])
  }

  /** Publishes the packages of this repository as a release does. */
  async publishProduct(): Promise<void> {
    const directory = join(this.directory, 'product')
    const child = spawn(process.execPath, [PACK, directory], {cwd: REPOSITORY, stdio: 'pipe'})
    const {code, stderr} = await collectRun(child, '', INSTALL_MS)
    if (code !== 0) throw new Error(`pack-packages.js ended with ${String(code)}: ${stderr}`)
    for (const name of readdirSync(directory).filter(file => file.endsWith('.tgz'))) {
      await this.publish(join(directory, name))
    }
  }

  /** What the registry answers to GET, as text. */
  async get(path: string): Promise<string> {
    const {code, stdout, stderr} = await this.run(process.execPath, ['-e', READER, new URL(path, this.url).href])
    if (code !== 0) throw new Error(`GET ${path}: ${stderr}`)
    return stdout
  }

  /** The requests that it has got since it was started, as `METHOD path`. */
  requests(): string[] {
    const lines = readFileSync(join(this.directory, 'requests.log'), 'utf8').split('\n')
    return lines.flatMap(line => {
      const {request} = (line === '' ? {} : JSON.parse(line)) as {request?: {method?: string; url?: string}}
      return request?.url === undefined ? [] : [`${request.method ?? ''} ${request.url}`]
    })
  }

  /** Starts the server, which `start` has done and `close` undoes. */
  async open(): Promise<void> {
    const config = join(this.directory, 'verdaccio.json')
    const options = {env: this.env, cwd: this.directory, stdio: 'ignore'} as const
    this.#server = this.#network.spawn(process.execPath, [VERDACCIO, '--config', config], options)
    await eventually('an answer of the registry', async () => (await this.#ping()) === '{}')
  }

  async #ping(): Promise<string> {
    return (await this.get('-/ping').catch(() => '')).trim()
  }

  /** Ends the server: it cannot be reached until `open`. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server?.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'close')
    server.kill()
    await ended
  }

  /** Ends it for good, with its network and its directory. */
  async stop(): Promise<void> {
    await this.close()
    await this.#network.close()
    rmSync(this.directory, {recursive: true, force: true, maxRetries: 5})
  }

  async #send(packages: readonly ThirdPartyPackage[]): Promise<void> {
    const input = packages.map(one => `${JSON.stringify(publication(one))}\n`).join('')
    const {code, stderr} = await this.run(process.execPath, ['-e', SENDER], {input})
    if (code !== 0) throw new Error(`publishing what the product depends on: ${stderr}`)
  }
}
