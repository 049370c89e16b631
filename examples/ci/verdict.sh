#!/bin/sh
# verdict.sh CODE: passes or fails the job by the exit code of report.sh. 0 and 2
# pass. 3, where a step is blocked or granted by the change itself, passes with a
# warning, and fails with ENID_FAIL_ON_BLOCKED=true. All else fails.
set -eu
say() { # LEVEL TEXT
	if [ "${GITHUB_ACTIONS:-}" = true ]; then
		echo "::$1 title=enid::$2"
	else
		echo "enid: $1: $2"
	fi
}
case ${ENID_FAIL_ON_BLOCKED:-false} in
true | false) ;;
*)
	say error 'ENID_FAIL_ON_BLOCKED is neither true nor false'
	exit 1
	;;
esac
case ${1:-} in
0) echo 'enid: merging would change nothing' ;;
2) echo 'enid: merging would change what the report says' ;;
3)
	text='a step is blocked, or granted by the change itself: see the report'
	if [ "${ENID_FAIL_ON_BLOCKED:-false}" = true ]; then
		say error "$text"
		exit 3
	fi
	say warning "$text"
	;;
*)
	say error 'the change cannot be merged, is not valid, or could not be read: see the report'
	exit 1
	;;
esac
