// One install in a process that is killed on its way: before its Nth change of the file system or run of a tool.
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import type {Backend, ToolRunner} from '@hermes-svc/core'
import type {InstallOrder} from './kill-install.js'
import {suiteContext} from './suite-context.js'

const CHANGES =
  /^(open|write|append|rename|mkdir|mkdtemp|rm|rmdir|unlink|symlink|link|copyFile|cp|f?chmod|[fl]?chown|f?truncate|f(data)?sync|f?utimes)/

/** What opens a file without a change of it has neither of these flags. */
const WRITING = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT

type Call = (...args: unknown[]) => unknown

const order = JSON.parse(fs.readFileSync(0, 'utf8')) as InstallOrder
let left = Infinity

function step(): void {
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
  left -= 1
}

/** Opening to read changes nothing; from Node 22 on, importing a module does it through these functions. */
function isChange(name: string, [, flags]: readonly unknown[]): boolean {
  if (!name.startsWith('open')) return true
  return typeof flags === 'number' ? (flags & WRITING) !== 0 : typeof flags === 'string' && flags !== 'r'
}

function countCalls(functions: object): void {
  const calls = functions as Record<string, unknown>
  for (const name of Object.keys(calls).filter(key => CHANGES.test(key))) {
    const call = calls[name]
    if (typeof call !== 'function') continue
    calls[name] = (...args: unknown[]) => {
      if (isChange(name, args)) step()
      return (call as Call).apply(calls, args)
    }
  }
}

countCalls(fs)
countCalls(fs.promises)
// Named imports of these functions follow, also those that were made already.
syncBuiltinESMExports()

const {backend} = (await import(order.module)) as {backend: Backend}
const context = suiteContext(order.root, {configuration: order.configuration})
const tools: ToolRunner = {
  async run(...args) {
    step()
    const result = await context.tools.run(...args)
    step()
    return result
  },
  lines: (...args) => context.tools.lines(...args),
}
const manager = backend.create({...context, tools})
left = order.step
await manager.install(order.spec, {start: false})
