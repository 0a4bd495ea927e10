#!/bin/sh
# Makes the file system of a container as an s6-overlay image has it, then becomes s6-svscan. Runs as root of new
# namespaces. In a user namespace the kernel refuses an overlay of /, hence a tmpfs and bind mounts.
# The environment has ROOT (an empty directory), DATA, REPOSITORY, NODE, HERMES, and ROOTFS, which is empty for the host's own.
set -eu

mount -t tmpfs -o mode=0755 tmpfs "$ROOT"
cd "$ROOT"
mkdir -p command dev etc opt/data opt/hermes/.venv/bin proc root run tmp usr
chmod 0700 root
chmod 1777 tmp

for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "$ROOTFS/$name" ]; then
    ln -s "$(readlink "$ROOTFS/$name")" "$name"
  elif [ -d "$ROOTFS/$name" ]; then
    mkdir "$name"
    mount --rbind "$ROOTFS/$name" "$name"
  fi
done
mount --rbind "$ROOTFS/usr" usr
for name in alternatives group ld.so.cache nsswitch.conf passwd; do
  [ ! -e "$ROOTFS/etc/$name" ] || cp -R "$ROOTFS/etc/$name" etc/
done
echo 'hermes:x:10000:10000::/opt/data:/bin/sh' >>etc/passwd
echo 'hermes:x:10000:' >>etc/group

mount -t proc proc proc
for name in full null random tty urandom zero; do
  : >"dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=0755 tmpfs run
mkdir -p ".$REPOSITORY"
mount --rbind "$REPOSITORY" ".$REPOSITORY"
: >opt/node
mount --bind "$NODE" opt/node
for name in usr ".$REPOSITORY" opt/node; do
  # For a test that errs. Where flags of the machine's mounts are locked this fails, and its files are not ours to change.
  mount -o remount,bind,ro "$name" 2>/dev/null || true
done

mount --bind "$DATA" opt/data
chown 10000:10000 opt/data
for profile in coder ops; do
  [ -d "opt/data/profiles/$profile" ] && continue
  mkdir -p "opt/data/profiles/$profile"
  echo "You are $profile." >"opt/data/profiles/$profile/SOUL.md"
  chown -R 10000:10000 opt/data/profiles
done
install -m 0755 "$HERMES" opt/hermes/.venv/bin/hermes
echo 'export VIRTUAL_ENV=/opt/hermes/.venv' >opt/hermes/.venv/bin/activate

for tool in usr/bin/s6-* usr/bin/execlineb; do
  ln -s "/$tool" "command/${tool##*/}"
done
cat >command/with-contenv <<'END'
#!/bin/sh
exec env -i PATH="$PATH" s6-envdir -Lf -- /run/s6/container_environment "$@"
END
chmod 0755 command/with-contenv
mkdir -p run/s6/basedir run/s6/container_environment run/service
path=/command:/opt/hermes/.venv/bin:/usr/local/bin:/usr/bin:/bin
printf %s "$path" >run/s6/container_environment/PATH
printf %s /opt/data >run/s6/container_environment/HERMES_HOME
# As the overlay leaves it: the home of the root that started the container.
printf %s /root >run/s6/container_environment/HOME

mkdir .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
exec env -i PATH="$path" HOME=/root HERMES_HOME=/opt/data /command/s6-svscan -d4 -- /run/service
