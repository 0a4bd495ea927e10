#!/bin/sh
# Keeps the log of the gateway coder. Written by hermes-svc, which replaces it at the next install.
export TZ=UTC0
export HERMES_HOME=/opt/data
directory=/var/log/hermes/coder
# A lock that a killed container left on a volume would keep s6-log out for ever.
if mkdir -p -- "$directory" && [ -w "$directory" ] && rm -f -- "$directory/lock"; then
  exec /usr/bin/s6-log 1 n10 s1000000 T "$directory"
fi
echo "hermes-svc: $directory cannot be written: this output is not kept"
# Somebody has to read, or the gateway would block when the pipe is full.
exec /usr/bin/s6-log 1
