import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {cleanEnvironment} from './clean-environment.js'
import {interrupted} from './clean-up.js'

const LONGEST_MS = 600_000

/**
 * Runs a program to its end: {ms, stdout}. The time is from before spawn to its exit with its output read. Throws when it
 * ends otherwise than with `code`, or when `check` does not like its output, or when the bench is interrupted; `cleansUp`:
 * not then.
 */
export async function runProgram({
  name,
  argv,
  env = {},
  code: expected = 0,
  check,
  start = spawn,
  input,
  cleansUp = false,
}) {
  const [file, ...args] = argv
  const signal = cleansUp ? undefined : interrupted
  signal?.throwIfAborted()
  const output = []
  const complaints = []
  const started = performance.now()
  const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
  const child = start(file, args, {cwd: '/', env: cleanEnvironment(env), stdio, timeout: LONGEST_MS})
  const interrupt = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', interrupt)
  // Whoever needs no input may have ended before it is there.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  child.stdout.on('data', part => output.push(part))
  child.stderr.on('data', part => complaints.push(part))
  const [code, endedBy] = await once(child, 'close')
  const ms = performance.now() - started
  signal?.removeEventListener('abort', interrupt)
  signal?.throwIfAborted()
  const stdout = Buffer.concat(output).toString()
  if (code !== expected) {
    const said = `${stdout.slice(-1000)}\n${Buffer.concat(complaints).toString().slice(-2000)}`
    throw new Error(`${name ?? argv.join(' ')}: expected exit code ${expected}, got ${endedBy ?? code}: ${said}`)
  }
  check?.(stdout)
  return {ms, stdout}
}

/** One contender's turn: what it needs before and after is not timed. */
async function takeTurn(contender, round) {
  const {argv, before, after, measure = runProgram} = contender
  const context = await before?.(round)
  try {
    const words = typeof argv === 'function' ? argv(round, context) : argv
    const env = typeof contender.env === 'function' ? contender.env(round, context) : contender.env
    return await measure({...contender, argv: words, env}, round, context)
  } finally {
    await after?.(round, context)
  }
}

/**
 * Lets contenders take turns, each in a fresh process: A B C, B C A, … Each round begins with another one, so that none always
 * follows the same one. Some rounds before are not counted: they fill the caches of the disk. An array of contenders
 * takes one turn together, in its order. Gives {name: samples}, of `value` (milliseconds of the run unless told otherwise).
 */
export async function alternate(contenders, {rounds, warmUps = 1, value = ({ms}) => ms}) {
  const turns = contenders.map(each => (Array.isArray(each) ? each : [each]))
  const samples = Object.fromEntries(turns.flat().map(({name}) => [name, []]))
  for (let round = -warmUps; round < rounds; round += 1) {
    const first = (round + warmUps) % turns.length
    for (const contender of [...turns.slice(first), ...turns.slice(0, first)].flat()) {
      const result = await takeTurn(contender, round + warmUps)
      if (round >= 0) samples[contender.name].push(value(result))
    }
    process.stderr.write(round < 0 ? '-' : '.')
  }
  process.stderr.write('\n')
  return samples
}

/** A check that JSON on stdout has so many rows, which `rowsOf` finds in it. */
export function expectRows(count, rowsOf = ({gateways}) => gateways) {
  return stdout => {
    const rows = rowsOf(JSON.parse(stdout))
    if (rows.length !== count) throw new Error(`expected ${count} rows, got ${rows.length}`)
  }
}

/** A check that so many lines on stdout fit. */
export function expectLines(count, pattern) {
  return stdout => {
    const found = stdout.split('\n').filter(line => pattern.test(line)).length
    if (found !== count)
      throw new Error(`expected ${count} lines like ${pattern}, got ${found}: ${stdout.slice(0, 300)}`)
  }
}

/** What is measured against: the least that a program of Node can take. */
export const FLOOR = {name: 'node -e 0 (the floor)', argv: [process.execPath, '-e', '0']}
