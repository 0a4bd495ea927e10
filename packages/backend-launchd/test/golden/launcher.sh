#!/bin/dash
# Starts a gateway for launchd. Written by hermes-svc, which replaces it at the next install.

is_number() {
  # A 0 before others would make it octal, and more digits than these might be more than dash can count to.
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# With nothing but local variables: an inherited one of the same name must reach the gateway unchanged.
note_start() {
  local note="${0%/*}/state/started" process="$$" serial deaths parked rest asked status header
  IFS= read -r header 2>/dev/null <"${0%/*}/environment.$1" || header=
  if read -r rest serial deaths parked rest 2>/dev/null <"$note" &&
    [ -z "$rest" ] && is_number "$serial" && is_number "$deaths"; then
    parked=
    read -r asked rest 2>/dev/null <"${note%/*}/asked" || asked=
    if [ "x$asked" = "x$serial" ] && is_number "$rest"; then
      deaths=$rest
    else
      deaths=$((deaths + 1))
      # What wait(2) gave at the last end. The ? keeps anything else from passing for a number.
      status=?$('/bin/launchctl' list 'ai.hermes-svc.coder' 2>/dev/null) || status=?
      status=${status#*'
	"LastExitStatus" = '}
      status=${status%%;*}
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
  printf '%s\n%s\n' "$process $((serial + 1)) $deaths${parked:+ $parked}" "$header" >"$note.new" &&
    /bin/mv -f "$note.new" "$note"
  # Only after a 0 launchd leaves the job alone.
  [ -z "$parked" ] || exit 0
}

note_start "$1" "$2"
if [ ! -r "${0%/*}/environment.$1" ]; then
  printf '%s\n' "$0: expected to read ${0%/*}/environment.$1; install the gateway again" >&2
  exit 78
fi
# dash sets this one by itself. After the next line any variable may have any value.
unset PWD
. "${0%/*}/environment.$1"
shift 2
exec "$@"
