import {Flags} from '@oclif/core'
import {type Host, systemClock} from '@hermes-svc/core'
import {BaseCommand} from '../../base-command.js'
import {exitCodeOfBatch} from '../../exit-codes.js'
import {envelope, type GatewaysOutput} from '../../output/envelope.js'
import {gatewayTable} from '../../view/gateway-table.js'
import {paintFor, showsColor} from '../../view/style.js'

const WATCH_MS = 2000
const CLEAR = '\u001b[H\u001b[2J'

/** `gateway list`. */
export default class GatewayList extends BaseCommand {
  static override summary = 'List every gateway and its state'
  static override examples = ['<%= config.bin %> gateway list', '<%= config.bin %> gateway list --json --watch']
  static override flags = {
    watch: Flags.boolean({description: 'Print again every two seconds, until interrupted'}),
  }

  async run(): Promise<GatewaysOutput | undefined> {
    const {flags} = await this.parse(GatewayList)
    this.compactJson = flags.watch
    const host = await this.openHost(flags)
    if (!flags.watch) return await this.#show(host, flags.backend)
    this.interruption.endWithReader()
    const {signal} = this.interruption
    for (;;) {
      if (process.stdout.isTTY && !this.jsonEnabled()) process.stdout.write(CLEAR)
      const output = await this.#show(host, flags.backend)
      if (this.jsonEnabled()) this.logJson(output)
      await systemClock.sleep(WATCH_MS, signal)
    }
  }

  async #show(host: Host, backend: string | undefined): Promise<GatewaysOutput> {
    const overview = await host.overview(undefined, {backend})
    for (const warning of overview.warnings) this.notice(warning)
    for (const {profile, message} of overview.errors) this.notice(`${profile}: ${message}`)
    const paint = paintFor(showsColor(process.stdout))
    this.print(gatewayTable(overview.gateways, systemClock.now(), paint, this.width))
    this.exitWith(exitCodeOfBatch(overview.errors))
    return envelope({...overview, warnings: this.warnings})
  }
}
