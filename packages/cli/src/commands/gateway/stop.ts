import {LifecycleCommand} from '../../lifecycle-command.js'

/** `gateway stop`. */
export default class GatewayStop extends LifecycleCommand {
  static override summary = 'Stop gateways until they are started again, also across reboots'
  static override examples = [
    '<%= config.bin %> gateway stop coder',
    '<%= config.bin %> gateway stop --all',
    '<%= config.bin %> gateway stop --state backoff',
  ]

  protected override readonly verb = 'stop'
}
