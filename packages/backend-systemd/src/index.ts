export {backend} from './systemd-backend.js'
