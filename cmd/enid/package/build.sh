#!/usr/bin/env bash
# Makes the packages of the commit that is checked out: .deb and .rpm, the bare binary
# and a list of what is in it (SBOM, CycloneDX), for amd64 and arm64. The same commit
# gives the same bytes, whoever makes them, and wherever: nothing in them comes from
# the clock, the folder or the machine. `make package` calls it.
# Usage: build.sh FOLDER [ARCHITECTURE...]
#
# SIGN_KEY names a file with an OpenPGP secret key, SIGN_PASSPHRASE its passphrase:
# then the packages are signed by it, and so is the list of all sums. A signature
# tells when it was made, so that the bytes of signed packages are never the same.
# MAINTAINER is who answers for the packages: NAME <ADDRESS>, else the commit's author.
set -euo pipefail
umask 022
SIGN_KEY=${SIGN_KEY:+$(realpath -- "$SIGN_KEY")} # from where it was called
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- amd64 arm64
go=${GO:-go}
cd "$root"
if [ ! -d .git ]; then # Go looks for a folder, and would leave the commit out of the binary
	echo "package: $root is a git worktree, from which Go takes no commit; clone it, and make the packages there" >&2
	exit 1
fi
unset GOFLAGS GOAMD64 GOARM64
export GOENV=off GOPROXY="${GOPROXY:-$("$go" env GOPROXY)}" GOSUMDB="${GOSUMDB:-$("$go" env GOSUMDB)}"
export CGO_ENABLED=0 LC_ALL=C
# The times of all files, in the man pages too, are the commit's.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
export MAINTAINER="${MAINTAINER:-$(git log -1 --format='%an <%ae>')}"
export SIGN_KEY NFPM_PASSPHRASE="${SIGN_PASSPHRASE:-}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }
tool() { GOFLAGS=-trimpath "$go" -C cmd/enid/package/tools tool -n "$1"; }
nfpm=$(tool nfpm)
sbom=$(tool cyclonedx-gomod)

for arch; do
	mkdir -p "$work/$arch"
	GOOS=linux GOARCH=$arch "$go" build -trimpath -buildvcs=true -ldflags='-s -w' -o "$work/$arch/enid" ./cmd/enid
done
# Go's own version of the commit: a tag v1.2.3, or a version before or after one. Its
# dash sorts after nothing and before a dot in the packages' order; a tilde as wanted.
version=$("$go" version -m "$work/$1/enid" | awk '$1 == "mod" {print $3}')
VERSION=${version#v}
VERSION=${VERSION/-/\~}
export VERSION=${VERSION//-/.}

quietly "$go" test -trimpath -count=1 ./cmd/enid -run '^TestManPages$' -man "$work/man" -version "$version"
gzip -9 -n "$work"/man/*.1
cp -r cmd/enid/package LICENSE "$work" # nfpm's paths are relative to where it runs
gzip -9 -n -c README.md >"$work/README.md.gz"
printf 'enid (%s) unstable; urgency=medium\n\n  * Made of %s;\n    its history says what has changed.\n\n -- %s  %s\n' \
	"$VERSION" "$(git rev-parse HEAD)" "$MAINTAINER" "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" | gzip -9 -n >"$work/changelog.gz"
native="$work/$("$go" env GOHOSTARCH)/enid"
[ -x "$native" ] || { native=$work/native; "$go" build -trimpath -o "$native" ./cmd/enid; }
for shell in bash zsh fish; do
	"$native" completion "$shell" >"$work/completion.$shell"
done

for arch; do
	for packager in deb rpm; do
		(cd "$work" && ARCH=$arch quietly "$nfpm" package --config package/nfpm.yaml --packager "$packager" --target "$out/")
	done
	name=enid_${VERSION}_linux_$arch
	install -m 0755 "$work/$arch/enid" "$out/$name"
	quietly "$sbom" bin -json -std -licenses -assert-licenses -noserial -notimestamp \
		-version "$version" -output "$out/$name.cdx.json" "$work/$arch/enid"
done
cd "$out"
sha256sum -- enid_*"${VERSION}"* enid-"${VERSION}"* >"$work/sums"
mv "$work/sums" SHA256SUMS
rm -f SHA256SUMS.asc
if [ -n "$SIGN_KEY" ]; then
	export GNUPGHOME=$work/gnupg
	mkdir -m 0700 "$GNUPGHOME"
	trap 'gpgconf --kill gpg-agent; rm -rf "$work"' EXIT
	sign() { quietly gpg --batch --pinentry-mode loopback --passphrase-fd 3 "$@" 3<<<"$NFPM_PASSPHRASE"; }
	sign --import "$SIGN_KEY"
	sign --armor --detach-sign SHA256SUMS
fi
cat SHA256SUMS
