#!/bin/sh
# comment-gitlab.sh REPORT CODE: puts REPORT into the one note of enid's at the merge
# request of this pipeline. A note is ours where it begins with our mark and the
# token's own user wrote it; nobody else's is touched. With CODE 0 (nothing would
# change) a note is brought up to date, but none is made.
#
# ENID_GITLAB_TOKEN is a project access token (scope api, role Reporter); a job's own
# token may not write notes. Pipelines of forks do not have it: they make no note.
set -eu
set +x
# shellcheck source-path=SCRIPTDIR source=request.sh
. "$(dirname "$0")/request.sh"
[ $# = 2 ] || fail 'usage: comment-gitlab.sh REPORT CODE'
forge=GitLab token=${ENID_GITLAB_TOKEN:-} code=$2
# shellcheck disable=SC2034 # request.sh says it
hint='ENID_GITLAB_TOKEN has to be a token of this project with scope api and at least the role Reporter'
if [ -z "$token" ]; then
	echo 'enid: no ENID_GITLAB_TOKEN, as in the pipeline of a fork: the report is an artifact only'
	exit 0
fi
reachable "${CI_API_V4_URL:?}"
authorize 'PRIVATE-TOKEN: '
# A line that begins with a slash may be a command to GitLab, given by this token.
sed 's|^/|\\/|' "$1" >"$work/report.md"
compose "$work/report.md"
notes="$CI_API_V4_URL/projects/${CI_PROJECT_ID:?}/merge_requests/${CI_MERGE_REQUEST_IID:?}/notes"

publish() {
	request GET "$CI_API_V4_URL/user" || return 1
	me=$(jq -r .id "$work/answer")
	# shellcheck disable=SC2016 # $me is jq's
	look "$notes" '(.author.id | tostring) == $me' || return 1
	if [ -n "$id" ]; then
		request PUT "$notes/$id" "$work/body.json" || return 1
		echo "enid: note $id is up to date"
	elif [ "$code" = 0 ]; then
		echo 'enid: nothing would change, and nothing was said before: no note'
	else
		request POST "$notes" "$work/body.json" || return 1
		echo "enid: noted as $(jq -r .id "$work/answer")"
	fi
}
persist publish
