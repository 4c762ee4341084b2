#!/bin/sh
# Which of the ids in *.ids have a test, and did it pass?  Prints TAP.
#
#   ids.sh [-a] results ...
#
#   -a	all tests are in the results: an id without one is a gap

set -u
here=$(cd "$(dirname "$0")" && pwd)
all=0
[ "${1:-}" = -a ] && { all=1; shift; }

awk -v all="$all" '
# An id of the lists.
FILENAME ~ /\.ids$/ {
	if ($0 ~ /^#/ || NF == 0)
		next
	if ($1 in known) {
		printf "not ok - %s: is there twice\n", $1
		next
	}
	known[$1] = 1
	ids[++nids] = $1
	text = $0
	sub(/^[^ \t]+[ \t]+/, "", text)
	if ($2 == "-") {
		sub(/^-[ \t]+/, "", text)
		reason[$1] = text
	} else if ($2 == "=") {
		sub(/^=[ \t]+[^ \t]+[ \t]+/, "", text)
		same[$1] = $3
		title[$1] = text
	} else
		title[$1] = text
	next
}
# A result: the words of its name may be ids.
/^(not )?ok/ {
	line = $0
	if (line ~ /^not ok/ && line !~ /# TODO/)
		result = "bad"
	else if (line ~ /# *[Ss][Kk][Ii][Pp]/)
		result = "skipped"
	else if (line ~ /^ok/)
		result = "good"
	else
		next
	why = line
	sub(/.*# *[Ss][Kk][Ii][Pp] */, "", why)
	sub(/ # .*/, "", line)
	n = split(line, word, /[^A-Za-z0-9]+/)
	for (i = 1; i <= n; i++) {
		if (!(word[i] in known))
			continue
		count[word[i], result]++
		if (result == "skipped")
			skip[word[i]] = why
	}
}
END {
	for (i = 1; i <= nids; i++) {
		id = ids[i]
		t = id in same ? same[id] : id
		name = id ": " title[id] (id in same ? ", " t : "")
		if (id in reason)
			printf "ok - %s # SKIP %s\n", id, reason[id]
		else if (count[t, "bad"] > 0)
			printf "not ok - %s: %d failed\n", name,
			    count[t, "bad"]
		else if (count[t, "good"] > 0)
			printf "ok - %s\n", name
		else if (t in skip)
			printf "ok - %s # SKIP %s\n", name, skip[t]
		else if (all)
			printf "not ok - %s: no test\n", name
	}
}' "$here"/*.ids "$@"
