import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import {Machine, packageRoot, type Run} from './program.js'
import {slimProgram} from './slim-program.js'

const TOY = join(packageRoot, 'test', 'fixtures', 'toy-backend')

/** Pieces of the toy backend's code, and what is there instead. */
export type Changes = Readonly<Record<string, string>>

/** A machine with Hermes, the profiles coder and ops, and a toy backend that differs from the sound one. */
export class HookMachine {
  readonly #machine: Machine
  readonly #bin: string

  constructor(t: ExecutionContext, kind: 'toy' | 'slim' = 'toy') {
    const slim = kind === 'slim' ? slimProgram(t) : null
    this.#machine = slim?.machine ?? new Machine(t)
    this.#bin = slim?.bin ?? join(packageRoot, 'bin', 'run.cjs')
    for (const profile of ['coder', 'ops']) {
      const home = this.#machine.path('root', 'profiles', profile)
      mkdirSync(home, {recursive: true})
      writeFileSync(join(home, 'SOUL.md'), '')
    }
    mkdirSync(this.#machine.path('bin'))
    this.#program('hermes', '')
    this.#program('hermes-svc', `exec '${process.execPath}' '${this.#bin}' "$@"`)
    if (slim === null) this.link({})
  }

  /** Puts another toy backend in the place of the one before; its gateways stay. */
  link(changes: Changes): this {
    const directory = this.#machine.path('toy')
    mkdirSync(directory, {recursive: true})
    writeFileSync(join(directory, 'package.json'), readFileSync(join(TOY, 'package.json')))
    let code = readFileSync(join(TOY, 'index.js'), 'utf8')
    for (const [there, put] of Object.entries(changes)) {
      if (!code.includes(there)) throw new Error(`the toy backend has no ${there}`)
      code = code.replace(there, put)
    }
    writeFileSync(join(directory, 'index.js'), code)
    this.#machine.link(directory)
    return this
  }

  path(...parts: string[]): string {
    return this.#machine.path(...parts)
  }

  /** What every program is given here: it finds hermes and hermes-svc. */
  get env(): Record<string, string | undefined> {
    return {...this.#machine.env, PATH: `${this.path('bin')}:${process.env['PATH'] ?? ''}`}
  }

  async run(...argv: string[]): Promise<Run> {
    return await this.#machine.run(argv, {env: this.env, bin: this.#bin})
  }

  /** Runs what has to succeed. */
  async done(...argv: string[]): Promise<this> {
    const {code, stderr} = await this.run(...argv)
    if (code !== 0) throw new Error(stderr)
    return this
  }

  /** What the toy backend has. */
  gateways(): string {
    const path = this.#machine.path('root', 'hermes-svc', 'toy.json')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  /** Makes the gateways of the toy backend somebody else's. */
  disown(): this {
    const path = this.#machine.path('root', 'hermes-svc', 'toy.json')
    writeFileSync(path, this.gateways().replaceAll('"registered"', '"foreign"'))
    return this
  }

  #program(name: string, script: string): void {
    writeFileSync(this.path('bin', name), `#!/bin/sh\n${script}\n`, {mode: 0o755})
  }
}
