import {spawn, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, realpathSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cacheDirectory} from '../../testing/dist/cache-directory.js'
import {collectRun, whyNotPrograms} from '../../testing/dist/program-run.js'

const LONGEST_MS = 300_000

/** Of the 64-bit Wine itself: the wrapper on PATH complains of a missing 32-bit one at each call. */
const PROGRAMS = ['/usr/lib/wine/wine64', '/usr/lib/wine/wine']

/**
 * Makes a prefix in place `$1` with Wine `$2`, as the only one who has the lock. It says that it is Windows 10, because Node
 * starts on nothing older. The desktop and its like are made directories: Wine links them to the home it was made in, and without a
 * desktop it runs no Startup folder.
 */
const MAKE = `
set -e
test -e "$1" && exit
rm -rf "$1.new"
mkdir "$1.new"
export WINEPREFIX="$1.new" TMPDIR="$1.new" HOME="$1.new"
"$2" wineboot -i >/dev/null 2>&1
"$2" winecfg /v win10 >/dev/null 2>&1
wineserver -w
find "$1.new/drive_c/users" -type l -exec rm {} \\; -exec mkdir {} \\;
rm -rf "$1.new"/wine-* "$1.new/wineserver" "$1.new/.local" "$1.new/.config"
mv "$1.new" "$1"
`

/** Links the files of a tree that Wine only reads, and copies those that it writes in place. */
const COPY = `
set -e
cp -al "$1/." "$2" 2>/dev/null || cp -a "$1/." "$2"
for each in system.reg user.reg userdef.reg; do cp --remove-destination -a "$1/$each" "$2/$each"; done
`

/** The 64-bit Wine of this machine; throws where there is none. */
export function wineProgram(): string {
  const found = PROGRAMS.find(each => existsSync(each))
  if (found === undefined) throw new Error('there is no 64-bit Wine')
  return found
}

/** The reason of a skip where Windows programs cannot be run, or an empty string. */
export function whyNotWine(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64 for Wine'
  if (!PROGRAMS.some(each => existsSync(each))) return 'needs Wine'
  return whyNotPrograms('wineserver', 'flock', 'npm', 'openssl', 'tar')
}

/** What Wine needs of the environment besides the place of its prefix: it asks for nothing, and says nothing. */
export function wineEnvironment(prefix: string): Record<string, string> {
  const {PATH = '', HERMES_SVC_TEST_RUN = ''} = process.env
  return {
    PATH,
    // Wine writes menu entries for the desktop of the account.
    HOME: prefix,
    HERMES_SVC_TEST_RUN,
    LANG: 'C.UTF-8',
    WINEPREFIX: prefix,
    // For the socket of its server, which stays behind.
    TMPDIR: prefix,
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  }
}

function versionOf(wine: string): string {
  return spawnSync(wine, ['--version'], {encoding: 'utf8'})
    .stdout.trim()
    .replaceAll(/[^\w.-]+/g, '_')
}

/** A prefix of a test's own, a copy of the one in the account's cache, which is made when it is not there. */
export async function newPrefix(): Promise<string> {
  const wine = wineProgram()
  const cached = cacheDirectory('wine', `machine-${versionOf(wine)}`)
  const script = async (text: string, ...args: readonly string[]): Promise<void> => {
    const child = spawn('sh', ['-c', text, 'sh', ...args], {
      env: wineEnvironment(cached),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const {code, stderr} = await collectRun(child, '', LONGEST_MS)
    if (code !== 0) throw new Error(`expected a Wine prefix, got ${String(code)}: ${stderr}`)
  }
  if (!existsSync(cached)) {
    mkdirSync(join(cached, '..'), {recursive: true})
    await script('exec flock "$1.lock" sh -c "$3" sh "$1" "$2"', cached, wine, MAKE)
  }
  const prefix = mkdtempSync(join(realpathSync(tmpdir()), 'hsvc-wine-'))
  await script(COPY, cached, prefix)
  return prefix
}
