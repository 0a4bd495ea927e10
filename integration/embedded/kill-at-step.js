// Preloaded into the CLI: kills it with SIGKILL right before its N-th change (HERMES_KILL_STEP=N).
import {beforeEachChange} from './before-each-change.js'

const last = Number(process.env.HERMES_KILL_STEP)
let step = 0

beforeEachChange(() => {
  step += 1
  if (step === last) process.kill(process.pid, 'SIGKILL')
})
