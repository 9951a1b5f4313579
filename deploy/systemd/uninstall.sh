#!/bin/sh
# Takes away what install.sh brought. The ledger and the settings go only with --all: the ledger is what proves what was done.
# Needs root; DESTDIR as for install.sh.
set -eu

root="${DESTDIR:-}"
if [ -z "$root" ]; then
  systemctl disable --now lockstep.timer || true
  systemctl stop lockstep.service || true
fi
rm -f "$root/etc/systemd/system/lockstep.service" "$root/etc/systemd/system/lockstep.timer" "$root/usr/local/bin/lockstep"
if [ "${1:-}" = --all ]; then
  rm -rf "$root/etc/lockstep" "$root/var/lib/lockstep" "$root/var/lib/private/lockstep"
fi
if [ -z "$root" ]; then
  systemctl daemon-reload
fi
