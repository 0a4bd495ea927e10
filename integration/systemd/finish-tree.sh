#!/bin/sh
# Gives a tree its accounts, a journal that survives a boot, and nothing that works by itself while a test runs.
set -eu
chroot . useradd --create-home --uid 1000 --shell /bin/bash dev
chroot . useradd --create-home --uid 1001 --shell /bin/bash other
mkdir -p var/log/journal
for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim; do
  ln -sf /dev/null "etc/systemd/system/$timer.timer"
done
: >etc/fstab
echo machine >etc/hostname
echo '127.0.0.1 localhost machine' >etc/hosts
