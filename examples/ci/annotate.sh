#!/bin/sh
# annotate.sh HEAD [FILE]: writes what is wrong with the files of HEAD into FILE
# (enid.sarif) as a SARIF log and, in a workflow of GitHub, as annotations. Lines are
# those of HEAD, as its changes are shown; whether the merge is valid is the report's
# to say. It fails only where HEAD cannot be read.
#
# ENID_REPO (.), ENID_PATH and ENID are those of report.sh.
set -eu
[ $# -ge 1 ] || { echo 'usage: annotate.sh HEAD [FILE]' >&2; exit 1; }
file=${2:-enid.sarif}
set -- validate --repo "${ENID_REPO:-.}" --revision "$1"
[ -z "${ENID_PATH:-}" ] || set -- "$@" "$ENID_PATH"

trap 'rm -f "$file.new"' EXIT
code=0
"${ENID:-enid}" "$@" --format sarif >"$file.new" || code=$?
# Exit code 1 is also that of what cannot be read; then there is no log.
[ "$code" -le 1 ] && [ -s "$file.new" ] || exit 1
mv "$file.new" "$file"
if [ "${GITHUB_ACTIONS:-}" = true ]; then
	"${ENID:-enid}" "$@" --format github || [ $? = 1 ]
fi
