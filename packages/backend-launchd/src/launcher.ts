import {quoteShellWord} from './shell-word.js'

/** What goes into a launcher. */
export interface LauncherOptions {
  /** The gateway's label. */
  readonly label: string
  /** Absolute path of launchctl(1). */
  readonly launchctl: string
}

/**
 * The program that launchd starts for a gateway, as LAUNCHER DEFINITION PARK ARGV..., and that becomes the gateway: it
 * keeps its pid. PARK is a list of exit codes between commas, or `-`. In the launcher's directory it finds
 * `environment.DEFINITION`, and in `state` what it notes about each start in `started`: a line `PID SERIAL DEATHS [PARKED]`
 * and the header of the environment file. `asked` beside it, a line `SERIAL DEATHS`, says that the start after that one is
 * asked for. Nobody else can
 * read it, since `state` is 0700: so the umask stays as it is, which without a process more could not be put back.
 *
 * For dash, which macOS has since 10.15: its sh is bash 3.2, which damages \001 and \177 in what it expands. Of launchd's
 * own environment the gateway gets what a shell can hold: no name with other characters, no PWD, and IFS, OPTIND and PPID
 * as dash begins with them. Pure.
 */
export function renderLauncher({label, launchctl}: LauncherOptions): string {
  return `#!/bin/dash
# Starts a gateway for launchd. Written by hermes-svc, which replaces it at the next install.

is_number() {
  # A 0 before others would make it octal, and more digits than these might be more than dash can count to.
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# With nothing but local variables: an inherited one of the same name must reach the gateway unchanged.
note_start() {
  local note="\${0%/*}/state/started" process="$$" serial deaths parked rest asked status header
  IFS= read -r header 2>/dev/null <"\${0%/*}/environment.$1" || header=
  if read -r rest serial deaths parked rest 2>/dev/null <"$note" &&
    [ -z "$rest" ] && is_number "$serial" && is_number "$deaths"; then
    parked=
    read -r asked rest 2>/dev/null <"\${note%/*}/asked" || asked=
    if [ "x$asked" = "x$serial" ] && is_number "$rest"; then
      deaths=$rest
    else
      deaths=$((deaths + 1))
      # What wait(2) gave at the last end. The ? keeps anything else from passing for a number.
      status=?$(${quoteShellWord(launchctl)} list ${quoteShellWord(label)} 2>/dev/null) || status=?
      status=\${status#*'
	"LastExitStatus" = '}
      status=\${status%%;*}
      if [ "x$status" = x0 ]; then
        # Loaded anew, at login or after a reboot: no end is known.
        deaths=0
      elif is_number "$status" && [ $((status % 256)) -eq 0 ]; then
        case ,$2, in *,$((status / 256)),*) parked=$((status / 256)) process=- ;; esac
      fi
    fi
  else
    serial=0 deaths=0 parked=
  fi
  # Renamed, so that nobody reads half of it.
  printf '%s\\n%s\\n' "$process $((serial + 1)) $deaths\${parked:+ $parked}" "$header" >"$note.new" &&
    /bin/mv -f "$note.new" "$note"
  # Only after a 0 launchd leaves the job alone.
  [ -z "$parked" ] || exit 0
}

note_start "$1" "$2"
if [ ! -r "\${0%/*}/environment.$1" ]; then
  printf '%s\\n' "$0: expected to read \${0%/*}/environment.$1; install the gateway again" >&2
  exit 78
fi
# dash sets this one by itself. After the next line any variable may have any value.
unset PWD
. "\${0%/*}/environment.$1"
shift 2
exec "$@"
`
}
