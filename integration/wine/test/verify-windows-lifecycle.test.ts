import {verifyWindows} from './verify-windows.js'

verifyWindows(['lifecycle'])
