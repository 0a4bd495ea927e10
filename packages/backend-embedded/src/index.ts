export {backend} from './embedded-backend.js'
