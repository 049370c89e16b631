#!/bin/sh
# report.sh BASE HEAD [FILE]: writes into FILE (report.md) what merging HEAD into
# BASE would do, as markdown, and exits as enid does: 0 nothing, 2 changes, 3 some
# of it is blocked or granted by the change itself, 1 it cannot be merged or is not
# valid. There is a report in each case.
#
# It reads git's objects in ENID_REPO (.). Nothing is checked out or executed.
# ENID_PATH is the topology's folder, ENID the program.
set -eu
[ $# -ge 2 ] || { echo 'usage: report.sh BASE HEAD [FILE]' >&2; exit 1; }
base=$1 head=$2 file=${3:-report.md}

# A report is there whole or not at all: the comment is made of it.
trap 'rm -f "$file.new" "$file.err"' EXIT
code=0
set -- diff "$base..$head" --repo "${ENID_REPO:-.}" --format markdown
[ -z "${ENID_PATH:-}" ] || set -- "$@" --path "$ENID_PATH"
"${ENID:-enid}" "$@" >"$file.new" 2>"$file.err" || code=$?
cat "$file.err" >&2

if [ ! -s "$file.new" ]; then
	[ "$code" != 0 ] || code=1 # a report of nothing is no report
	{
		printf '## enid: there is no report\n\nWhat merging would do could not be found out (exit code %s):\n\n' "$code"
		# Indented text is code: it holds no markup, however it was made.
		head -n 40 "$file.err" | cut -b 1-400 | iconv -c -f UTF-8 -t UTF-8 | tr -d '\000-\010\013-\037\177' | sed 's/^/    /'
	} >"$file.new"
fi
mv "$file.new" "$file"
exit "$code"
