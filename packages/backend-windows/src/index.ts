export {backend} from './windows-backend.js'
