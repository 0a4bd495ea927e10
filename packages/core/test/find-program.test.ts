import {chmodSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {delimiter, join, relative} from 'node:path'
import test from 'ava'
import {findInDirectories, findProgram, isStillThere, volatilePathReason} from '@hermes-svc/core'
import {temporaryDirectory} from './temporary-directory.js'

function program(path: string, mode = 0o755): string {
  writeFileSync(path, '')
  chmodSync(path, mode)
  return path
}

test('a name is the first executable file of that name on PATH', t => {
  const [a, b, c] = [temporaryDirectory(t), temporaryDirectory(t), temporaryDirectory(t)]
  mkdirSync(join(a, 'hermes'))
  program(join(b, 'hermes'), 0o644)
  const found = program(join(c, 'hermes'))
  t.is(findProgram('hermes', [a, b, c].join(delimiter), 'linux'), found)
})

test('a link to a program is kept as it is, so that an upgrade behind it is followed', t => {
  const directory = temporaryDirectory(t)
  program(join(directory, 'hermes-1.2'))
  symlinkSync('hermes-1.2', join(directory, 'hermes'))
  t.is(findProgram('hermes', directory, 'linux'), join(directory, 'hermes'))
})

test('an absolute path is itself', t => {
  const path = program(join(temporaryDirectory(t), 'hermes'))
  t.is(findProgram(path, '', 'linux'), path)
})

test('what depends on who asks is refused: relative paths, and relative places on PATH', t => {
  const directory = temporaryDirectory(t)
  program(join(directory, 'hermes'))
  for (const name of ['./hermes', 'bin/hermes', '..\\hermes']) {
    t.throws(() => findProgram(name, directory, 'linux'), {
      code: 'HSVC_INVALID_SPEC',
      message: /program name or an absolute path/,
    })
  }
  const before = process.cwd()
  try {
    process.chdir(directory)
    t.throws(() => findProgram('hermes', ['', '.', 'x'].join(delimiter), 'linux'), {code: 'HSVC_INVALID_SPEC'})
  } finally {
    process.chdir(before)
  }
})

test('what is not there is HSVC_INVALID_SPEC with a hint', t => {
  const directory = temporaryDirectory(t)
  const named = t.throws(() => findProgram('hermes', directory, 'linux'), {
    code: 'HSVC_INVALID_SPEC',
    message: 'argv[0]: expected a program on PATH, got "hermes"',
  })
  t.true('hint' in named)
  t.throws(() => findProgram(join(directory, 'hermes'), directory, 'linux'), {message: /expected an executable file/})
  t.throws(() => findProgram(directory, '', 'linux'), {message: /expected an executable file/})
})

test('on Windows the extensions of programs are tried', t => {
  const directory = temporaryDirectory(t)
  const path = program(join(directory, 'hermes.cmd'))
  t.is(findProgram('hermes', directory, 'win32'), path)
  t.throws(() => findProgram('hermes', directory, 'linux'), {code: 'HSVC_INVALID_SPEC'})
})

test('on Windows the script for sh that npm puts beside a program is not taken for it', t => {
  const directory = temporaryDirectory(t)
  const script = program(join(directory, 'hermes'))
  const batch = program(join(directory, 'hermes.cmd'))
  t.is(findProgram('hermes', directory, 'win32'), batch)
  t.is(findProgram(script, '', 'win32'), batch)
  const whole = program(join(directory, 'hermes.exe'))
  t.is(findProgram('hermes', directory, 'win32'), whole)
  t.is(findProgram('hermes.cmd', directory, 'win32'), batch)
  t.is(findProgram('hermes', directory, 'linux'), script)
})

test('a program is still there while it is an executable file', t => {
  const directory = temporaryDirectory(t)
  const path = program(join(directory, 'hermes'))
  t.true(isStillThere(path))
  chmodSync(path, 0o644)
  t.false(isStillThere(path))
  t.false(isStillThere(join(directory, 'other')))
  t.false(isStillThere('hermes'))
})

test('a path of a version manager gets a warning, other paths none', t => {
  for (const path of [
    '/home/x/.nvm/versions/node/v20/bin/hermes',
    '/home/x/.local/share/fnm/node-versions/v20/bin/hermes',
    '/run/user/1000/fnm_multishells/1_2/bin/hermes',
    '/home/x/.pyenv/shims/hermes',
    '/home/x/.local/share/mise/installs/python/3/bin/hermes',
    'C:\\Users\\x\\.volta\\bin\\hermes.exe',
  ]) {
    t.true(volatilePathReason(path)?.startsWith(path))
  }
  for (const path of ['/usr/bin/hermes', '/opt/hermes/.venv/bin/hermes', '/home/x/nvmish/hermes', '']) {
    t.is(volatilePathReason(path), null)
  }
})

test('in given directories only a bare name is looked for, and only where they are absolute', t => {
  const directory = temporaryDirectory(t)
  const found = program(join(directory, 'hermes'))
  t.is(findInDirectories('hermes', [directory], 'linux'), found)
  t.is(findInDirectories('hermes', [relative(process.cwd(), directory)], 'linux'), null)
  t.is(findInDirectories('other', [directory], 'linux'), null)
  for (const path of [found, './hermes']) t.is(findInDirectories(path, ['/', directory], 'linux'), null)
})
