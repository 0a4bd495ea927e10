// Installs COUNT gateways, g1 and so on, by the library: node install-many.js COUNT. Each only waits, for as many seconds as
// say which it is.
import {getServiceManager} from '../../packages/cli/dist/index.js'

const manager = await getServiceManager()
for (let n = 1; n <= Number(process.argv[2]); n += 1) {
  const profile = `g${String(n)}`
  await manager.install({profile, argv: ['/bin/sleep', `1000${String(n)}`]})
}
process.exit()
