// npm run bench [-- SUITE… OPTIONS]: measures, prints tables, keeps results. How, and what each suite means: README.md.
import {tmpdir} from 'node:os'
import {findLeftovers} from '../scripts/leftovers.js'
import {mkdtempSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {RUN_MARK} from './clean-environment.js'
import {CleanUp} from './clean-up.js'
import {publishManifest} from './cli.js'
import {parseOptions} from './options.js'
import {installPeers} from './peers/install-peers.js'
import {Results} from './results.js'
import {startUp} from './suites/start-up.js'
import {commands} from './suites/commands.js'
import {perGateway} from './suites/per-gateway.js'
import {fleet} from './suites/fleet.js'
import {restart} from './suites/restart.js'
import {memory} from './suites/memory.js'

const SUITES = {'start-up': startUp, commands, 'per-gateway': perGateway, fleet, restart, memory}

async function runSuites({suites, options, isDry}, cleanUp) {
  installPeers()
  publishManifest(cleanUp)
  for (const name of suites) {
    console.log(`\n== ${name}`)
    const results = new Results(name)
    await SUITES[name]({cleanUp, options, results})
    if (!isDry) results.write(options)
  }
}

/** Everything temporary is in one directory, so that what is left behind is found. */
function ownTemporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'hsb-'))
  process.env.TMPDIR = directory
  return directory
}

const parsed = parseOptions(process.argv.slice(2), Object.keys(SUITES))
if (parsed !== null) {
  const cleanUp = new CleanUp()
  const directory = ownTemporaryDirectory()
  cleanUp.add(async () => {
    for (const leftover of await findLeftovers(RUN_MARK, directory)) {
      console.error(`left behind: ${leftover}`)
      process.exitCode = 1
    }
    rmSync(directory, {recursive: true, force: true})
  })
  cleanUp.listen()
  try {
    await runSuites(parsed, cleanUp)
  } catch (error) {
    console.error(`\n${error.message}`)
    process.exitCode ||= 1
  } finally {
    await cleanUp.run()
  }
}
