# shellcheck shell=sh
# shellcheck disable=SC2154 # forge, hint, token and me are set by who sources this
# request.sh: what the comment scripts have in common; they source it. They set
# forge (its name), hint (what its token has to be allowed) and token.
#
# A comment is published by look, then write. Where the forge fails, all of that is
# done again: a write that failed may still have been done, and the second look finds
# its comment.
set +x # a trace would print the token

marker='<!-- enid-report -->'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "enid: $*" >&2
	exit 1
}

# authorize HEADER: the header with the token, which goes into a file: command lines
# are for everybody to read.
authorize() {
	[ -n "$token" ] || fail "$forge: there is no token"
	case $token in
	*[!A-Za-z0-9._=~+/-]*) fail "$forge: the token has characters that tokens have not" ;;
	esac
	(umask 077 && printf '%s%s\n' "$1" "$token" >"$work/header")
}

# reachable URL: tokens are not sent in the clear, but to this machine.
reachable() {
	case $1 in
	https://* | http://127.0.0.1:*) ;;
	*) fail "$forge: $1 is not an https address" ;;
	esac
}

# compose REPORT: the body of the comment, as JSON.
compose() {
	[ -s "$1" ] || fail "there is no report in $1"
	jq --null-input --rawfile report "$1" --arg marker "$marker" '{body: ($marker + "\n" + $report)}' >"$work/body.json"
}

# request METHOD URL [BODY]: one request. The answer is in $work/answer. It returns 1
# where it is worth another try, and ends the script where it is not.
request() {
	method=$1 url=$2 wait=
	set -- --request "$1" --header "@$work/header" ${3:+--header} ${3:+"Content-Type: application/json"} ${3:+--data-binary} ${3:+"@$3"}
	: >"$work/answer"
	: >"$work/headers"
	# --disable, first: no file of the user's has a say. No redirection is followed:
	# the token is for this address only.
	status=$(curl --disable --silent --show-error --max-time 60 --dump-header "$work/headers" \
		--output "$work/answer" --write-out '%{http_code}' "$@" "$url") || status=000
	case $status in
	2??) return 0 ;;
	000 | 5?? | 429)
		wait=$(header retry-after)
		;;
	403)
		# A limit, and not a refusal, says when to come back.
		wait=$(header retry-after)
		if [ -z "$wait" ] && ! { [ "$(header x-ratelimit-remaining)" = 0 ] || grep -qi 'rate limit' "$work/answer"; }; then
			fail "$forge answered 403 to $method: $(message); $hint"
		fi
		;;
	401 | 404) fail "$forge answered $status to $method: $(message); $hint" ;;
	*) fail "$forge answered $status to $method: $(message)" ;;
	esac
	echo "enid: $forge answered $status to $method: $(message)" >&2
	return 1
}

header() { # NAME
	tr -d '\r' <"$work/headers" | sed -n "s/^$1: *\([0-9][0-9]*\)\$/\1/Ip" | tail -n 1
}

# message is what the forge says is wrong, on one line and inert.
message() {
	text=$(jq -r '(.message // .error // empty) | tostring' "$work/answer" 2>/dev/null | tr '\n' ' ' | tr -cd '[:print:]' | cut -c 1-300 | sed 's, *$,,')
	case $text in
	*"$token"*) text='(hidden)' ;;
	esac
	printf '%s' "${text:-no reason}"
}

# persist COMMAND: does it until it succeeds, five times at most, with growing pauses
# or those that the forge asks for.
persist() {
	pause=${ENID_PAUSE:-2}
	for _ in 1 2 3 4; do
		if "$@"; then
			return
		fi
		if [ -n "${wait:-}" ] && [ "$wait" -gt "$pause" ]; then
			sleep "$([ "$wait" -gt 300 ] && echo 300 || echo "$wait")"
		else
			sleep "$pause"
		fi
		pause=$((pause * 2))
	done
	"$@" || fail "$forge could not be reached in five tries; nothing more was done"
}

# look URL FILTER: the id of our comment in $id, empty where there is none; the list
# at URL comes in pages of 100. FILTER is jq's and chooses those whose author we are.
look() {
	page=1 id=
	while [ "$page" -le 1000 ]; do
		request GET "$1?per_page=100&page=$page" || return 1
		if ! id=$(jq -r --arg marker "$marker" --arg me "$me" \
			"[.[] | select($2) | select(.body // \"\" | startswith(\$marker)) | .id] | first // empty" "$work/answer" 2>/dev/null); then
			echo "enid: $forge answered with no list of comments" >&2
			return 1
		fi
		[ -z "$id" ] || return 0
		[ "$(jq length "$work/answer")" -ge 100 ] || return 0
		page=$((page + 1))
	done
	fail "$forge has no end of comments"
}
