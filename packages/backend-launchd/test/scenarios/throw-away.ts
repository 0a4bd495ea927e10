/** What every profile of these scenarios is called at the beginning: no user calls one so. */
export const PREFIX = 'hsvc-mac_'

/** The same for the conformance suite, which takes names apart at hyphens. */
export const CONFORMANCE_PREFIX = 'hsvc-mac'

/** What the labels of probes begin with, which belong to no profile. */
export const PROBE_PREFIX = `ai.hermes-svc-probe.${PREFIX}`

const LABEL = /^ai\.hermes(?:-svc\.|-svc-hand-off\.|-svc-probe\.|\.gateway-)hsvc-mac[-_]/

const LOG_ROTATION = /^ai\.hermes-svc-logs\.[0-9a-f]+$/

/** Whether a label is that of a job that rotates the logs of some profile root: which one it does not say. */
export function isLogRotation(label: string): boolean {
  return LOG_ROTATION.test(label)
}

/** Whether a text names a profile, or a directory, that only these scenarios make. */
export function namesThrowAway(text: string): boolean {
  return /(?<![A-Za-z0-9-])hsvc-mac[-_]/.test(text)
}

/** Whether a label is one that only these scenarios make. */
export function isThrowAway(label: string): boolean {
  return LABEL.test(label)
}
