/**
 * Numbers that schtasks with /HRESULT ends with: HRESULTs of Win32 errors (winerror.h). Without it, it ends with 1 for all of
 * them and says in the language of the machine which it was.
 */
const E_ACCESSDENIED = 0x80070005
const NOT_FOUND: readonly number[] = [0x80070002, 0x80070003]
/** E_FAIL and E_INVALIDARG: what a verb may say of /HRESULT itself where it does not know that. */
const VAGUE: readonly number[] = [0x80004005, 0x80070057]
const FACILITY_WIN32 = 0x80070000
const LAST_WIN32 = 0xffff

/** What an exit code says, as far as a decision hangs on it. `failed`: something else went wrong; `unclear`: only that it failed. */
export type TaskResult = 'done' | 'denied' | 'absent' | 'failed' | 'unclear'

/** Reads an exit code, which may come as a signed number, or as a Win32 error without its facility. Pure. */
export function taskResultOf(exitCode: number): TaskResult {
  if (exitCode === 0) return 'done'
  const number = exitCode >>> 0
  // ERROR_INVALID_FUNCTION, and what schtasks ends with for everything.
  if (number === 1) return 'unclear'
  const hresult = number <= LAST_WIN32 ? FACILITY_WIN32 + number : number
  if (hresult === E_ACCESSDENIED) return 'denied'
  if (NOT_FOUND.includes(hresult)) return 'absent'
  return VAGUE.includes(hresult) ? 'unclear' : 'failed'
}
