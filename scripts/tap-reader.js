const RESULT = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO).*)?$/
const COUNT = /^# (pass|fail|skip) (\d+)$/

/** Enough of what ava says of a failure to know what was expected, and what was got. */
const REASON_LINES = 12

/**
 * Follows the TAP output of ava line by line. `counts` has ava's own closing figures, `failed` the titles with the beginning of what ava
 * says of them; `onResult` hears of each test as it ends, `onDetail` each line that belongs to a failure, or that a test wrote.
 */
export class TapReader {
  counts = {pass: 0, fail: 0, skip: 0}
  skipped = []
  failed = []
  ended = 0
  #listener
  #isDetailed = false

  constructor(listener) {
    this.#listener = listener
  }

  read(line) {
    const result = RESULT.exec(line)
    const count = COUNT.exec(line)
    if (result !== null) this.#readResult(result)
    else if (count !== null) this.counts[count[1]] = Number(count[2])
    else if (this.#isDetailed) this.#readDetail(line)
  }

  #readResult([, verdict, title, directive]) {
    this.ended += 1
    this.#isDetailed = verdict === 'not ok' && directive === undefined
    if (directive !== undefined) this.skipped.push(title)
    else if (this.#isDetailed) this.failed.push({title, reason: []})
    this.#listener.onResult(title, this.#isDetailed)
  }

  #readDetail(line) {
    const {reason} = this.failed.at(-1)
    const isFrame = /^ *(---|\.\.\.)?$/.test(line)
    if (!isFrame && reason.length < REASON_LINES) reason.push(line)
    this.#listener.onDetail(line)
  }
}
