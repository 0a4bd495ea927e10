import type {Faults} from './faults.js'

/** What schtasks and net speak; 'made-up' is no language, so that nobody can know its words. */
export type Language = 'en' | 'de' | 'ru' | 'ja' | 'made-up'

/** A program of System32. */
export type Tool = 'schtasks' | 'wscript' | 'whoami' | 'net' | 'taskkill'

/** What a fake Windows is like. */
export interface Settings {
  /** 'old' does not know /HRESULT, and its labels are those of before Windows 11. */
  readonly windows: 'old' | 'new'
  readonly language: Language
  /** Whether callers have administrator rights; UAC gives them to the account of `sid`. */
  readonly elevated: boolean
  readonly user: string
  readonly computer: string
  readonly sid: string
  /** Whether System32 has vbscript.dll, without which only JScript is left. */
  readonly vbscript: boolean
  /** Programs that are not there. */
  readonly missing: readonly Tool[]
  /** Beginnings of paths: a process that was started with one belongs to the session, and ends with it. */
  readonly roots: readonly string[]
}

/** What a test may choose; see FakeWindows.create(). */
export interface FakeWindowsOptions extends Partial<Settings> {
  readonly faults?: Partial<Faults>
}

/** A new Windows in English, whose user has no administrator rights, unless chosen otherwise. */
export function completeSettings({faults: _faults, ...chosen}: FakeWindowsOptions): Settings {
  return {
    windows: 'new',
    language: 'en',
    elevated: false,
    user: 'Zoë',
    computer: 'VM',
    sid: 'S-1-5-21-1004336348-1177238915-682003330-1001',
    vbscript: true,
    missing: [],
    roots: [],
    ...chosen,
  }
}

/** The account as Windows writes it. */
export function accountOf({computer, user}: Settings): string {
  return `${computer}\\${user}`
}
