#!/bin/sh
# Act on what pptpd(8) does: an example of reading "pptpctl monitor".
#
#   pptpd-events.sh [-b table] [-c table] [-p program] [-s socket]
#
#   -b	pf(4) table for sources of failed logins: an address goes there after
#	five of the last hundred failures.  Let cron(8) take it out again:
#		pfctl -t pptpd_bad -T expire 3600
#   -c	pf(4) table of the addresses of connected clients
#   -p	program to run, as ppp(8) runs ip-up and ip-down, with the arguments
#		up USER ADDRESS PEER
#		down USER ADDRESS PEER SECONDS BYTES-IN BYTES-OUT
#
# The user's name is as in the log, with escapes; it is always one argument,
# and never a part of a command.

bad= clients= program= socket=/var/run/pptpd.sock
while getopts b:c:p:s: option; do
	case $option in
	b) bad=$OPTARG ;;
	c) clients=$OPTARG ;;
	p) program=$OPTARG ;;
	s) socket=$OPTARG ;;
	*) echo "usage: $0 [-b table] [-c table] [-p program] [-s socket]" >&2
	   exit 1 ;;
	esac
done

# Fields have their place, and text of clients is in quotes with escapes:
# what is between them cannot look like a field.
q='"(([^"\\]|\\.)*)"'
parse() {
	sed -u -nE \
	    -e "s/^[^ ]+ (start|lost).*$/sync/p" \
	    -e "s/^[^ ]+ login user=$q peer=([0-9.]+) client=$q method=[^ ]+ result=ok address=([0-9.]+) .*$/up \3 \6 \1/p" \
	    -e "s/^[^ ]+ change user=$q peer=([0-9.]+) client=$q method=[^ ]+ address=([0-9.]+) .*$/change \3 \6 \1/p" \
	    -e "s/^[^ ]+ login user=$q peer=([0-9.]+) client=$q method=[^ ]+ result=failed cause=auth-failed .*$/failed \3 - \1/p" \
	    -e "s/^[^ ]+ logout user=$q peer=([0-9.]+) address=([0-9.]+) duration=([0-9]+) in=([0-9]+) out=([0-9]+) .*$/down \3 \4 \5 \6 \7 \1/p"
}

# Events were missed: see who is there.
sync() {
	[ -n "$clients" ] || return
	pptpctl -s "$socket" show sessions |
	    awk 'NR > 1 && $3 != "-" { print $3 }' |
	    pfctl -q -t "$clients" -T replace -f -
}

failed() {
	[ -n "$bad" ] || return
	count=1 kept=0 rest=
	for p in $failures; do
		kept=$((kept + 1))
		[ $kept -lt 100 ] || break
		rest="$rest $p"
		[ "$p" != "$1" ] || count=$((count + 1))
	done
	failures="$1$rest"
	[ $count -lt 5 ] || pfctl -q -t "$bad" -T add "$1"
}

forgive() {
	rest=
	for p in $failures; do
		[ "$p" = "$1" ] || rest="$rest $p"
	done
	failures=$rest
}

act() {
	failures=
	# Nothing that is run here reads the events.
	while read -r what peer address more <&3; do
		case $what in
		sync)
			sync
			;;
		up | change)
			forgive "$peer"
			[ -z "$clients" ] ||
			    pfctl -q -t "$clients" -T add "$address"
			[ -z "$program" ] || [ "$what" = change ] ||
			    "$program" up "$more" "$address" "$peer"
			;;
		down)
			seconds=${more%% *} more=${more#* }
			received=${more%% *} more=${more#* }
			sent=${more%% *} user=
			[ "$sent" = "$more" ] || user=${more#* }
			[ -z "$clients" ] ||
			    pfctl -q -t "$clients" -T delete "$address"
			[ -z "$program" ] || "$program" down "$user" \
			    "$address" "$peer" "$seconds" "$received" \
			    "$sent"
			;;
		failed)
			failed "$peer"
			;;
		esac
	done
}

# It ends with the daemon, and begins again with it.
while :; do
	pptpctl -s "$socket" monitor | parse | act 3<&0 </dev/null
	sleep 5
done
