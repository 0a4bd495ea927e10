#!/bin/sh
# A gateway that says when it runs and when it ends, in nanoseconds: stamp.sh FILE. It waits without a child, whose end
# some supervisors would wait for too.
# pm2 ends its programs by INT, the others by TERM.
trap 'date "+down %s%N" >>"$1"; exit 0' INT TERM
date '+up %s%N' >>"$1"
[ -p "$1.never" ] || mkfifo "$1.never"
exec 3<>"$1.never"
while :; do read -r _ <&3; done
