#!/bin/sh
# Makes a Debian tree of the release SUITE, with its s6, at PLACE: whole or not at all. Whoever finds it there is content.
set -eu
suite=$1 mirror=$2 place=$3
[ ! -d "$place" ] || exit 0
staging=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$staging"' EXIT
# In namespaces of its own, so that what it mounts and starts ends with it.
unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include=s6,execline "$suite" "$staging" "$mirror"
cd "$staging"
rm -rf boot dev home media mnt opt proc root run srv sys tmp usr/share/doc usr/share/locale usr/share/man var
chmod 0755 .
mv -T "$staging" "$place"
