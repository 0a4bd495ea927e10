// What `hermes-svc gateway restart PROFILE` is on a real Mac, for a fake one: `restart-main.js JSON`.
import {type FakePlace, openMac} from './fake-mac.js'
import {openManager} from './open-manager.js'

interface Order {
  readonly place: FakePlace
  readonly root: string
  readonly profile: string
}

const {place, root, profile} = JSON.parse(process.argv[2] ?? '') as Order
await openManager(openMac(place).backend, {root}).restart(profile)
