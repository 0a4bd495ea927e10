#!/command/with-contenv sh
# Keeps the log of the gateway coder. Written by hermes-svc, which replaces it at the next install.
[ "$(id -u)" -ne 0 ] 2>/dev/null || exec /command/s6-setuidgid hermes /bin/sh ./run "$@"
export TZ=UTC0
[ -n "${HERMES_HOME-}" ] || HERMES_HOME=/opt/data
export HERMES_HOME
directory="$HERMES_HOME"/logs/gateways/coder
# A lock that a killed container left on a volume would keep s6-log out for ever.
if mkdir -p -- "$directory" && [ -w "$directory" ] && rm -f -- "$directory/lock"; then
  exec /command/s6-log 1 n10 s1000000 T "$directory"
fi
echo "hermes-svc: $directory cannot be written: this output is not kept"
# Somebody has to read, or the gateway would block when the pipe is full.
exec /command/s6-log 1
