/** End of the name, behind the pid, of the file in `starts/` that a sample on Windows has open for itself alone. */
export const ALIVE = '.alive'
