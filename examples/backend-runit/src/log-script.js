/** @import {GatewaySpec} from '@hermes-svc/core' */
import {becomeLines, quoteWord} from './run-script.js'

/**
 * `log/run` of a service: svlogd(8) keeps each line with the time in UTC in rotated files. Everything in the log directory
 * is done as the gateway's account, because root would follow the links that it put there. Pure.
 *
 * @param {GatewaySpec} spec
 * @param {string} directory - Where the log goes.
 */
export function renderLogScript(spec, directory) {
  const {files, sizeBytes} = spec.logs
  const keep = [
    'mkdir -p -- "$0" && cd -- "$0" &&',
    `printf 's%s\\nn%s\\n' ${String(sizeBytes)} ${String(files)} > config && exec svlogd -ttt .`,
    'echo "hermes-svc: $0 cannot be written: this output is not kept" >&2',
    '# Somebody has to read, or the gateway would wait for ever when the pipe is full.',
    'exec cat > /dev/null',
  ]
  return [
    '#!/bin/sh',
    `# Keeps the log of the gateway ${spec.profile}. Written by hermes-svc, which replaces it at the next install.`,
    ...becomeLines(spec),
    `exec chpst $become /bin/sh -c ${quoteWord(keep.join('\n'))} ${quoteWord(directory)}`,
    '',
  ].join('\n')
}
