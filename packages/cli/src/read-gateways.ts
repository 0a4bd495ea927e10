import {type Host, type Overview, serviceError} from '@hermes-svc/core'
import {EXIT_NOT_RUNNING, exitCodeOfBatch} from './exit-codes.js'
import {firstRows} from './first-rows.js'
import {needsRows, type Selection, selectProfiles} from './select-profiles.js'

/** What `gateway list` and `gateway status` tell, however they were started. */
export interface Reading {
  readonly overview: Overview
  readonly exitCode: number
}

/** Reads for one of the two; `notice` is told what the user should know. Rejects with what the host rejects with. */
export type ReadGateways = (
  host: Host,
  selection: Selection,
  backend: string | undefined,
  notice: (message: string) => void,
) => Promise<Reading>

/** Reads what `gateway list` shows: a row of each gateway that is meant. */
export const readList: ReadGateways = async (host, selection, backend, notice) => {
  const overview = await host.overview(undefined, {backend})
  const profiles = new Set(selectProfiles(overview.gateways, selection))
  const gateways = overview.gateways.filter(({profile}) => profiles.has(profile))
  for (const warning of overview.warnings) notice(warning)
  for (const {profile, message} of overview.errors) notice(`${profile}: ${message}`)
  return {overview: {...overview, gateways}, exitCode: exitCodeOfBatch(overview.errors)}
}

async function overviewOf(host: Host, selection: Selection, backend: string | undefined): Promise<Overview> {
  const {words} = selection
  const options = {backend, health: true}
  if (words.length > 0 && !needsRows(selection)) return await host.overview(words, options)
  const all = await host.overview(undefined, words.length > 0 ? {backend} : options)
  const profiles = selectProfiles(all.gateways, selection)
  // What a name stands for is shown with what only a question for it tells, also where a pattern gave the name.
  if (words.length > 0 && profiles.length > 0) return await host.overview(profiles, options)
  const meant = new Set(profiles)
  return {...all, gateways: all.gateways.filter(({profile}) => meant.has(profile))}
}

/** Reads what `gateway status` shows: all that is known of each. Rejects with what failed where that is all that was asked for. */
export const readStatus: ReadGateways = async (host, selection, backend, notice) => {
  const overview = await overviewOf(host, selection, backend)
  for (const warning of overview.warnings) notice(warning)
  const {gateways, errors} = overview
  const [failure] = errors
  if (selection.words.length === 1 && failure !== undefined && gateways.length === 0) {
    const {code, message, profile, hint} = failure
    throw serviceError(code, message, {profile, ...(hint === undefined ? {} : {hint})})
  }
  const running = firstRows(gateways).every(({state}) => state === 'running')
  return {overview, exitCode: errors.length > 0 ? exitCodeOfBatch(errors) : running ? 0 : EXIT_NOT_RUNNING}
}
