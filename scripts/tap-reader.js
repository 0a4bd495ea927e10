const RESULT = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO).*)?$/
const COUNT = /^# (pass|fail|skip) (\d+)$/

/**
 * Follows the TAP output of ava line by line. `counts` has ava's own closing figures; `onResult` hears of each test as it
 * ends, `onDetail` each line that belongs to a failure, or that a test wrote.
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
    else if (this.#isDetailed) this.#listener.onDetail(line)
  }

  #readResult([, verdict, title, directive]) {
    this.ended += 1
    this.#isDetailed = verdict === 'not ok' && directive === undefined
    if (directive !== undefined) this.skipped.push(title)
    else if (this.#isDetailed) this.failed.push(title)
    this.#listener.onResult(title, this.#isDetailed)
  }
}
