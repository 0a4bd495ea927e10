#!/bin/sh
# What s6's own tools do for many services at once: s6-batch.sh VERB …; each returns when the state is reached.
#   start|stop SERVICE…       tells each supervisor, then waits for all
#   install SCANDIR COUNT     writes that many service directories with loggers, has them taken up, and waits for all
#   boot SOURCE SCANDIR       the same with copies of finished ones
set -eu
PATIENCE_MS=300000

# A scan only begins what it is asked for.
take_up() {
  s6-svscanctl -a "$1"
  for service in "$1"/plain-*; do
    until s6-svok "$service"; do sleep 0.01; done
  done
  exec s6-svwait -u -t "$PATIENCE_MS" "$1"/plain-*
}

verb=$1
shift
case $verb in
  start)
    for service; do s6-svc -u "$service"; done
    exec s6-svwait -u -t "$PATIENCE_MS" "$@"
    ;;
  stop)
    for service; do s6-svc -d "$service"; done
    exec s6-svwait -D -t "$PATIENCE_MS" "$@"
    ;;
  install)
    number=0
    while [ "$number" -lt "$2" ]; do
      service=$1/.plain-$number
      mkdir -p "$service/log" "$1/.logs/$number"
      printf '#!/bin/sh\nexec 2>&1\nexec /bin/sleep 1000000\n' >"$service/run"
      printf '#!/bin/sh\nexec s6-log n10 s1000000 T %s\n' "$1/.logs/$number" >"$service/log/run"
      chmod +x "$service/run" "$service/log/run"
      mv "$service" "$1/plain-$number"
      number=$((number + 1))
    done
    take_up "$1"
    ;;
  boot)
    cp -a "$1"/plain-* "$2"
    take_up "$2"
    ;;
esac
