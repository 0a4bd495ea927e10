import {delimiter, join} from 'node:path'
import type {Settings} from './settings.js'

/** Where what a Windows has in fixed places is on a fake one. */
export interface Places {
  readonly systemRoot: string
  readonly system32: string
  readonly home: string
  readonly appData: string
  readonly localAppData: string
  readonly startup: string
  readonly programData: string
  readonly temporary: string
  /** What the Task Scheduler keeps. */
  readonly state: string
}

/** The places of the machine whose directory this is. */
export function placesOf(directory: string, {user}: Settings): Places {
  const systemRoot = join(directory, 'Windows')
  const home = join(directory, 'Users', user)
  const appData = join(home, 'AppData', 'Roaming')
  const localAppData = join(home, 'AppData', 'Local')
  return {
    systemRoot,
    system32: join(systemRoot, 'System32'),
    home,
    appData,
    localAppData,
    startup: join(appData, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup'),
    programData: join(directory, 'ProgramData'),
    temporary: join(localAppData, 'Temp'),
    state: join(directory, 'state'),
  }
}

/** The variables of a session, with PATH as the system has it on which the fake runs. */
export function environmentIn(places: Places, settings: Settings): Record<string, string> {
  const {systemRoot, system32, home, appData, localAppData, programData, temporary} = places
  return {
    APPDATA: appData,
    COMPUTERNAME: settings.computer,
    ComSpec: join(system32, 'cmd.exe'),
    LOCALAPPDATA: localAppData,
    PATH: [system32, systemRoot, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    PATHEXT: '.COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC',
    ProgramData: programData,
    SystemRoot: systemRoot,
    TEMP: temporary,
    TMP: temporary,
    USERDOMAIN: settings.computer,
    USERNAME: settings.user,
    USERPROFILE: home,
    windir: systemRoot,
  }
}
