#!/bin/bash
# mmdebstrap calls this with the new root: apt sources that name no mirror, and
# nothing of the machine that builds. The mirrors come from the host's own apt.
set -euo pipefail
root=$1
mkdir -p "$root/etc/apt/mirrors"
printf '%s\n' "$MIRROR_MAIN" >"$root/etc/apt/mirrors/debian.list"
printf '%s\n' "$MIRROR_SECURITY" >"$root/etc/apt/mirrors/debian-security.list"
: >"$root/etc/apt/sources.list"
cat >"$root/etc/apt/sources.list.d/debian.sources" <<EOF
Types: deb
URIs: mirror+file:/etc/apt/mirrors/debian.list
Suites: $SUITE
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
# As in Debian's own images: small indexes, no translations, no archive of debs.
cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'EOF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
EOF
# A mirror frozen in time needs the host's leave to be old.
apt-config dump | grep -E '^Acquire::Check-(Valid-Until|Date) ' \
	>"$root/etc/apt/apt.conf.d/frozen-mirror" || true
rm -f "$root"/etc/{resolv.conf,hostname,hosts} "$root"/var/cache/apt/*.bin
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt
