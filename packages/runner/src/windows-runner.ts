import type {WindowsProcess} from '@hermes-svc/core/windows-processes'

/**
 * Whether a process of Windows is a runner, which belongs to no gateway's tree although a CLI inside one may have started
 * it. By the end of its program's path, which is ASCII wherever the program is installed.
 */
export function isRunner({commandLine}: WindowsProcess): boolean {
  return /[\\/]runner[\\/](?:bundle|dist)[\\/]main\.c?js(?=["\s]|$)/i.test(commandLine)
}
