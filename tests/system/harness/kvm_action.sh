#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# KVM's host: the guests of the matrix one after the other, on /guest's files.
runs=$(sed -n 's/.*plinth.runs=\([0-9]*\).*/\1/p' /proc/cmdline)
export LD_LIBRARY_PATH=/lib

guest() {
	qemu-system-aarch64 -nodefaults -M virt,gic-version=3 -accel kvm -cpu host -nic none \
		-display none -serial stdio "$@" </dev/null
}

linux() {
	guest -kernel /guest/vmlinuz -initrd /guest/initrd.gz -m 1024 -smp "$2" -append \
		"console=ttyAMA0 quiet plinth.name=$1 plinth.action=detect,poweroff plinth.runs=$runs"
}

linux one 1
linux four 4
guest -kernel /guest/detect.elf -m 512 -smp 2 -append "runs=$runs"
