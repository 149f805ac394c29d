# SPDX-License-Identifier: Apache-2.0
"""Bare programs of libguest as guests of Debian's KVM and Xen, under icount, for benches that compare:
what measure.under_plinth() is for Plinth. Consoles come back as text."""

import tempfile
from pathlib import Path

from plinth import cpio, initramfs, peers, qemu, xen
from plinth import measure as qemu_runs
from plinth.command import run
from plinth.errors import PlinthError
from plinth.paths import GUEST, ROOT

MEMORY_MIB = 128  # a guest's
HOST_MEMORY_MIB = 1024
VCPUS = 2
DONE = " checks, 0 failed"  # libguest's last line

KVM_RUN = GUEST / "kvm-run"
KVM_ACTION = f"""#!/bin/sh
for program in /guest/*; do
	kvm-run {VCPUS} {MEMORY_MIB} "$program"
done
"""
KVM_BOOTARGS = "console=ttyAMA0 quiet panic=-1 nokaslr plinth.action=kvm-run,poweroff"

XEN_PAYLOAD = 0x60000000
TURNS = ROOT / "tools" / "tcg" / "turns.c"


def board(cpu, cpus):
    return qemu.Board(cpu=cpu, cpus=cpus, memory_mib=HOST_MEMORY_MIB, icount=True)


def under_kvm(cpu, cpus, programs):
    """Debian's kernel at EL2 of a machine with `cpus` CPUs, which runs each of these ELF files with two
    vCPUs by tests/guest/kvm_run: one after the other, so that the host boots once."""
    entries = [
        cpio.folder("guest"),
        cpio.file("bin/kvm-run", KVM_RUN.read_bytes(), 0o755),
        cpio.file("etc/plinth/kvm-run", KVM_ACTION.encode(), 0o755),
        *(cpio.file(f"guest/{program.name}", program.read_bytes()) for program in programs),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        initrd = Path(scratch) / "initrd.gz"
        initramfs.write(initrd, extra=entries)
        text = qemu_runs.console(board(cpu, cpus), qemu_runs.KERNEL, initrd, KVM_BOOTARGS)
    if text.count(DONE) != len(programs):
        raise PlinthError(f"bench: KVM's guests did not end well\n{text}")
    return text


def under_xen(cpu, cpus, program):
    """A dom0less domain with two vCPUs on a machine with `cpus` CPUs; `program` is built on
    libguest_xen."""
    with tempfile.TemporaryDirectory() as scratch:
        image = xen.payload_image(Path(scratch) / "payload.img", program)
        machine = board(cpu, cpus)
        domain = xen.Domain(VCPUS, MEMORY_MIB << 10, (XEN_PAYLOAD, image.stat().st_size))
        dtb = xen.write_dtb(Path(scratch) / "xen.dtb", machine, [domain])
        machine.extra = xen.options(dtb, {XEN_PAYLOAD: image})
        if cpus > 1:
            plugin = Path(scratch) / "turns.so"
            run(["cc", "-O2", "-shared", "-fPIC", "-o", plugin, TURNS])
            machine.extra += ["-plugin", str(plugin)]
        return qemu_runs.console(machine, peers.XEN, until=DONE)
