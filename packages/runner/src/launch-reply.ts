/** What a runner tells the one who launched it, as one JSON line. `taken`: another runner has the directory. */
export type LaunchReply =
  | {readonly outcome: 'running'}
  | {readonly outcome: 'taken'}
  | {readonly outcome: 'refused'; readonly message: string; readonly code: string | null}

/** File descriptor of the pipe for it. */
export const LAUNCH_DESCRIPTOR = 3
