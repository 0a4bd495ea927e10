import {FAULTS_IN_ACTING} from './faults-in-acting.js'
import {FAULTS_IN_KEEPING_WORD} from './faults-in-keeping-word.js'

/** Every fault of the memory backend by name. test/mutants.ts says which sentence of the contract each one breaks. */
export const MEMORY_FAULTS = {...FAULTS_IN_ACTING, ...FAULTS_IN_KEEPING_WORD} as const

/** The name of a fault. */
export type MemoryFaultName = keyof typeof MEMORY_FAULTS

/** The names of all faults. */
export const MEMORY_FAULT_NAMES = Object.keys(MEMORY_FAULTS) as MemoryFaultName[]
