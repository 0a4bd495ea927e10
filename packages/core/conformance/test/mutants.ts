import type {Capabilities} from '@hermes-svc/core'
import {createMemoryBackend, type MemoryFaultName, type MemorySubject} from '@hermes-svc/core/conformance'
import {HOST_FAULTS, type HostFaultName} from './host-faults.js'

/** A deliberately broken backend, or host, and the sentences that it breaks. */
export interface Mutant {
  readonly fault: MemoryFaultName | HostFaultName
  /** Built on a backend that can do little; its faults show only there. */
  readonly bare?: true
  /** Its own sentences: each of their tests must fail. No test of another chapter may. */
  readonly breaks: readonly string[]
}

/** A backend that can do hardly anything, so that the sentences about what is missing apply. */
export const BARE_CAPABILITIES: Partial<Capabilities> = {
  runtimeRegistration: false,
  autostart: false,
  restartCount: false,
  backoff: 'fixed',
  giveUp: false,
  fatalExitCodes: false,
  logs: 'none',
  follow: false,
  runAsUser: false,
  maxGateways: 4,
}

/** The table of docs/conformance.md, in the order of the contract. */
export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'hostTamesNames',
    breaks: [
      'A profile name other than `^[a-z0-9][a-z0-9_-]*$`, or longer than 251 characters, MUST be refused with HSVC_INVALID_PROFILE by every verb, with nothing written.',
    ],
  },
  {
    fault: 'foldsNames',
    breaks: ['Two profiles whose names differ MUST never share a gateway.'],
  },
  {
    fault: 'trustsCleanExit',
    breaks: [
      '`start` MUST resolve only when the same process has lived for the settle time or is ready, and reject with HSVC_START_FAILED and the last exit when it died before.',
    ],
  },
  {
    fault: 'stopLies',
    breaks: ['`stop` MUST resolve only when the process is gone.'],
  },
  {
    fault: 'restartSparesUnchanged',
    breaks: [
      '`restart` MUST resolve only when another process has settled, and reject with HSVC_START_FAILED and the last exit when it died before.',
    ],
  },
  {
    fault: 'restartNeedsProcess',
    breaks: ['`restart` of a stopped gateway MUST end running.'],
  },
  {
    fault: 'restartKeepsParked',
    breaks: ['`start` and `restart` of a parked gateway MUST end running.'],
  },
  {
    fault: 'startRestarts',
    breaks: ['`start` of a running gateway MUST resolve without restarting it.'],
  },
  {
    fault: 'stopInsistsOnProcess',
    breaks: ['`stop` of a stopped gateway MUST resolve.'],
  },
  {
    fault: 'stopKeepsTimer',
    breaks: ['`stop` MUST last until `start`.'],
  },
  {
    fault: 'matchesByPrefix',
    breaks: [
      '`start`, `stop`, `restart`, `status` and `logs` of a profile without a definition MUST reject with HSVC_NOT_FOUND.',
    ],
  },
  {
    fault: 'tiresOut',
    breaks: ['Round after round, `install`, `start`, `stop`, `restart` and `uninstall` MUST end alike.'],
  },
  {
    fault: 'givesUpUnasked',
    breaks: ['A gateway that dies MUST be started again, however often, unless it was asked to give up.'],
  },
  {
    fault: 'parksAfter75',
    breaks: ['A gateway that ends with exit code 75 MUST be started again.'],
  },
  {
    fault: 'restartsAfterFatal',
    breaks: ['A fatal exit code MUST park the gateway as `failed` until `start` or `restart`.'],
  },
  {
    fault: 'neverGivesUp',
    breaks: ['A gateway that failed as often in a row as it was given MUST be `failed`.'],
  },
  {
    fault: 'forgetsStopOnReboot',
    breaks: ['`stop` MUST last across reboot, login and recreation.'],
  },
  {
    fault: 'forgetsToAutostart',
    breaks: [
      'An installed gateway with `autostart` MUST come back after reboot, login and recreation unless it was stopped.',
    ],
  },
  {
    fault: 'hashesWhatItTrimmed',
    breaks: ['`install` of an equal definition over a running gateway MUST change nothing.'],
  },
  {
    fault: 'hostSkipsEqualInstalls',
    breaks: ['`install` of an equal definition over a stopped gateway MUST start it, unless `start` is false.'],
  },
  {
    fault: 'keepsOldEnvironment',
    breaks: [
      '`install` of a different definition MUST replace the earlier one, and restart a running gateway unless `start` is false.',
    ],
  },
  {
    fault: 'reinstallStarts',
    breaks: ['`install` with `start` false MUST leave a gateway down that is down.'],
  },
  {
    fault: 'installRestarts',
    breaks: ["A backend's own `install` MUST define only: what runs goes on as it was started."],
  },
  {
    fault: 'listStaysStale',
    breaks: ['`uninstall` MUST resolve only when nothing is left: no process, no definition, no record.'],
  },
  {
    fault: 'uninstallTakesPrefix',
    breaks: ['`uninstall` MUST leave every other gateway alone.'],
  },
  {
    fault: 'uninstallInsists',
    breaks: ['`uninstall` of an unknown gateway MUST resolve, with nothing removed.'],
  },
  {
    fault: 'misstatesRegistration',
    breaks: ['`supportsRuntimeRegistration` MUST say what `capabilities.runtimeRegistration` says.'],
  },
  {
    fault: 'registerStarts',
    breaks: ['`registerProfileGateway` MUST define the gateway and start it, unless `startNow` is false.'],
  },
  {
    fault: 'registerOverwrites',
    breaks: [
      '`registerProfileGateway` of a registered or installed gateway MUST reject with HSVC_ALREADY_EXISTS, also for an equal definition.',
    ],
  },
  {
    fault: 'unregisterInsists',
    breaks: ['`unregisterProfileGateway` of an unknown gateway MUST resolve.'],
  },
  {
    fault: 'unregisterStaysListed',
    breaks: ['`unregisterProfileGateway` MUST resolve only when nothing is left: no process, no definition.'],
  },
  {
    fault: 'unregisterTakesInstalled',
    breaks: [
      '`unregisterProfileGateway` of an installed gateway MUST reject with HSVC_ALREADY_EXISTS and leave it as it is.',
    ],
  },
  {
    fault: 'listsInstalledToo',
    breaks: ['`listProfileGateways` MUST give the registered gateways, sorted, and no others.'],
  },
  {
    fault: 'promotionForgotten',
    breaks: ['`install` over a registered gateway MUST make it an installed one.'],
  },
  {
    fault: 'registersUndeclared',
    bare: true,
    breaks: [
      'Without `capabilities.runtimeRegistration`, `registerProfileGateway` and `unregisterProfileGateway` MUST reject with HSVC_UNSUPPORTED before anything is touched.',
    ],
  },
  {
    fault: 'listsUndeclared',
    bare: true,
    breaks: ['Without `capabilities.runtimeRegistration`, `listProfileGateways` MUST give an empty list.'],
  },
  {
    fault: 'statusUnsorted',
    breaks: ['`status` MUST be sorted by profile.'],
  },
  {
    fault: 'allOmitsStopped',
    breaks: ['`status` of named profiles MUST give the rows that `status` of all gives.'],
  },
  {
    fault: 'showsLauncherPid',
    breaks: ["`status` MUST give the pid of the gateway's own process, and since when it runs."],
  },
  {
    fault: 'losesSignals',
    breaks: ['A death MUST show in `status`: in the last exit, and in the count where deaths are counted.'],
  },
  {
    fault: 'showsLongWaitAsStopped',
    breaks: ['A gateway that waits to be started again MUST be shown as `backoff`, without a pid.'],
  },
  {
    fault: 'wantedFollowsDeath',
    breaks: ['`wanted` MUST be what was asked for last, whatever became of it.'],
  },
  {
    fault: 'isRunningMeansWanted',
    breaks: ['`isRunning` MUST be true exactly when `status` says `running`.'],
  },
  {
    fault: 'silenceMeansEmpty',
    breaks: ['`status` MUST reject rather than leave gateways out when it could not look.'],
  },
  {
    fault: 'logsFromTheTop',
    breaks: ['`logs` MUST give the last lines that the gateway printed, in their order, and no more than asked for.'],
  },
  {
    fault: 'followEnds',
    breaks: ['`logs` with `follow` MUST go on with what is printed later, and end when its signal aborts.'],
  },
  {
    fault: 'publishesInParts',
    breaks: [
      'A definition MUST become visible whole or not at all, also when whoever makes it is killed at any instruction.',
    ],
  },
  {
    fault: 'trustsStaging',
    breaks: ['The next run MUST repair what a killed one left.'],
  },
  {
    fault: 'uninstallSparesCrashed',
    breaks: ['A first `install` that is rejected MUST leave no process, no definition and no record.'],
  },
  {
    fault: 'neverGoesBack',
    breaks: [
      'An `install` over another definition that is rejected MUST put the earlier one back, and run it when it ran.',
    ],
  },
  {
    fault: 'stopSparesCrashed',
    breaks: ['A `start` that is rejected MUST leave `wanted` as it was.'],
  },
  {
    fault: 'hostTakesNoLock',
    breaks: [
      'Two changes of the same gateway at the same time MUST be made one after the other.',
      'A verb that cannot have its turn in time MUST reject with HSVC_BUSY, with nothing changed.',
    ],
  },
  {
    fault: 'hostDropsTimeout',
    breaks: ['A verb MUST reject with HSVC_TIMEOUT, and with the state it saw, soon after its time is up.'],
  },
  {
    fault: 'hostDropsSignal',
    breaks: ['A verb MUST reject with HSVC_ABORTED soon after its signal aborts.'],
  },
  {
    fault: 'abortUndoesStop',
    breaks: ['A verb that ran out of time MUST leave `wanted` as it was asked for.'],
  },
  {
    fault: 'forgetsToolSignal',
    breaks: ['A verb that gives up MUST kill the tool that it was waiting for.'],
  },
  {
    fault: 'environmentOnCommandLine',
    breaks: ['An environment value MUST NOT show in the command line of any process.'],
  },
  {
    fault: 'statusShowsEnvironment',
    breaks: ['An environment value MUST NOT show in `status`, logs or errors.'],
  },
  {
    fault: 'planReadableByAll',
    breaks: [
      'A file that holds an environment value MUST be readable by its owner only, and be marked sensitive in the plan.',
    ],
  },
  {
    fault: 'commandsHoldEnvironment',
    breaks: ["A plan's paths, commands and notes MUST NOT hold an environment value."],
  },
  {
    fault: 'claimsForeign',
    breaks: [
      '`install` over a foreign definition MUST reject with HSVC_ALREADY_EXISTS unless it is told to adopt.',
      'A foreign definition MUST never be removed or rewritten without being adopted.',
    ],
  },
  {
    fault: 'adoptsWithoutBackup',
    breaks: ['Adopting a foreign definition MUST keep a backup of it in the record directory.'],
  },
  {
    fault: 'startRewritesForeign',
    breaks: ['`start` and `stop` of a foreign gateway MUST change its state only.'],
  },
  {
    fault: 'trimsArguments',
    breaks: [
      'Every argv element MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    ],
  },
  {
    fault: 'expandsDollars',
    breaks: [
      'Every environment value MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    ],
  },
  {
    fault: 'composesPaths',
    breaks: [
      'The working directory MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    ],
  },
  {
    fault: 'hostCleansTexts',
    breaks: [
      'NUL, half a surrogate pair and U+FFFD MUST be refused with HSVC_INVALID_SPEC in every text, and nothing written.',
    ],
  },
  {
    fault: 'hostDropsStrangeKeys',
    breaks: [
      'An environment key other than `[A-Za-z_][A-Za-z0-9_]*` MUST be refused with HSVC_INVALID_SPEC, and nothing written.',
    ],
  },
  {
    fault: 'hostForgetsWhoSetWhat',
    bare: true,
    breaks: [
      'A value that the user set and that the backend cannot express MUST be refused with HSVC_INVALID_SPEC, and nothing written.',
    ],
  },
  {
    fault: 'hostHidesNotes',
    bare: true,
    breaks: ['A default that the backend cannot meet MUST be told in the notes of the plan.'],
  },
  {
    fault: 'planKnowsThePlace',
    breaks: [
      'Planning the same spec with the same facts MUST give the same bytes, whatever the working directory, PATH, locale, time zone and order of the environment.',
    ],
  },
  {
    fault: 'planWrites',
    breaks: ['Planning MUST write nothing and start nothing.'],
  },
  {
    fault: 'capabilitiesUnbounded',
    breaks: ['Capabilities MUST be plain data that survives JSON, and MUST never change.'],
  },
  {
    fault: 'detectThrows',
    breaks: ['`detect` MUST NOT throw, whatever it finds.'],
  },
  {
    fault: 'detectRunsTool',
    breaks: ['`detect` MUST change nothing and run no tool.'],
  },
  {
    fault: 'kindDiffers',
    breaks: ["`create` MUST give every method of a ServiceManager, under the backend's kind."],
  },
  {
    fault: 'countsUndeclared',
    bare: true,
    breaks: [
      'What a backend does not declare MUST be null in `status`: `ready` without `readiness`, `restarts` without `restartCount`.',
    ],
  },
  {
    fault: 'hostShowsEmptyLogs',
    bare: true,
    breaks: [
      'What `logs` cannot give MUST be refused with HSVC_UNSUPPORTED: everything without `capabilities.logs`, following without `follow`.',
    ],
  },
  {
    fault: 'hidesTheLast',
    bare: true,
    breaks: [
      'One gateway more than `capabilities.maxGateways` MUST be refused with HSVC_CAPACITY, with no definition made.',
    ],
  },
]

/** The subject of a mutant's suite: a machine of its own with the fault in it. */
export function subjectOf({fault, bare}: Mutant): MemorySubject {
  const capabilities = bare ? BARE_CAPABILITIES : {}
  return fault in HOST_FAULTS
    ? {...createMemoryBackend({}, capabilities), host: HOST_FAULTS[fault as HostFaultName]}
    : createMemoryBackend({[fault]: true}, capabilities)
}
