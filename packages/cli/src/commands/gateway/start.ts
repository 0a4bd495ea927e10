import {LifecycleCommand} from '../../lifecycle-command.js'

/** `gateway start`. */
export default class GatewayStart extends LifecycleCommand {
  static override summary = 'Start gateways, and return when they run'
  static override examples = [
    '<%= config.bin %> gateway start coder',
    '<%= config.bin %> gateway start --all',
    "<%= config.bin %> gateway start 'web-*'",
  ]

  protected override readonly verb = 'start'
}
