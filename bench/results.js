import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {summarise} from './figures.js'
import {loadPerCore, machineFacts, versions} from './machine-facts.js'
import {PEERS} from './peers/install-peers.js'

const DIRECTORY = join(import.meta.dirname, 'results')

/** The tables of one suite: printed as they are made, and kept with every sample. */
export class Results {
  #suite
  #groups = []
  #loadAtStart = loadPerCore()

  constructor(suite) {
    this.#suite = suite
  }

  /** One table: `samples` is {name: numbers}; with a `floor`, the name of a row, each row has its ratio to it. */
  table(title, samples, {unit = 'ms', floor, skipped = [], ...facts} = {}) {
    const rows = Object.entries(samples).map(([name, values]) => ({
      name,
      ...summarise(values, samples[floor]),
      samples: values.map(value => Number(value.toFixed(3))),
    }))
    this.#groups.push({title, unit, ...facts, rows, skipped})
    print(`${title} (${unit})`, rows)
    for (const {name, reason} of skipped) console.log(`skipped: ${name}: ${reason}`)
  }

  /** One table of figures that are no samples. */
  facts(title, rows, more = {}) {
    this.#groups.push({title, ...more, rows})
    print(title, rows)
  }

  skip(title, reason) {
    this.#groups.push({title, rows: [], skipped: [{name: title, reason}]})
    console.log(`\nskipped: ${title}: ${reason}`)
  }

  /** Writes results/DATE-SUITE.json; a later run of the same day replaces it. */
  write(options) {
    mkdirSync(DIRECTORY, {recursive: true})
    const date = new Date().toISOString().slice(0, 10)
    const document = {
      suite: this.#suite,
      date,
      machine: machineFacts(),
      loadPerCore: {atStart: this.#loadAtStart, atEnd: loadPerCore()},
      versions: versions(PEERS),
      options,
      groups: this.#groups,
    }
    const file = join(DIRECTORY, `${date}-${this.#suite}.json`)
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
    console.log(`\nkept in bench/results/${date}-${this.#suite}.json`)
  }
}

function figuresOf(row) {
  const hidden = ['name', 'samples']
  return Object.fromEntries(Object.entries(row).filter(([key]) => !hidden.includes(key)))
}

function print(title, rows) {
  console.log(`\n${title}`)
  console.table(Object.fromEntries(rows.map(row => [row.name, figuresOf(row)])))
}
