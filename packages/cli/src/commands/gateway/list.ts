import {Flags} from '@oclif/core'
import {type Host, systemClock} from '@hermes-svc/core'
import {type SelectionFlags, selectionOf} from '../../arguments/selection.js'
import {selectionFlags} from '../../arguments/selection-flags.js'
import {BaseCommand, type CommonFlags} from '../../base-command.js'
import {envelope, type GatewaysOutput} from '../../output/envelope.js'
import {readList} from '../../read-gateways.js'
import {gatewayTable} from '../../view/gateway-table.js'
import {paintFor, showsColor} from '../../view/style.js'

const WATCH_MS = 2000
const CLEAR = '\u001b[H\u001b[2J'

/** `gateway list`. */
export default class GatewayList extends BaseCommand {
  static override summary = 'List every gateway and its state'
  static override examples = [
    '<%= config.bin %> gateway list',
    '<%= config.bin %> gateway list --state failed --state backoff',
    '<%= config.bin %> gateway list --json --watch',
  ]
  static override flags = {
    ...selectionFlags,
    watch: Flags.boolean({description: 'Print again every two seconds, until interrupted'}),
  }

  async run(): Promise<GatewaysOutput | undefined> {
    const {flags} = await this.parse(GatewayList)
    this.compactJson = flags.watch
    const host = await this.openHost(flags)
    if (!flags.watch) return await this.#show(host, flags)
    this.interruption.endWithReader()
    const {signal} = this.interruption
    for (;;) {
      if (process.stdout.isTTY && !this.jsonEnabled()) process.stdout.write(CLEAR)
      const output = await this.#show(host, flags)
      if (this.jsonEnabled()) this.logJson(output)
      await systemClock.sleep(WATCH_MS, signal)
    }
  }

  async #show(host: Host, flags: CommonFlags & SelectionFlags): Promise<GatewaysOutput> {
    const selection = selectionOf([], flags, true)
    const {overview, exitCode} = await readList(host, selection, flags.backend, message => this.notice(message))
    const paint = paintFor(showsColor(process.stdout))
    this.print(gatewayTable(overview.gateways, systemClock.now(), paint, this.width))
    this.exitWith(exitCode)
    return envelope({...overview, warnings: this.warnings})
  }
}
