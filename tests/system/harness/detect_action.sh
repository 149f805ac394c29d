#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs plinth-detect's battery plinth.runs times with all probes, and as often without MDCCSR_EL0,
# 20 in a process, beside one busy process for each CPU; tells how often it said what, and what the
# first run saw. Lines stay below 128 characters, where Xen's console breaks them.
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

# count: the verdicts of /tmp/report, a line for each battery; the process's status must be that of
# all, or 2 where they differ.
count() {
	status=$1
	wanted=$2
	expected=
	for verdict in $(sed -n 's/^{"verdict":"\([a-z]*\)".*]}$/\1/p' /tmp/report); do
		case $verdict in
		present) present=$((present + 1)) this=0 ;;
		absent) absent=$((absent + 1)) this=1 ;;
		undecided) undecided=$((undecided + 1)) this=2 ;;
		*) continue ;;
		esac
		wanted=$((wanted - 1))
		if [ "${expected:-$this}" -ne "$this" ]; then
			this=2
		fi
		expected=$this
	done
	if [ "$wanted" -ne 0 ] || [ "$status" -ne "$expected" ]; then
		other=$((other + 1))
	fi
}

# tally NAME OPTION...: the counts after each process, since a test that is ended early has run them
# all the same. `other`: processes that ended in another way than they should.
tally() {
	what=$1
	shift
	present=0 absent=0 undecided=0 other=0
	left=$runs
	while [ "$left" -gt 0 ]; do
		batteries=$((left < 20 ? left : 20))
		plinth-detect --json --repeat "$batteries" "$@" >/tmp/report
		count $? "$batteries"
		left=$((left - batteries))
		say "$what present=$present absent=$absent undecided=$undecided other=$other"
	done
}

# The clock in hundredths of a second, by the shell alone.
now() {
	read -r up _ </proc/uptime
	now=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# Processes, files and sums for a while; then a pause of twice the time that took, which is more where
# the machine below is slow: a third of each CPU, whatever there is.
work() {
	while true; do
		now
		start=$now
		sha1sum /tmp/load /tmp/load >/dev/null
		now
		usleep $(((now - start + 1) * 20000))
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
start=$(cut -d' ' -f1 /proc/uptime)
plinth-detect --without first-fetch >/dev/null
say "took without memory $start $(cut -d' ' -f1 /proc/uptime)"
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
	work &
	workers="$workers $!"
done
tally full
tally without-mdccsr --without mdccsr
kill $workers
say done
