#!/bin/sh
# Makes a Debian tree of the release SUITE with PACKAGES at PLACE: whole or not at all. Whoever finds it there is content.
# FINISH is a program that finishes it, run in its top directory.
set -eu
suite=$1 mirror=$2 place=$3 packages=$4 finish=$5
[ ! -d "$place" ] || exit 0
staging=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$staging"' EXIT
# In namespaces of its own, so that what it mounts and starts ends with it.
unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include="$packages" "$suite" "$staging" "$mirror"
cd "$staging"
rm -rf usr/share/doc usr/share/info usr/share/locale usr/share/man var/cache/apt var/lib/apt/lists
"$finish"
chmod 0755 .
mv -T "$staging" "$place"
