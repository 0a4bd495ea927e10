import {verifyUnderWine} from './verify-windows.js'

// As long as all the others.
verifyUnderWine(['lifecycle', 'install', 'registration'])
