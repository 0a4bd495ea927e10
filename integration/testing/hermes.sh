#!/bin/sh
# Stands for Hermes: says what it was given and runs until SIGTERM. A file behaviour/PROFILE in the home is sourced before
# that, so that a test can have it exit, ignore signals, or write a lot.
profile=default
[ "${1-}" = -p ] && profile=$2
trap 'echo "got TERM"; exit 0' TERM
echo "hermes args=[$*] uid=$(id -u) gid=$(id -g) groups=[$(id -G)] pwd=$(pwd) venv=${VIRTUAL_ENV-}"
env | sort | sed 's/^/env /'
behaviour=$HERMES_HOME/behaviour/$profile
[ ! -e "$behaviour" ] || . "$behaviour"
while :; do
  sleep 1 </dev/null >/dev/null 2>&1 &
  wait $!
done
