#!/command/with-contenv sh
# Runs the gateway coder. Written by hermes-svc, which replaces it at the next install.
[ "$(id -u)" -ne 0 ] 2>/dev/null || exec /command/s6-setuidgid hermes /bin/sh ./definition.0/run "$@"
exec 2>&1
(
  born_of() {
    read -r stat < "/proc/$1/stat" || return 1
    # Field 22 of proc(5), counted from behind the name of the program, which may have spaces.
    set -- ${stat##*) }
    shift 19
    born=$1
  }
  before=
  read -r pid up before < data/started
  if [ -n "$before" ] && born_of "$pid" && [ "$born" = "$before" ]; then kill -s KILL -- "-$pid"; fi
  born_of "$$"
  read -r up rest < /proc/uptime
  [ ! -e data/parked ] || rm -f data/parked
  running=../definition.0
  # Where nothing has died under this supervisor, a listing need not look at the tally.
  if [ -f supervise/death_tally ] && [ ! -s supervise/death_tally ]; then running=$running/./$$; fi
  ln -sfn "$running" data/running
  # Last: with it all of this is done.
  printf '%s %s %s\n' "$$" "${up%.*}${up#*.}" "$born" > data/started
) 2>/dev/null
[ -n "${HERMES_HOME-}" ] || HERMES_HOME=/opt/data
export HERMES_HOME
. ./definition.0/environment
cd /opt/data || exit 111
. /opt/hermes/.venv/bin/activate
exec /opt/hermes/bin/hermes -p coder gateway run --replace
