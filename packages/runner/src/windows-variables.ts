/**
 * Variables without which programs on Windows cannot load their own socket or crypto libraries, find a shell, or know whose
 * they are. Nobody sets them on purpose, and they are the same in all programs of a session.
 */
const NAMES = [
  'ALLUSERSPROFILE',
  'APPDATA',
  'CommonProgramFiles',
  'COMPUTERNAME',
  'ComSpec',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'NUMBER_OF_PROCESSORS',
  'OS',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'ProgramData',
  'ProgramFiles',
  'ProgramFiles(x86)',
  'ProgramW6432',
  'PUBLIC',
  'SystemDrive',
  'SystemRoot',
  'TEMP',
  'TMP',
  'USERDOMAIN',
  'USERNAME',
  'USERPROFILE',
  'windir',
]

/** Those of the variables that an environment has. */
export function windowsVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of NAMES) {
    const value = env[name]
    if (value !== undefined) found[name] = value
  }
  return found
}
