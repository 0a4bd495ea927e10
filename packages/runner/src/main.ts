import {closeSync, statSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {identityOf} from '@hermes-svc/core/process-identity'
import {askRunner, type ControlServer, openControlServer, socketCandidates} from './control-socket.js'
import {endOrphan, endWindowsOrphans} from './end-orphan.js'
import {closeInheritedDescriptors} from './inherited-descriptors.js'
import {directoryHash, invocationPrefix} from './invocation.js'
import {LAUNCH_DESCRIPTOR, type LaunchReply} from './launch-reply.js'
import {claimDirectory, type ReachOwner} from './runner-claim.js'
import {IF_WANTED} from './runner-command.js'
import {readRunnerFiles, removeStaged} from './runner-files.js'
import type {Held} from './runner-lock.js'
import {readRunnerState, type RunnerState, STATE_FILE} from './runner-state.js'
import {StatePublisher} from './state-publisher.js'
import {Supervisor, type SupervisorReport} from './supervisor.js'
import {isStartWanted} from './wanted-start.js'

const CLAIM_ROUNDS = 50

const [runnerDirectory = '', flag] = process.argv.slice(2)
/** Nobody launched it with a pipe to hear what became of it: that descriptor may be one of Node's own then. */
const onlyIfWanted = flag === IF_WANTED

function reply(message: LaunchReply): void {
  if (onlyIfWanted) return
  try {
    writeSync(LAUNCH_DESCRIPTOR, `${JSON.stringify(message)}\n`)
    closeSync(LAUNCH_DESCRIPTOR)
  } catch {
    // Whoever launched this is gone already, or closed its end.
  }
}

async function claim(directory: string, reach: ReachOwner): Promise<Held | null> {
  for (let round = 0; round < CLAIM_ROUNDS; round += 1) {
    const claimed = await claimDirectory(directory, reach)
    if (claimed !== 'retry') return claimed
    await delay(Math.random() * 20)
  }
  return null
}

function socketAnswers(socket: string | null | undefined): Promise<boolean> {
  if (typeof socket !== 'string') return Promise.resolve(false)
  return askRunner(socket, 'status', 1000).then(
    () => true,
    () => false,
  )
}

async function run(directory: string): Promise<void> {
  if (onlyIfWanted && !isStartWanted(directory)) return
  const definition = readRunnerFiles(directory)
  const held = await claim(directory, () => socketAnswers(readRunnerState(directory)?.socket))
  if (held === null) {
    reply({outcome: 'taken'})
    return
  }
  // It may have been stopped since; whoever stops it from now on finds this runner.
  if (onlyIfWanted && !isStartWanted(directory)) {
    held.release()
    return
  }
  const runner = identityOf(process.pid)
  const digits = directoryHash(directory)
  const previous = readRunnerState(directory)
  const seenAtMs = statSync(join(directory, STATE_FILE), {throwIfNoEntry: false})?.mtimeMs ?? 0
  removeStaged(directory)
  const publisher = new StatePublisher(directory)
  let server: ControlServer | null = null
  const stateOf = (report: SupervisorReport, ended: boolean): RunnerState => ({
    schemaVersion: 1,
    writtenBy: runner,
    runner: ended ? null : runner,
    socket: ended ? null : (server?.path ?? null),
    ...report,
  })
  const supervisor = new Supervisor({
    digits,
    definition,
    previous,
    readDefinition: () => readRunnerFiles(directory),
    publish(report) {
      publisher.publish(stateOf(report, false))
    },
    end(last) {
      server?.close()
      publisher.publish(stateOf(last, true))
      held.release()
      process.exit()
    },
  })
  process.on('SIGTERM', () => {
    supervisor.terminate()
  })
  // A bug here must not leave the gateway without anybody who restarts it.
  process.on('uncaughtException', error => {
    supervisor.note(`internal error: ${error.stack ?? error.message}`)
  })
  supervisor.announce()
  const {stopTimeoutMs, socketDirectories} = definition.spec
  if (process.platform === 'win32') {
    // Their gateway is gone in any case, so another one may start.
    await endWindowsOrphans(previous, seenAtMs).catch((error: unknown) => {
      supervisor.note(`what the last gateway left could not be looked for: ${(error as Error).message}`)
    })
  } else {
    await endOrphan({gateway: previous?.gateway ?? null, invocation: invocationPrefix(digits), stopTimeoutMs})
  }
  try {
    server = await openControlServer(socketCandidates(socketDirectories, digits), verb => supervisor.request(verb))
  } catch (error) {
    // Without a socket, signals remain; the reason is for whoever reads the log.
    supervisor.note((error as Error).message)
  }
  supervisor.start()
  reply({outcome: 'running'})
}

// The terminal and the session of whoever launched this are none of its business, and SIGUSR1 would open a debugger.
for (const signal of ['SIGBREAK', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2'] as const) {
  try {
    process.on(signal, () => undefined)
  } catch {
    // Windows does not know all of them.
  }
}

closeInheritedDescriptors(onlyIfWanted ? LAUNCH_DESCRIPTOR - 1 : LAUNCH_DESCRIPTOR)
run(runnerDirectory).catch((error: unknown) => {
  const {message, code} = error as NodeJS.ErrnoException
  reply({outcome: 'refused', message, code: code ?? null})
  process.exit(1)
})
