#!/bin/sh
# One boot of a machine: becomes systemd. Runs as the first process of new namespaces, over the disk that hold.sh made.
# The environment has DIRECTORY and CGROUP.
set -eu
if [ "${1-}" != own-cgroups ]; then
  # Those of the boot before.
  find "$CGROUP" -mindepth 1 -depth -type d -exec rmdir {} +
  # For what enters the machine: with inner cgroups beside it a process may not be in CGROUP itself.
  mkdir "$CGROUP/entered"
  echo 0 >"$CGROUP/cgroup.procs"
  exec unshare --cgroup sh "$0" own-cgroups
fi
cd "$DIRECTORY/root/disk"

mount -t proc proc proc
# Settings of the kernel are not this machine's own.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t tmpfs -o mode=0755 tmpfs run
cat proc/sys/kernel/random/uuid >run/boot-id
mount --bind run/boot-id proc/sys/kernel/random/boot_id
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs dev
for name in full null random tty urandom zero; do
  : >"dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
hostname machine
# Newer releases would lay a tmpfs over it, and so over the repository where that is below /tmp.
ln -sf /dev/null etc/systemd/system/tmp.mount

mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
# Nor are rights over the kernel.
exec setpriv --bounding-set -sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog \
  env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
