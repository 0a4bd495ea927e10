import {Flags} from '@oclif/core'
import {LifecycleCommand} from '../../lifecycle-command.js'
import type {BatchOutput} from '../../output/envelope.js'

/** `gateway restart`. */
export default class GatewayRestart extends LifecycleCommand {
  static override summary = 'Stop gateways and start them, also those that do not run'
  static override description = [
    'With --drain nothing is stopped: each gateway that runs is asked to finish its turns, which may take half an',
    'hour, and the next one is asked when this one is back and well. The first that fails ends that.',
  ].join(' ')
  static override examples = [
    '<%= config.bin %> gateway restart coder',
    "<%= config.bin %> gateway restart 'web-*' --state failed",
    '<%= config.bin %> gateway restart --all --drain',
  ]
  // oclif's parser does not look at what is inherited.
  static override args = LifecycleCommand.args
  static override flags = {
    ...LifecycleCommand.flags,
    drain: Flags.boolean({
      description: 'Let each finish its turns and restart, one after the other; what does not run is left alone',
      exclusive: ['no-wait'],
    }),
  }

  protected override readonly verb = 'restart'

  override async run(): Promise<BatchOutput> {
    const {args, flags} = await this.parse(GatewayRestart)
    return await this.changeEach(args.profile ?? [], flags)
  }
}
