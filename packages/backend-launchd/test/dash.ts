import {existsSync} from 'node:fs'
import test from 'ava'

/** The interpreter of the launcher. */
export const DASH = '/bin/dash'

const isThere = existsSync(DASH)

/** For tests that need dash: `test`, or a skip where there is none; `why` goes to the end of their titles. */
export const withDash = isThere ? test : test.skip
export const why = isThere ? '' : ` (skipped: no ${DASH})`
