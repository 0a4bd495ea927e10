import {type Host, type Scope, toServiceError} from '@hermes-svc/core'
import {BaseCommand, type CommonFlags} from '../base-command.js'
import {exitCodeOf} from '../exit-codes.js'
import type {DoctorOutput, Finding} from '../output/doctor-output.js'
import {envelope} from '../output/envelope.js'
import {findingLines} from '../view/finding-lines.js'

interface Diagnosis {
  readonly findings: readonly Finding[]
  readonly backend: string | null
  readonly scope: Scope | null
}

/** `doctor`. */
export default class Doctor extends BaseCommand {
  static override summary = 'Say what is wrong on this machine and what to do about it'
  static override description = 'The exit code is that of the first error found, 0 when there are only warnings.'
  static override examples = ['<%= config.bin %> doctor']

  async run(): Promise<DoctorOutput> {
    const {flags} = await this.parse(Doctor)
    const {findings, backend, scope} = await this.#diagnose(flags)
    this.print(findingLines(findings))
    const code = findings.find(finding => finding.code !== null)?.code
    this.exitWith(code ? exitCodeOf(code) : 0)
    return envelope({backend, scope, findings, warnings: this.warnings})
  }

  async #diagnose(flags: CommonFlags): Promise<Diagnosis> {
    const {diagnose, findingOf} = await import('../diagnose.js')
    let host: Host
    try {
      // A warning of the host becomes a finding, so it need not be said twice.
      host = await this.openHost({...flags, quiet: true})
    } catch (error) {
      return {findings: [findingOf(toServiceError(error))], backend: null, scope: null}
    }
    const findings = await diagnose(host, this.warnings)
    const {chosen, scope} = await host.detect()
    return {findings, backend: chosen, scope}
  }
}
