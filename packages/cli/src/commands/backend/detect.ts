import {BaseCommand} from '../../base-command.js'
import {candidatesOutput, type CandidatesOutput} from '../../output/candidates-output.js'
import {evidenceLines} from '../../view/candidate-lines.js'
import {paintFor, showsColor} from '../../view/style.js'

/** `backend detect`. */
export default class BackendDetect extends BaseCommand {
  static override summary = 'Show the evidence for and against each backend, in the order tried'
  static override examples = ['<%= config.bin %> backend detect --json']

  async run(): Promise<CandidatesOutput> {
    const {flags} = await this.parse(BackendDetect)
    const host = await this.openHost(flags)
    const detected = await host.detect()
    for (const warning of host.warnings) this.notice(warning)
    const output = candidatesOutput(detected, false, this.warnings)
    this.print(evidenceLines(output.backend, output.candidates, paintFor(showsColor(process.stdout))))
    return output
  }
}
