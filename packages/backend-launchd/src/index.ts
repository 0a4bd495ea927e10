export {backend} from './launchd-backend.js'
