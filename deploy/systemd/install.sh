#!/bin/sh
# Installs the program and its timer on this host: sh deploy/systemd/install.sh PATH-OF-LOCKSTEP. Needs root; DESTDIR moves all of it.
set -eu

program="${1:?the path of the program is missing: sh install.sh target/release/lockstep}"
here="$(dirname "$0")"
root="${DESTDIR:-}"

install -D -m 0755 "$program" "$root/usr/local/bin/lockstep"
install -D -m 0644 "$here/lockstep.service" "$root/etc/systemd/system/lockstep.service"
install -D -m 0644 "$here/lockstep.timer" "$root/etc/systemd/system/lockstep.timer"
install -d -m 0755 "$root/etc/lockstep"
if [ ! -e "$root/etc/lockstep/lockstep.toml" ]; then
  "$program" init --config "$root/etc/lockstep/lockstep.toml"
fi
if [ -z "$root" ]; then
  systemctl daemon-reload
fi
echo "edit /etc/lockstep/lockstep.toml, look with: lockstep plan --config /etc/lockstep/lockstep.toml"
echo "then start it with: systemctl enable --now lockstep.timer"
