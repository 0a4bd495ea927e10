import {LifecycleCommand} from '../../lifecycle-command.js'

/** `gateway restart`. */
export default class GatewayRestart extends LifecycleCommand {
  static override summary = 'Stop gateways and start them, also those that do not run'
  static override examples = ['<%= config.bin %> gateway restart coder', '<%= config.bin %> gateway restart --all']

  protected override readonly verb = 'restart'
}
