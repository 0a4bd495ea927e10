import type {LogLine} from '../gateway-status.js'

/** As our runner writes it: ISO 8601 in UTC and one space. */
const RUNNER_STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)(?: (.*))?$/s

/**
 * As s6-log writes it for its directive T: the logger's local time, which is UTC where TZ says so, to the nanosecond,
 * and two spaces; https://skarnet.org/software/s6/s6-log.html
 */
const S6_LOG_STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\d{6} {2}(.*)$/s

function split(line: string): {at: string; text: string} | null {
  const [, at, text] = RUNNER_STAMP.exec(line) ?? []
  if (at !== undefined) return {at, text: text ?? ''}
  const [, date, time, rest] = S6_LOG_STAMP.exec(line) ?? []
  return date === undefined || time === undefined ? null : {at: `${date}T${time}Z`, text: rest ?? ''}
}

/** The time and the text of one line of a log file; all of it is text where no time that exists stands in front. */
export function parseLogLine(profile: string, line: string): LogLine {
  const found = split(line)
  return found === null || Number.isNaN(Date.parse(found.at)) ? {profile, at: null, text: line} : {profile, ...found}
}
