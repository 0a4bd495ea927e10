import {chmodSync, mkdirSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {type DefinitionFile, readDefinitionFile} from './definition-file.js'
import {DisabledDatabase} from './disabled-database.js'
import {FaultSource} from './faults.js'
import type {JobDefinition} from './job-definition.js'
import {killBelow} from './job-processes.js'
import {Job, type JobHost, type JobState} from './job.js'
import {isStartedByLoad} from './keep-alive.js'
import type {DomainName, LoginDomain, Session, Settings} from './settings.js'
import {readJson, type StateFiles, stateFilesOf, writeJson} from './state-files.js'

/** A loaded job as launchd knows it, whatever launchctl says. */
export interface LoadedJob {
  readonly domain: DomainName
  readonly label: string
  readonly pid: number | null
  readonly runs: number
  readonly state: JobState
}

/** What is written to disk at each change. */
export interface JobsFile {
  readonly jobs: readonly LoadedJob[]
  /** Labels that ever ran in two domains at once. */
  readonly doubles: readonly string[]
  /** By which the processes of `jobs` are known from later ones with their pids. */
  readonly startTimes: Readonly<Record<number, string>>
}

const POLL_MS = 5

/** The launchd of one fake Mac: its domains, and the jobs that are loaded there. */
export class Machine {
  readonly files: StateFiles
  readonly faults: FaultSource
  readonly disabled: DisabledDatabase
  readonly #domains: Record<DomainName, Map<string, Job>> = {system: new Map(), user: new Map(), gui: new Map()}
  readonly #doubles = new Set<string>()
  readonly #host: JobHost
  #settings: Settings

  constructor(directory: string) {
    this.files = stateFilesOf(directory)
    this.faults = new FaultSource(this.files.faults)
    this.disabled = new DisabledDatabase(this.files.disabled)
    this.#settings = readJson<Settings | null>(this.files.settings, null) ?? fail('no settings')
    this.#host = {
      surroundings: domain => {
        const temporary = join(this.files.temporary, domain)
        mkdirSync(temporary, {recursive: true})
        chmodSync(temporary, 0o1777)
        return {domain, home: this.files.home, temporary}
      },
      defaultExitTimeOut: () => this.faults.now.exitTimeOut,
      xpcproxyMs: () => this.faults.now.xpcproxyMs,
      teardownMs: () => this.faults.drawMs('teardownMs'),
      onChange: () => this.#publish(),
      onRemoved: job => {
        // The machine may have been restarted, and the label loaded again, since this was due.
        const jobs = this.#domains[job.domain]
        if (jobs.get(job.label) === job) jobs.delete(job.label)
        this.#publish()
      },
    }
    this.#publish()
  }

  get settings(): Settings {
    return this.#settings
  }

  exists(domain: DomainName): boolean {
    return domain === 'system' || this.#settings.domains.includes(domain)
  }

  find(domain: DomainName, label: string): Job | undefined {
    return this.#domains[domain].get(label)
  }

  /** In the order in which they were loaded. */
  jobsOf(domain: DomainName): Job[] {
    return [...this.#domains[domain].values()]
  }

  /** Reads a definition by the rules of a domain. */
  readFile(domain: DomainName, path: string): DefinitionFile {
    const own = process.geteuid?.() ?? this.#settings.uid
    const owners = domain === 'system' ? [0, own] : [own, this.#settings.uid]
    return readDefinitionFile(path, {domain, owners, refusesPrivate: this.faults.now.refusesPrivatePlists})
  }

  /** Loads a job and, unless told otherwise, starts it where its definition says so. */
  load(domain: DomainName, definition: JobDefinition, path: string | null, {starts = true} = {}): void {
    const job = new Job(domain, definition, path, this.#host)
    this.#domains[domain].set(job.label, job)
    if (starts && isStartedByLoad(definition)) job.start('speculative', 'now')
    this.#publish()
  }

  setSession(session: Session): void {
    this.#settings = {...this.#settings, session}
  }

  /** Lets domains come and go as they are; jobs of one that goes are killed, those of one that comes are not loaded. */
  async setDomains(domains: readonly LoginDomain[]): Promise<void> {
    const gone = (['gui', 'user'] as const).filter(domain => !domains.includes(domain))
    await this.#end(gone, job => job.kill())
    this.#settings = {...this.#settings, domains}
    this.#leaveAqua()
  }

  /** A login: these domains come where they are missing, with every agent that is meant for them. */
  login(domains: readonly LoginDomain[]): void {
    const missing = domains.filter(domain => !this.exists(domain))
    this.#settings = {
      ...this.#settings,
      domains: [...this.#settings.domains, ...missing],
      session: domains.includes('gui') ? 'Aqua' : 'Background',
    }
    for (const domain of missing) this.#loadAll(domain, this.files.agents)
  }

  /** The end of a graphical session; what ssh logged in to stays. */
  async logout(): Promise<void> {
    await this.#end(['gui'], job => job.bootOut())
    this.#settings = {...this.#settings, domains: this.#settings.domains.filter(each => each !== 'gui')}
    this.#leaveAqua()
  }

  /** The machine goes down, every process with it, and comes up again with its daemons and, where asked for, the logins of before. */
  async reboot(how: 'in order' | 'crash', logsIn: boolean): Promise<void> {
    const {domains, session} = this.#settings
    await this.#end(['gui', 'user', 'system'], job => (how === 'crash' ? job.kill() : job.bootOut()))
    await killBelow(this.files.temporary)
    this.#settings = {...this.#settings, domains: []}
    this.#loadAll('system', this.files.daemons)
    if (!logsIn) return
    this.login(domains)
    this.setSession(session)
  }

  /** Kills every job at once, for good. */
  async shutDown(): Promise<void> {
    await this.#end(['gui', 'user', 'system'], job => job.kill())
    await killBelow(this.files.temporary)
  }

  /** Nobody is in a graphical session that is not there. */
  #leaveAqua(): void {
    if (this.#settings.session === 'Aqua' && !this.exists('gui')) this.setSession('Background')
  }

  async #end(domains: readonly DomainName[], end: (job: Job) => void): Promise<void> {
    const jobs = domains.flatMap(domain => this.jobsOf(domain))
    // No job may be started again by the end of another.
    for (const job of jobs) {
      end(job)
      job.bootOut()
    }
    while (jobs.some(job => job.pid !== null)) await new Promise(resolve => setTimeout(resolve, POLL_MS))
    for (const domain of domains) this.#domains[domain].clear()
    this.#publish()
  }

  #loadAll(domain: DomainName, directory: string): void {
    for (const name of readdirSync(directory).sort()) {
      if (!name.endsWith('.plist')) continue
      const path = join(directory, name)
      const file = this.readFile(domain, path)
      if (!('definition' in file)) continue
      const {label, isDisabled} = file.definition
      const isOff = this.faults.now.loginItemsOff.includes(label)
      if (isOff || this.find(domain, label) || this.disabled.isDisabled(domain, label, isDisabled)) continue
      this.load(domain, file.definition, path)
    }
  }

  #publish(): void {
    const all = Object.values(this.#domains).flatMap(domain => [...domain.values()])
    const jobs = all.map(({domain, label, pid, runs, state}): LoadedJob => ({domain, label, pid, runs, state}))
    const running = jobs.filter(({pid}) => pid !== null).map(({label}) => label)
    for (const label of running) if (running.indexOf(label) !== running.lastIndexOf(label)) this.#doubles.add(label)
    const startTimes = Object.fromEntries(all.flatMap(({pid, startTime}) => (pid === null ? [] : [[pid, startTime]])))
    writeJson(this.files.jobs, {jobs, doubles: [...this.#doubles], startTimes} satisfies JobsFile)
  }
}

function fail(message: string): never {
  throw new Error(message)
}
