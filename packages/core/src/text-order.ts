/** Order of two texts by code unit, for `sort`: 0 for equal ones, which then stay in the order they came in. */
export function textOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
