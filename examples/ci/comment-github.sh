#!/bin/sh
# comment-github.sh NUMBER REPORT CODE: puts REPORT into the one comment of enid's at
# pull request NUMBER. A comment is ours where it begins with our mark and ENID_BOT
# (github-actions[bot]) wrote it; nobody else's is touched. With CODE 0 (nothing would
# change) a comment is brought up to date, but none is made.
#
# GITHUB_TOKEN may write pull requests; GITHUB_REPOSITORY is OWNER/NAME.
set -eu
set +x
# shellcheck source-path=SCRIPTDIR source=request.sh
. "$(dirname "$0")/request.sh"
[ $# = 3 ] || fail 'usage: comment-github.sh NUMBER REPORT CODE'
forge=GitHub token=${GITHUB_TOKEN:-}
# shellcheck disable=SC2034 # request.sh says it
hint='the job wants "permissions: pull-requests: write", and GITHUB_TOKEN to be of this repository'
me=${ENID_BOT:-github-actions[bot]}
number=$1 code=$3
case $number in '' | *[!0-9]*) fail "the pull request's number is not a number" ;; esac
api=${GITHUB_API_URL:-https://api.github.com}
reachable "$api"
authorize 'Authorization: Bearer '
compose "$2"
comments="$api/repos/${GITHUB_REPOSITORY:?}/issues"

publish() {
	# shellcheck disable=SC2016 # $me is jq's
	look "$comments/$number/comments" '.user.login == $me' || return 1
	if [ -n "$id" ]; then
		request PATCH "$comments/comments/$id" "$work/body.json" || return 1
		echo "enid: comment $id is up to date"
	elif [ "$code" = 0 ]; then
		echo 'enid: nothing would change, and nothing was said before: no comment'
	else
		request POST "$comments/$number/comments" "$work/body.json" || return 1
		echo "enid: commented as $(jq -r .id "$work/answer")"
	fi
}
persist publish
