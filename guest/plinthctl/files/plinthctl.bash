# SPDX-License-Identifier: Apache-2.0
# Completion of plinthctl for bash: to be sourced, or put into /usr/share/bash-completion/completions.

_plinthctl_names() {
	plinthctl vm list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_plinthctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=() choices= w
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $w == --json ]] || before+=("$w")
	done
	case ${#before[@]} in
	0)
		choices="--json --help vm console top host log events trace metrics guestinfo scan map
			find-kernel translate read memory registers dump gdb nvram"
		;;
	1)
		case ${before[0]} in
		vm) choices="list info create destroy start stop reboot reset pause resume set" ;;
		memory) choices="read write" ;;
		nvram) choices="list save restore" ;;
		trace) choices="on off dump follow" ;;
		log | events) choices="--follow" ;;
		top) choices="--once --interval" ;;
		console | dump | gdb | guestinfo | scan | map | find-kernel | translate | read | registers)
			choices=$(_plinthctl_names)
			;;
		esac
		;;
	2)
		case ${before[0]} in
		vm) [[ ${before[1]} == @(list|create) ]] || choices=$(_plinthctl_names) ;;
		memory | nvram) choices=$(_plinthctl_names) ;;
		scan) choices="--from --to --el0 --both --vcpu --gpa -x --wx" ;;
		registers | find-kernel) choices="--vcpu" ;;
		gdb) choices="--port --stdio" ;;
		esac
		;;
	*)
		case "${before[0]} ${before[1]}" in
		"vm stop" | "vm reboot" | "vm pause") choices="--now --timeout" ;;
		"vm create") choices="--name --start" ;;
		"vm set") choices="weight= affinity= vcpus= memory=" ;;
		"nvram save") choices="--follow" ;;
		gdb\ *) choices="--listen" ;;
		scan\ *) choices="--from --to --el0 --both --vcpu --gpa -x --wx" ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -o default -F _plinthctl plinthctl
