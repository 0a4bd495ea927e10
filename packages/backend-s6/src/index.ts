export {backend} from './s6-backend.js'
