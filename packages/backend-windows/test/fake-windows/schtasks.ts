import type {Verb} from './faults.js'
import type {Machine} from './machine.js'
import {type Messages, messagesIn} from './messages.js'
import type {Ask, Program} from './program.js'
import {FAILURE} from './results.js'
import {type Answer, refuse, type Subcommand} from './subcommand.js'

// A call reads only what it needs, which saves it a tenth of its time.
const SUBCOMMANDS: Readonly<Record<string, readonly [Verb, () => Promise<Subcommand>]>> = {
  '/CREATE': ['create', async () => (await import('./create.js')).create],
  '/DELETE': ['delete', async () => (await import('./changing-subcommands.js')).remove],
  '/QUERY': ['query', async () => (await import('./query.js')).query],
  '/CHANGE': ['change', async () => (await import('./changing-subcommands.js')).change],
  '/RUN': ['run', async () => (await import('./changing-subcommands.js')).run],
  '/END': ['end', async () => (await import('./changing-subcommands.js')).end],
}

const UNHEARD_OF = '\u00bf\u00a1 %1 !?'

type Options = ReadonlyMap<string, string | null>

/** The options of a call, or the first word that is none. */
function parseOptions(args: readonly string[], known: Readonly<Record<string, boolean>>): Options | string {
  const options = new Map<string, string | null>()
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    const name = word.toUpperCase()
    const hasValue = known[name]
    if (hasValue === undefined || options.has(name)) return word
    const value = hasValue ? args[(at += 1)] : null
    if (value === undefined) return word
    options.set(name, value)
  }
  return options
}

async function answer(
  machine: Machine,
  args: readonly string[],
  messages: Messages,
  ask: Ask,
): Promise<Answer & {readonly wantsNumbers?: boolean}> {
  const {settings, faults} = machine
  const found = SUBCOMMANDS[args[0]?.toUpperCase() ?? '']
  if (found === undefined) return refuse(messages, FAILURE.invalidOption, args[0])
  const [verb, load] = found
  const subcommand = await load()
  const common: Record<string, boolean> = settings.windows === 'new' ? {'/HRESULT': false} : {}
  const options = parseOptions(args.slice(1), {...subcommand.options, ...common})
  if (typeof options === 'string') return refuse(messages, FAILURE.invalidOption, options)
  const wantsNumbers = options.has('/HRESULT')
  if (await machine.exclusively(() => machine.happens('spuriousErrors'))) {
    return {code: FAILURE.serviceNotRunning, stdout: '', stderr: `${UNHEARD_OF}\r\n`, wantsNumbers}
  }
  if (faults.denies.includes(verb) && !settings.elevated) {
    return {...refuse(messages, FAILURE.accessDenied), wantsNumbers}
  }
  return {...(await subcommand.run({machine, settings, messages, options, ask})), wantsNumbers}
}

/** schtasks, with the numbers of its answers only after /HRESULT. */
export const schtasks: Program = async (machine, args, ask) => {
  const {wantsNumbers = false, ...answered} = await answer(machine, args, messagesIn(machine.settings.language), ask)
  return {...answered, exitCode: wantsNumbers || answered.code === 0 ? answered.code : 1}
}
