import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  accountNamed,
  asAccount,
  type BackendContext,
  createToolRunner,
  serviceError,
  type Writer,
} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {listening, openControl} from '../dist/control-fifo.js'
import {S6Tools} from '../dist/s6-tools.js'

function temporaryDirectory(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 's6-tools-'))
  t.teardown(() => {
    rmSync(path, {recursive: true, force: true})
  })
  return path
}

function makeFifo(path: string): string {
  execFileSync('mkfifo', [path])
  return path
}

/** Opens a FIFO as its supervisor does. */
function readFifo(t: ExecutionContext, path: string): () => string {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => {
    closeSync(descriptor)
  })
  return () => {
    const bytes = Buffer.alloc(64)
    return bytes.toString('latin1', 0, readSync(descriptor, bytes))
  }
}

function makeTools(binDir: string | null = null): S6Tools {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  const context = {caller: {uid, gid}, tools: createToolRunner(process.env), error: serviceError}
  const self: Writer = {uid, gid, name: null, borrowed: false, run: work => work()}
  return new S6Tools(context as unknown as BackendContext, self, binDir)
}

test('a FIFO that somebody reads is listened to, and nothing arrives by asking', t => {
  const fifo = makeFifo(join(temporaryDirectory(t), 'control'))
  t.is(listening(fifo), 'no')
  const read = readFifo(t, fifo)
  t.is(listening(fifo), 'yes')
  t.throws(read, {code: 'EAGAIN'})
})

test('whatever else has that name is not listened to: nothing, a directory, a link', t => {
  const directory = temporaryDirectory(t)
  const at = (name: string): string => join(directory, name)
  writeFileSync(at('file'), 'as it was')
  mkdirSync(at('directory'))
  readFifo(t, makeFifo(at('fifo')))
  symlinkSync('fifo', at('link'))
  symlinkSync('link-in-a-circle', at('link-in-a-circle'))
  for (const name of ['nothing', 'file/below', 'link', 'link-in-a-circle']) t.is(listening(at(name)), 'no', name)
  t.is(listening(at('directory')), 'no')
})

test('a file of that name is asked as s6-svok asks it, and never written to', t => {
  const file = join(temporaryDirectory(t), 'control')
  writeFileSync(file, 'as it was')
  t.is(listening(file), 'yes')
  t.is(openControl(file), null)
  t.is(lstatSync(file).size, 'as it was'.length)
})

const nobody = process.geteuid?.() === 0 ? accountNamed('nobody') : null
const withAccount = nobody === null ? test.skip : test
const why = nobody === null ? ' (skipped: needs root and an account nobody)' : ''

withAccount(`a FIFO that we may not write to is denied, also behind a directory that is closed${why}`, t => {
  const directory = temporaryDirectory(t)
  const {uid, gid} = nobody ?? {uid: 0, gid: 0}
  const fifo = makeFifo(join(directory, 'control'))
  readFifo(t, fifo)
  t.is(
    asAccount(uid, gid, () => listening(fifo)),
    'denied',
  )
  chmodSync(directory, 0o755)
  chmodSync(fifo, 0o600)
  t.is(
    asAccount(uid, gid, () => listening(fifo)),
    'denied',
  )
  chmodSync(fifo, 0o622)
  t.is(
    asAccount(uid, gid, () => listening(fifo)),
    'yes',
  )
})

test('letters reach the supervisor in one piece; without one nothing is sent', t => {
  const directory = temporaryDirectory(t)
  const tools = makeTools()
  for (const name of ['slot/supervise', '.s6-svscan']) mkdirSync(join(directory, name), {recursive: true})
  t.false(tools.command(join(directory, 'slot'), 'u'))
  t.false(tools.scan(directory, 'a'))
  const supervise = makeFifo(join(directory, 'slot', 'supervise', 'control'))
  const svscan = makeFifo(join(directory, '.s6-svscan', 'control'))
  t.false(tools.command(join(directory, 'slot'), 'u'))
  const [readSupervise, readSvscan] = [readFifo(t, supervise), readFifo(t, svscan)]
  t.true(tools.command(join(directory, 'slot'), 'Ur'))
  t.true(tools.scan(directory, 'an'))
  t.is(readSupervise(), 'Ur')
  t.is(readSvscan(), 'an')
})

test('a program is found in binDir alone where that is set', t => {
  const binDir = temporaryDirectory(t)
  writeFileSync(join(binDir, 's6-log'), '', {mode: 0o755})
  writeFileSync(join(binDir, 's6-setuidgid'), '', {mode: 0o644})
  const tools = makeTools(binDir)
  t.is(tools.need('s6-log'), join(binDir, 's6-log'))
  for (const program of ['s6-svstat', 's6-setuidgid']) {
    const error = t.throws(() => tools.need(program), {code: 'HSVC_TOOL_MISSING'})
    t.is(error.message, `expected ${program} in ${binDir}, found none`)
  }
})

test('without binDir a program is looked for in the usual places, which are named where it is in none', t => {
  t.regex(makeTools().need('sh'), /^\/(usr\/)?bin\/sh$/)
  t.throws(() => makeTools().need('s6-no-such-program'), {
    code: 'HSVC_TOOL_MISSING',
    message: /in \/command, \/package\/admin\/s6\/command, \/usr\/bin, .*, found none$/,
  })
})

test('FIFOs are made as they are to be, whatever the umask and the name', async t => {
  const directory = temporaryDirectory(t)
  const paths = ['plain', '-m', "it's $(a) name"].map(name => join(directory, name))
  const before = process.umask(0o077)
  try {
    await makeTools().makeFifos(paths)
  } finally {
    process.umask(before)
  }
  for (const path of paths) {
    const stats = lstatSync(path)
    t.true(stats.isFIFO())
    t.is(stats.mode & 0o7777, 0o660)
  }
  await t.throwsAsync(makeTools().makeFifos(paths), {code: 'HSVC_TOOL_FAILED'})
})

test('where FIFOs of one gateway cannot be made, those of others are', async t => {
  const directory = temporaryDirectory(t)
  const [here, nowhere] = [join(directory, 'fifo'), join(directory, 'nowhere', 'fifo')]
  const tools = makeTools()
  const [made, failed] = await Promise.allSettled([tools.makeFifos([here]), tools.makeFifos([nowhere])])
  t.is(made.status, 'fulfilled')
  t.true(lstatSync(here).isFIFO())
  t.like(failed, {status: 'rejected', reason: {code: 'HSVC_TOOL_FAILED'}})
})
