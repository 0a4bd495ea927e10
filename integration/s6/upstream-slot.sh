#!/bin/sh
# Makes the slot of a gateway as the boot hook of Hermes' own image does, whose account runs this:
# upstream-slot.sh PROFILE up|down
set -eu
umask 022
profile=$1
selection="-p $profile "
[ "$profile" != default ] || selection=
command="hermes ${selection}gateway run --replace"
slot=/run/service/gateway-$profile
staged=/run/service/.gateway-$profile.tmp

skeleton() {
  mkdir "$1/supervise" "$1/event" "$1/supervise/event"
  chmod 3730 "$1/event" "$1/supervise/event"
  mkfifo "$1/supervise/control"
  chmod 0660 "$1/supervise/control"
}

mkdir -p "$staged/log"
echo longrun >"$staged/type"
cat >"$staged/run" <<END_OF_RUN
#!/command/with-contenv sh
# Hermes' own slot.
set -e
export HOME=/opt/data
cd /opt/data
export HERMES_S6_SUPERVISED_CHILD=1 HERMES_SUPERVISED_CHILD=1
[ "\$(id -u)" -eq 0 ] || exec $command
exec s6-setuidgid hermes $command
END_OF_RUN
cat >"$staged/finish" <<'END_OF_FINISH'
#!/bin/sh
case $1 in
  0 | 78) exit 125 ;;
esac
exit 0
END_OF_FINISH
cat >"$staged/log/run" <<END_OF_LOG
#!/command/with-contenv sh
: "\${HERMES_HOME:=/opt/data}"
directory=\$HERMES_HOME/logs/gateways/$profile
s6-setuidgid hermes mkdir -p "\$directory"
s6-setuidgid hermes rm -f "\$directory/lock"
exec s6-setuidgid hermes s6-log 1 n10 s1000000 T "\$directory"
END_OF_LOG
chmod 0755 "$staged/run" "$staged/finish" "$staged/log/run"
for place in "$staged" "$staged/log"; do skeleton "$place"; done
[ "$2" = up ] || : >"$staged/down"
mv -T "$staged" "$slot"
