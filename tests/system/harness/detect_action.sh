#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs plinth-detect plinth.runs times with all probes, and as often without MDCCSR_EL0, beside one
# busy process for each CPU; tells how often it said what, and what the first run saw. Lines stay
# below 128 characters, where Xen's console breaks them.
runs=$(sed -n 's/.*plinth.runs=\([0-9]*\).*/\1/p' /proc/cmdline)
export LD_LIBRARY_PATH=/lib

say() {
	echo "detect: $NAME $*"
}

# One letter for each probe that was run, in the order of the report.
letters() {
	sed 's/.*"probes"://' | tr '{' '\n' | sed -n 's/.*"verdict":"\([a-z ]*\)".*/\1/p' |
		sed 's/not trapped/N/;s/trapped/T/;s/refused/R/;s/unclear/?/' | tr -d '\n'
}

# tally NAME OPTION...: the counts of the exit statuses 0, 1, 2 and others; after each 50, too, since a
# test that is ended early has run them all the same.
tally() {
	what=$1
	shift
	present=0 absent=0 undecided=0 other=0
	for run in $(seq "$runs"); do
		plinth-detect "$@" >/tmp/report
		case $? in
		0) present=$((present + 1)) ;;
		1) absent=$((absent + 1)) ;;
		2) undecided=$((undecided + 1)) ;;
		*) other=$((other + 1)) ;;
		esac
		if [ $((run % 50)) -eq 0 ] || [ "$run" -eq "$runs" ]; then
			say "$what present=$present absent=$absent undecided=$undecided other=$other"
		fi
	done
}

statuses=
for options in --help --list "--runs 1" --nonsense "--probe pmcr" "--probe wfi --runs 16"; do
	# shellcheck disable=SC2086
	plinth-detect $options >/dev/null 2>&1
	statuses="$statuses $?"
done
say "statuses$statuses"
start=$(cut -d' ' -f1 /proc/uptime)
plinth-detect --json >/tmp/report
say "took $start $(cut -d' ' -f1 /proc/uptime)"
say "profile $(letters </tmp/report)"
say "$(sed 's/.*\("likely":[^]]*]\).*/\1/' /tmp/report)"
for program in systemd-detect-virt virt-what; do
	if [ -x "/bin/$program" ]; then
		say "$program: $($program 2>&1 | tr '\n' ' ')"
	fi
done
head -c 65536 /bin/busybox >/tmp/load
workers=
for _ in $(seq "$(grep -c ^processor /proc/cpuinfo)"); do
	sh -c 'while true; do sha1sum /tmp/load >/dev/null; usleep 40000; done' &
	workers="$workers $!"
done
tally full
tally without-mdccsr --without mdccsr
kill $workers
say done
