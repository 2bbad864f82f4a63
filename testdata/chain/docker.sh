# shellcheck shell=bash
# A Docker daemon of our own, of Debian's docker.io: own data, own socket, no
# network set-up; the host's daemon and storage are never touched. Sourced.

DOCKER=${DOCKER:-/usr/bin/docker}
DOCKERD=${DOCKERD:-/usr/sbin/dockerd}

# docker_start DIR: start the daemon; overlay2 where the file system can, vfs where not.
docker_start() {
	local dir=$1 driver
	DOCKER_DIR=$dir
	mkdir -p "$dir/config"
	export DOCKER_CONFIG=$dir/config DOCKER_HOST=unix://$dir/docker.sock
	for driver in overlay2 vfs; do
		"$DOCKERD" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/dockerd.pid" \
			-H "$DOCKER_HOST" --iptables=false --ip6tables=false --bridge=none \
			--storage-driver="$driver" >"$dir/dockerd.log" 2>&1 &
		DOCKERD_PID=$!
		for _ in $(seq 60); do
			"$DOCKER" version >/dev/null 2>&1 && return 0
			kill -0 "$DOCKERD_PID" 2>/dev/null || break
			sleep 0.5
		done
		docker_stop
	done
	tail -5 "$dir/dockerd.log" >&2
	echo "docker.sh: the daemon does not start" >&2
	return 1
}

# docker_stop: stop the daemon that docker_start started.
docker_stop() {
	[[ -n ${DOCKERD_PID:-} ]] || return 0
	kill "$DOCKERD_PID" 2>/dev/null || true
	wait "$DOCKERD_PID" 2>/dev/null || true
	DOCKERD_PID=
	umount "$DOCKER_DIR"/exec/netns/default 2>/dev/null || true
	umount "$DOCKER_DIR"/data/overlay2 2>/dev/null || true
}
