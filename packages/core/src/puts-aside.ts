import type {VerbOptions} from './service-manager.js'

/**
 * What a backend of ours may do beyond the contract, where what is done about one gateway has its init system take up all that is
 * there. Of others it is not asked.
 */
export interface PutsAside {
  /**
   * Takes away what somebody else has defined for a profile, keeping what `install` with `adopt` keeps, as long as its init system has
   * not taken it up. Gives whether it did; what is taken up, or ours, is left alone.
   */
  putAside(profile: string, options?: VerbOptions): Promise<boolean>
}
