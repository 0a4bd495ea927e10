export {askRunner, type ControlReply, type ControlVerb} from './control-socket.js'
export {endOrphan, type Orphan} from './end-orphan.js'
export {directoryHash, INVOCATION_VARIABLE, invocationPrefix} from './invocation.js'
export {launchRunner, type LaunchOptions, RUNNER_FLAGS} from './launch-runner.js'
export {isOfThisLife, observeRunner, type RunnerObservation} from './observe-runner.js'
export {delayAfter, judgeDeath, type Death, RESTART_REQUESTED, type Verdict} from './restart-policy.js'
export {type RestingChange, writeRestingState} from './resting-state.js'
export type {LogTarget} from './rotating-log.js'
export {
  type Definition,
  ENVIRONMENT_FILE,
  readRunnerFiles,
  removeStaged,
  renderRunnerFiles,
  SPEC_FILE,
  writeRunnerFiles,
} from './runner-files.js'
export type {Environment, Labels, RunnerSpec} from './runner-spec.js'
export {type RunnerState, STATE_FILE} from './runner-state.js'
