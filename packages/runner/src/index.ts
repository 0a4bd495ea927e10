export {batchRefusal} from './batch-command.js'
export {askRunner, type ControlReply, type ControlVerb} from './control-socket.js'
export {signalProcess} from './process-tree.js'
export {DefinitionStore} from './definition-store.js'
export {endOrphan, type Orphan} from './end-orphan.js'
export {gatewayStatusOf, isExpired, labelsOf, unknownStatusOf} from './gateway-status-of.js'
export {directoryHash, INVOCATION_VARIABLE, invocationPrefix} from './invocation.js'
export {launchRunner, type LaunchOptions} from './launch-runner.js'
export {lookSettled} from './look-settled.js'
export {isOfThisLife, observeRunner, type RunnerObservation} from './observe-runner.js'
export {delayAfter, judgeDeath, type Death, RESTART_REQUESTED, type Verdict} from './restart-policy.js'
export {RunnerControl} from './runner-control.js'
export {IF_WANTED, runnerFiles, RUNNER_FLAGS, runnerCommand} from './runner-command.js'
export {definitionDirectory, logDirectory, runnerDefinition, runnerPlanEntries} from './runner-definition.js'
export {writeRestingWanted} from './resting-wanted.js'
export type {LogTarget} from './rotating-log.js'
export {
  type Definition,
  ENVIRONMENT_FILE,
  readRunnerFiles,
  renderRunnerFiles,
  SPEC_FILE,
  writeRunnerFiles,
} from './runner-files.js'
export type {Environment, Labels, RunnerSpec} from './runner-spec.js'
export {type RunnerState, STATE_FILE} from './runner-state.js'
