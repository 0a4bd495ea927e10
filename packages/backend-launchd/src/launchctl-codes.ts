/**
 * Exit codes of launchctl(1). Up to 106 they are errors of <sys/errno.h>; those above are libxpc's, whose texts
 * `launchctl error CODE` prints and whose names, where they have one, are those of the header that the re-implementation
 * at github.com/ProcursusTeam/launchctl uses. One code has more than one cause, and a message may say less than the truth.
 */
export const LAUNCHCTL = {
  /** EPERM, "Operation not permitted": the domain is of another account, or the system's. */
  EPERM: 1,
  /** ESRCH, "No such process": bootout of a label that is not loaded; start, stop and kickstart on older versions. */
  ESRCH: 3,
  /**
   * EIO, "Input/output error": bootstrap of a label that is loaded, or still being torn down, of a plist that is wrong or
   * whose owner or mode is, and on older versions of a label that is disabled. Only root is told which.
   */
  EIO: 5,
  /** EACCES, "Permission denied". */
  EACCES: 13,
  /** EEXIST, "File exists": bootstrap of what is there already. */
  EEXIST: 17,
  /** EINVAL, "Invalid argument": a request that launchd does not take. */
  EINVAL: 22,
  /** EINPROGRESS, "Operation now in progress": bootout before macOS 12 of a job that still has to end. It will. */
  EINPROGRESS: 36,
  /** EALREADY, "Operation already in progress": bootstrap or kickstart of a job that is being torn down or started. */
  EALREADY: 37,
  /** EX_USAGE of sysexits(3): a subcommand or an option that this version does not know. */
  USAGE: 64,
  /** "Could not find domain for": there is no such domain, as gui/UID without a login at the screen. */
  ENODOMAIN: 112,
  /** "Could not find service": the domain has no such label. */
  ENOSERVICE: 113,
  /** "Service is disabled": bootstrap of a label that `launchctl disable` was said of; `enable` comes first. */
  DISABLED: 119,
  /**
   * "Domain does not support specified action": the domain cannot be managed from here, as gui/UID over ssh, or the user
   * has switched the item off among the Login Items of macOS 13 and later.
   */
  UNSUPPORTED: 125,
  /** The domain has that label already. */
  EXISTS_IN_DOMAIN: 130,
  /** EMANY: more than one error, of which the messages tell. */
  EMANY: 133,
  /** EBADNAME, "Unrecognized target specifier": what should be DOMAIN/LABEL is not. */
  EBADNAME: 140,
  /** "Operation not permitted while System Integrity Protection is engaged": the label is one of Apple's. */
  SIP: 150,
} as const
