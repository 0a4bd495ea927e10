#!/bin/sh
# Makes the disk of a machine in a mount namespace of its own, for every boot of it: an overlay of TREE whose changes are
# kept in memory, with the repository and what the CLI needs. Ends, leaving nothing, when its input ends: nobody is there.
# The environment has DIRECTORY, which has an empty directory root and a file console, CGROUP (to make), TREE, REPOSITORY,
# NODE and HERMES.
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$DIRECTORY/root"
cd "$DIRECTORY/root"
mkdir changes work disk
mount -t overlay -o "lowerdir=$TREE,upperdir=changes,workdir=work" overlay disk
cd disk

mkdir -p ".$REPOSITORY"
mount --rbind "$REPOSITORY" ".$REPOSITORY"
: >opt/node
mount --bind "$NODE" opt/node
for name in ".$REPOSITORY" opt/node; do
  # For a test that errs.
  mount -o remount,bind,ro "$name" 2>/dev/null || true
done
install -m 0755 "$HERMES" usr/local/bin/hermes
cat >usr/local/bin/hermes-svc <<SCRIPT
#!/bin/sh
exec /opt/node $REPOSITORY/packages/cli/bin/run.cjs "\$@"
SCRIPT
chmod 0755 usr/local/bin/hermes-svc
for profile in coder ops; do
  mkdir -p "home/dev/.hermes/profiles/$profile"
  echo "You are $profile." >"home/dev/.hermes/profiles/$profile/SOUL.md"
done
chown -R 1000:1000 home/dev/.hermes

mkdir "$CGROUP"
echo ready
cat >/dev/null
# The processes end with the program that started them, and that a little after the end of the input.
tries=0
until find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null && [ ! -e "$CGROUP" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || exit 1
  sleep 0.05
done
cd /
umount -l "$DIRECTORY/root"
# Not with all that is in it, as that may be the repository where the above went wrong.
rmdir "$DIRECTORY/root"
rm "$DIRECTORY/console"
rmdir "$DIRECTORY"
