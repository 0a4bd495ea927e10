#!/bin/sh
# Becomes `systemd --user`, as an ordinary process of root or of another account, with pids as everybody sees them.
# The environment has CGROUP, an empty control group of its own, HIERARCHY, where cgroup2 is mounted, ACCOUNT (uid:gid),
# MANAGER, the program, BUS, empty for none, LOG, a file, and HOME and XDG_RUNTIME_DIR, both outside of /run.
set -eu

case "${1:-}" in
guard)
  # The input ends with whoever started this, or when nothing of the manager is wanted any more.
  cat >/dev/null
  if [ -d "$CGROUP" ]; then
    echo 1 >"$CGROUP/cgroup.kill"
    until grep -q 'populated 0' "$CGROUP/cgroup.events"; do sleep 0.02; done
    find "$CGROUP" -depth -type d -exec rmdir {} +
  fi
  exec rm -rf "$DIRECTORY"
  ;;
inside) ;;
*)
  chown "$ACCOUNT" "$LOG" "$CGROUP" "$CGROUP/cgroup.procs" "$CGROUP/cgroup.subtree_control"
  echo 0 >"$CGROUP/cgroup.procs"
  exec unshare --mount --propagation private -- sh "$0" inside
  ;;
esac

# It refuses to run where no systemd was booted, and must find neither a manager of this machine nor its journal.
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/systemd/system
# It looks for cgroup2 here, where others have version 1 or both.
[ "$HIERARCHY" = /sys/fs/cgroup ] || mount --bind "$HIERARCHY" /sys/fs/cgroup
if [ -z "$BUS" ]; then
  mkdir /run/systemd/user
  ln -s /dev/null /run/systemd/user/dbus.socket
fi
# What packages of this machine start for every account.
[ ! -d /etc/systemd/user ] || mount -t tmpfs -o mode=0755 tmpfs /etc/systemd/user

# It opens its log itself, and only this need not be a terminal. Children of its write over the first lines.
[ ! -e /dev/kmsg ] || mount --bind "$LOG" /dev/kmsg

cd "$HOME"
exec setpriv --reuid "${ACCOUNT%:*}" --regid "${ACCOUNT#*:}" --clear-groups \
  env -i HOME="$HOME" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C "$MANAGER" --user \
  --log-target=kmsg
