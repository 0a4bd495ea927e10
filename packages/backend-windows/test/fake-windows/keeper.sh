# Stays with the action of a task, so that its end is known: `keeper.sh RUN SECONDS PROGRAM ARGUMENTS…`. It writes the
# pid into RUN/pid, and how it ended into RUN/exit. There may be hundreds of them, and a shell is small.
run=$1 delay=$2
shift 2
[ "$delay" = 0 ] || sleep "$delay"
"$@" </dev/null >/dev/null 2>&1 &
pid=$!
echo "$pid" >"$run/pid"
wait "$pid"
echo "$?" >"$run/exit"
