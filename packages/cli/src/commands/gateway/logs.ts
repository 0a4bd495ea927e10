import {type LogLine, type LogOptions, type ServiceError, toServiceError} from '@hermes-svc/core'
import {logFlags} from '../../arguments/log-flags.js'
import {distinct, someProfiles} from '../../arguments/profile-args.js'
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
  static override flags = logFlags

  async run(): Promise<void> {
    const {args, flags} = await this.parse(GatewayLogs)
    this.compactJson = true
    const profiles = distinct(args.profile)
    const {follow, since, lines = since ? Number.MAX_SAFE_INTEGER : 100} = flags
    const host = await this.openHost(flags)
    this.interruption.endWithReader()
    const {signal} = this.interruption
    const options: LogOptions = {follow, lines, signal, ...(since && {since})}
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
    if (follow) await Promise.all(profiles.map(attempt))
    else for (const profile of profiles) await attempt(profile)
    this.exitWith(exitCodeOfBatch(failures))
    signal.throwIfAborted()
  }
}
