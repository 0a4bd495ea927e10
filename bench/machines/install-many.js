// Installs COUNT gateways, g00000 and so on, by the library in one process, eight at a time: node install-many.js COUNT.
import {getServiceManager} from '../../packages/cli/dist/index.js'
import {forEachOf, profileNames} from '../profile-names.js'

const WIDTH = 8

const manager = await getServiceManager({fallback: true})
await forEachOf(profileNames(Number(process.argv[2])), WIDTH, profile =>
  manager.install({profile, argv: ['/bin/sleep', '1000000']}),
)
process.exit()
