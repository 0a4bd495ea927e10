#!/bin/sh
# Decides what follows a death of the gateway coder. Written by hermes-svc, which replaces it at the next install.
pid= since= asked= failures=
{ read -r pid since rest < data/started; } 2>/dev/null
# A disk that was full leaves half a note, and anybody with the rights of the gateway another one.
case $pid in "" | *[!0-9]* | [01]) pid= ;; esac
case $since in "" | *[!0-9]* | 0* | ????????????*) since= ;; esac
# What it left in its process group would be in the way of the next start. A pid is good for one death only.
[ -z "$pid" ] || kill -s KILL -- "-$pid" 2>/dev/null
{ true > data/started; } 2>/dev/null
# Whoever wants it down, also by s6-svc, is not to wait, and its end is not to be judged.
[ "$(/usr/bin/s6-svstat -o wantedup . 2>/dev/null)" != false ] || exit 0
{ read -r asked < data/restart; } 2>/dev/null
if [ -n "$pid" ] && [ "$asked" = "$pid" ]; then rm -f data/restart data/backoff; exit 0; fi
park() {
  { printf '%s %s\n' "$1" "$pid" > data/parked; } 2>/dev/null
  rm -f data/backoff
  exit 125
}
case $1 in
esac
{ read -r failures rest < data/backoff; } 2>/dev/null
case $failures in "" | *[!0-9]* | 0* | ??????????*) failures=0 ;; esac
if [ -n "$since" ]; then
  read -r up rest < /proc/uptime
  lived=$((${up%.*}${up#*.} - since))
  # Less than nothing: that start was in another boot.
  if [ "$lived" -lt 0 ] || [ "$lived" -ge 6000 ]; then failures=0; fi
fi
delay=1000
if [ "$1" != 75 ]; then
  failures=$((failures + 1))
  [ "$failures" -lt 5 ] || park gave-up
  step=1
  while [ "$step" -lt "$failures" ] && [ "$delay" -lt 60000 ]; do delay=$((delay * 2)) step=$((step + 1)); done
  [ "$delay" -le 60000 ] || delay=60000
fi
{ printf '%s %s %s\n' "$failures" "$delay" "$$" > data/backoff; } 2>/dev/null
seconds=$((delay / 1000)) rest=$((delay % 1000))
[ "$rest" -eq 0 ] || seconds=$seconds.$(printf '%03d' "$rest")
exec sleep "$seconds"
