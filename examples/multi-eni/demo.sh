#!/usr/bin/env bash
# The main job of enid, from a git commit to the routes of this host, in a network
# namespace of its own. Nothing outside the namespace and one temporary folder is
# touched. Usage: demo.sh ENID
set -euo pipefail
enid=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
PATH="$PATH:/usr/sbin:/sbin"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }
[ -t 1 ] || { say() { printf '\n== %s\n' "$*"; }; show() { printf '$ %s\n' "$*"; "$@"; }; }

# First a namespace: as root plainly, else as root of a user namespace.
if [ "${ENID_DEMO_INSIDE:-}" = '' ]; then
	ENID_DEMO_INSIDE=$(id -u)
	export ENID_DEMO_INSIDE
	inside=(unshare --net --mount --fork --kill-child)
	[ "$(id -u)" = 0 ] || inside=(unshare --user --map-root-user --net --mount --fork --kill-child)
	if "${inside[@]}" true 2>/dev/null; then
		exec "${inside[@]}" "$0" "$enid"
	fi
	say 'This system lets you make no network namespace; here is the dry run instead'
	state=$(mktemp -d)
	trap 'rm -rf "$state"' EXIT
	"$enid" plan "$here/topology" --state "$state" || [ $? = 2 ]
	echo 'Run `make demo` as root, or allow user namespaces, to see it done.'
	exit 0
fi

work=$(mktemp -d)
daemon=
finish() {
	[ -z "$daemon" ] || { kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null || true; }
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
mount -t sysfs sysfs /sys # the namespace's own queues
for d in /etc/systemd/network /etc/netplan /etc/sysconfig/network-scripts; do # this machine's files for the boot stay out of it
	[ ! -d "$d" ] || mount -t tmpfs files "$d"
done
export ENID_STATE="$work/state" NO_COLOR="${NO_COLOR:-}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=you GIT_AUTHOR_EMAIL=you@example.com GIT_COMMITTER_NAME=you GIT_COMMITTER_EMAIL=you@example.com

# until_true SECONDS COMMAND...: wait for it, or fail with what the daemon said.
until_true() {
	local tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
			echo "demo: gave up waiting for: $*" >&2
			cat "$work/daemon.log" >&2
			exit 1
		fi
		sleep 0.05
	done
}
has() { "${@:2}" 2>/dev/null | grep -q -- "$1"; }

say 'A machine: a primary NIC with its default route, two more NICs with nothing on them'
nic() {
	ip link add "$1" numtxqueues 4 numrxqueues 4 address "$2" type veth peer name "peer-$1" numtxqueues 4 numrxqueues 4
	ip link set "peer-$1" up
}
nic eth0 00:16:3e:0e:16:21
nic eth1 00:16:3e:12:e7:27
nic eth2 00:16:3e:12:16:ec
ip link set lo up
ip link set eth0 up
ip address add 10.0.0.19/24 dev eth0
ip route add default via 10.0.0.253 dev eth0
show ip -brief address
show ip route

say 'A git repository with the topology: so far one secondary ENI, web-1-b'
git init --quiet --initial-branch=main "$work/network"
mkdir "$work/network/topology"
cp "$here"/topology/*.yaml "$work/network/topology"
mv "$work/network/topology/web-1-c.yaml" "$work/later.yaml"
if [ "$ENID_DEMO_INSIDE" != 0 ]; then
	echo '(without root the kernel lets nobody write RPS masks: left out of this topology)'
	sed -i '/rps: documented/d' "$work/network/topology/web-1.yaml"
fi
git -C "$work/network" add --all
git -C "$work/network" commit --quiet --message 'web-1 with an ENI for business traffic'
cd "$work/network"
show "$enid" validate
echo '$ enid plan'
"$enid" plan || [ $? = 2 ]

say 'The daemon follows the repository and keeps this host'
echo '$ enid run --repo ... --host web-1 --interval 1s &'
"$enid" run --repo "file://$work/network" --host web-1 --interval 1s --log-level info 2>"$work/daemon.log" >"$work/daemon.out" &
daemon=$!
until_true 20 has 'lookup 1001' ip rule
until_true 10 "$enid" status
show ip rule

say 'A commit adds the second ENI, web-1-c'
cp "$work/later.yaml" topology/web-1-c.yaml
cat topology/web-1-c.yaml
echo '$ enid plan   # what the commit would do'
"$enid" plan || [ $? = 2 ]
git add --all
git commit --quiet --message 'web-1: an ENI for management traffic'
began=$(date +%s%N)
until_true 20 has 'lookup 1002' ip rule
until_true 10 "$enid" status
echo "... converged $((($(date +%s%N) - began) / 1000000)) ms after the commit"
show ip -brief address
show ip route
show ip rule
show ip route list table 1001
show ip route list table 1002
if command -v ethtool >/dev/null; then
	show ethtool -l eth1
else
	echo '(apt-get install ethtool to see the queues here)'
fi
show cat /sys/class/net/eth1/queues/rx-0/rps_cpus

say 'Somebody deletes a route and flushes the rules of an address by hand'
show ip route del default table 1001
show ip rule del from 10.0.0.21 lookup 1002
began=$(date +%s%N)
until_true 10 has default ip route list table 1001
until_true 10 has 'from 10.0.0.21 lookup 1002' ip rule
echo "... healed $((($(date +%s%N) - began) / 1000000)) ms later; the primary's default route was never touched"
show ip route list table 1001

say 'What was applied'
show "$enid" status
show "$enid" history
show "$enid" get enis
say 'Done: the namespace and the temporary folder are gone now'
