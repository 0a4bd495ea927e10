/**
 * The script that rotates logs, as NAME DIRECTORY: for each directory below that has `limits`, a line `FILES BYTES`, and a
 * `current` of more bytes. The gateway holds that file open, and in append mode, so that it is copied and emptied; what is
 * written in between is lost. Archives are named as the runner names its own.
 *
 * A copy in the making is `.staging-current.PID`, which is what keeps a second run away, and tells what a killed one left.
 * It becomes an archive as a second name of the same file: from the two a later run sees that the log may not have been
 * emptied.
 *
 * For dash(1), and for what cmp, cp, find, head, ln, ps, rm and wc do alike on macOS and elsewhere. Pure.
 */
export function renderLogRotationScript(): string {
  return `#!/bin/dash
# Rotates the logs of gateways for launchd. Written by hermes-svc, which replaces it at the next install.

PATH=/usr/bin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
archives='archive.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'
newline='
'

is_number() {
  # A 0 before others would make it octal, and more digits than these might be more than dash can count to.
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# Sets files and bytes. A FIFO would be waited for.
read_limits() {
  [ -f "$1" ] && [ ! -L "$1" ] && read -r files bytes rest <"$1" &&
    is_number "$files" && is_number "$bytes" && [ -z "$rest" ]
}

is_running() {
  # A process that is no run of this may have the pid of a run that was killed.
  case $(ps -ww -p "$1" -o args= 2>/dev/null) in *"\${0##*/}"*) ;; *) return 1 ;; esac
}

# Clears away what a killed run left of its copy.
clear_away() {
  local name
  for name in $archives; do
    if [ "$name" -ef "$1" ] && head -c $(($(wc -c <"$1"))) current | cmp -s - "$1"; then
      # It had not emptied the log yet, which goes on in the copy that comes now.
      rm -f "$name"
    fi
  done
  rm -f "$1"
}

# Rotates one log, if its limit is the one that was looked for.
rotate() {
  local name staged=".staging-current.$$" next=0000000000
  cd "$1" && [ -O . ] && [ -f current ] && [ ! -L current ] && read_limits limits && [ "$bytes" -eq "$2" ] || return 0

  # One of a killed run with the same pid may be a second name of an archive.
  [ ! -e "$staged" ] || mv -f "$staged" .staging-current.0 || return 1
  true >"$staged" || return 1
  for name in .staging-current.*; do
    # Two that began at the same time both step back.
    if [ "$name" != "$staged" ] && is_running "\${name##*.}"; then
      rm -f "$staged"
      return 0
    fi
  done

  # Before an archive goes: a number that was seen never comes again with other lines.
  for name in $archives; do [ ! -e "$name" ] || next=\${name#archive.}; done
  next=$((1$next + 1))
  next=archive.\${next#1}
  for name in .staging-current.*; do [ "$name" = "$staged" ] || clear_away "$name"; done
  if [ $(($(wc -c <current))) -le "$bytes" ]; then
    rm -f "$staged"
    return 0
  fi
  if ! cp current "$staged" || ! ln "$staged" "$next"; then
    rm -f "$staged"
    return 1
  fi
  if ! true >current; then
    rm -f "$next" "$staged"
    return 1
  fi
  rm -f "$staged"

  set -- $archives
  while [ $# -gt "$files" ]; do
    rm -f "$1"
    shift
  done
}

cd "\${1:?expected a directory}" || exit 1
logs=$PWD
sizes=
for limits in ./*/limits; do
  read_limits "$limits" || continue
  case " $sizes " in *" $bytes "*) ;; *) sizes="$sizes $bytes" ;; esac
done

status=0
for size in $sizes; do
  # Most of the time this is all: one look at all logs, since their limits are the same.
  cd "$logs" || exit 1
  large=$(find . -mindepth 2 -maxdepth 2 -type f -name current -size "+\${size}c")
  IFS=$newline
  set -f
  set -- $large
  set +f
  unset IFS
  for log do
    rotate "$logs/\${log%/current}" "$size" || {
      printf '%s\\n' "\${0##*/}: $logs/$log: not rotated" >&2
      status=1
    }
  done
done
exit "$status"
`
}
