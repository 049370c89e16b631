#!/bin/sh
# fetch-github.sh NUMBER HEAD: fetches the commits of pull request NUMBER into the
# repository in the working directory, and checks that HEAD is among them. Nothing
# of them is checked out.
#
# The token goes to git by the environment: the checkout keeps none.
set -eu
set +x
[ $# = 2 ] || { echo 'usage: fetch-github.sh NUMBER HEAD' >&2; exit 1; }
if [ -n "${GITHUB_TOKEN:-}" ]; then
	GIT_CONFIG_COUNT=1
	GIT_CONFIG_KEY_0="http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader"
	GIT_CONFIG_VALUE_0="Authorization: basic $(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\n')"
	export GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
fi
git fetch --quiet --no-tags --no-recurse-submodules origin "+refs/pull/$1/head:refs/enid/head"
git cat-file -e "$2^{commit}" 2>/dev/null || {
	echo "enid: $2 is no longer in the pull request: a later push replaced it, and its run reports" >&2
	exit 1
}
