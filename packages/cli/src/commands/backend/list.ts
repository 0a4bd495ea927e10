import {BaseCommand} from '../../base-command.js'
import {candidatesOutput, type CandidatesOutput} from '../../output/candidates-output.js'
import {candidateTable} from '../../view/candidate-lines.js'
import {paintFor, showsColor} from '../../view/style.js'

/** `backend list`. */
export default class BackendList extends BaseCommand {
  static override summary = 'List the installed backends, what they can do, and which is chosen'
  static override examples = ['<%= config.bin %> backend list']

  async run(): Promise<CandidatesOutput> {
    const {flags} = await this.parse(BackendList)
    const host = await this.openHost(flags)
    const detected = await host.detect()
    for (const warning of host.warnings) this.notice(warning)
    const output = candidatesOutput(detected, true, this.warnings)
    const paint = paintFor(showsColor(process.stdout))
    this.print(candidateTable(output.backend, output.candidates, paint, this.width))
    return output
  }
}
