import {Flags} from '@oclif/core'
import {type LogLine, type LogOptions, type ServiceError, systemClock, toServiceError} from '@hermes-svc/core'
import {distinct, someProfiles} from '../../arguments/profile-args.js'
import {parseSince} from '../../arguments/time-flags.js'
import {BaseCommand} from '../../base-command.js'
import {reportError} from '../../error-report.js'
import {exitCodeOfBatch} from '../../exit-codes.js'
import {logLineText} from '../../view/log-line.js'

/** `gateway logs`. */
export default class GatewayLogs extends BaseCommand {
  static override summary = 'Print the output of gateways; one JSON object a line under --json'
  static override examples = [
    '<%= config.bin %> gateway logs coder -f',
    '<%= config.bin %> gateway logs coder --since 10m',
  ]
  static override args = someProfiles
  static override flags = {
    follow: Flags.boolean({char: 'f', description: 'Go on with what is written from now on, until interrupted'}),
    lines: Flags.integer({
      char: 'n',
      description: 'How many lines from the end',
      helpValue: 'COUNT',
      default: 100,
      min: 0,
    }),
    since: Flags.string({description: 'Only lines since then: 10m, or a date in ISO 8601', helpValue: 'TIME'}),
  }

  async run(): Promise<void> {
    const {args, flags} = await this.parse(GatewayLogs)
    this.compactJson = true
    const profiles = distinct(args.profile)
    const since = flags.since === undefined ? {} : {since: parseSince(flags.since, systemClock.now())}
    const host = await this.openHost(flags)
    this.interruption.endWithReader()
    const {signal} = this.interruption
    const options: LogOptions = {follow: flags.follow, lines: flags.lines, signal, ...since}
    const prefixWidth = profiles.length === 1 ? 0 : Math.max(...profiles.map(({length}) => length))
    const show = (line: LogLine): void => {
      if (this.jsonEnabled()) this.logJson(line)
      else process.stdout.write(`${logLineText(line, {prefixWidth, terminal: process.stdout.isTTY})}\n`)
    }
    const pass = async (profile: string): Promise<void> => {
      const manager = await host.managerFor(profile, {backend: flags.backend})
      for await (const line of manager.logs(profile, options)) show(line)
    }
    const failures: ServiceError[] = []
    const attempt = (profile: string): Promise<void> =>
      pass(profile).catch((thrown: unknown) => {
        const error = toServiceError(thrown, {profile})
        if (profiles.length === 1) throw error
        failures.push(error)
        if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
        else this.printFailure(reportError(error))
      })
    if (flags.follow) await Promise.all(profiles.map(attempt))
    else for (const profile of profiles) await attempt(profile)
    this.exitWith(exitCodeOfBatch(failures))
    signal.throwIfAborted()
  }
}
