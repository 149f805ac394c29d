# SPDX-License-Identifier: Apache-2.0
"""What VMs cost: `vm_create_start`, all instructions from plinthctl's first call for a new VM (64 MiB,
Debian's kernel, sent by a Debian guest on the same CPU) to that VM's first instruction, and of them
EL2's, `vm_create_start_el2`; `vm_switch_2` and `vm_switch_256`, instructions from one vCPU's exit to
another's entry, where so many VMs always want the one CPU (median; _least and _most beside it),
`vm_switch_256_asleep`, where 254 of them sleep, and the ratios of both to the first; `el2_bytes_per_vm`, what Plinth keeps of its own memory for a VM with
every channel open and full beside stage-2 tables and the VM's `overhead` budget, of which
`el2_bytes_overhead` is used."""

import io
import re
import subprocess
import tempfile
from pathlib import Path

from plinth import bundle, cpio, initramfs
from plinth import measure as qemu_runs
from plinth.command import run
from plinth.errors import PlinthError
from plinth.paths import BUILD, IMAGE, ROOT

KIB = 1 << 10
MIB = 1 << 20
# Where VMIDs have 8 bits, as here, each switch among 256 VMs takes a new one: that is the ratio.
GOALS = {
    "vm_switch_2": 1200,
    "vm_switch_256": 1200,
    "vm_switch_ratio": 1.1,
    "vm_switch_asleep_ratio": 1.1,
    "el2_bytes_per_vm": 32 * KIB,
}

CORE = BUILD / "gcc" / "core.elf"
PAYLOADS = BUILD / "payload"
PLUGIN = ROOT / "tools" / "tcg" / "switches.c"
OVERHEAD = 16 * MIB  # 128 channels of 64 KiB, and values beside them

# As a process of the managing guest sees it. What Plinth has for itself is looked at before the VM
# is there, and when it has said that all is full.
SCRIPT = """#!/bin/sh
value() { tr ',{}' '\\n\\n\\n' | sed -n "s/.*\\"$1\\": *//p"; }
core() { plinthctl --json host | value core_bytes; }
used() { plinthctl --json vm info full | value overhead_used_bytes; }
echo "BENCH: core_before $(core)"
plinthctl vm create /vms/full --start
until [ "$(used)" -gt 0 ] && [ "$(used)" = "$before" ]; do before=$(used); sleep 1; done
echo "BENCH: core_after $(core)"
echo "BENCH: overhead $(used)"
plinthctl vm destroy full
plinthctl vm create /vms/linux --start
until plinthctl vm list | grep -q 'linux *running'; do sleep 0.1; done
plinthctl vm destroy linux
echo "BENCH: end"
poweroff -f
sleep 60
"""


def measure():
    switches = {"2": switch(2), "256": switch(256), "256_asleep": switch(2, asleep=254)}
    figures = {}
    for name, (median, least, most) in switches.items():
        figures |= {
            f"vm_switch_{name}": median,
            f"vm_switch_{name}_least": least,
            f"vm_switch_{name}_most": most,
        }
    figures["vm_switch_ratio"] = round(figures["vm_switch_256"] / figures["vm_switch_2"], 3)
    asleep = figures["vm_switch_256_asleep"]
    figures["vm_switch_asleep_ratio"] = round(asleep / figures["vm_switch_2"], 3)
    return figures | made_vms()


def vm_lines(kernel, memory, *properties):
    return ("vcpus = <1>", f"memory = /bits/ 64 <{memory:#x}>", f'kernel = "{kernel}"', *properties)


def switch(busy, asleep=0):
    """(median, least, most) with so many VMs of which each never waits, beside others that sleep."""
    count = busy + asleep
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        plugin, log = folder / "switches.so", folder / "log"
        run(["cc", "-O2", "-shared", "-fPIC", "-o", plugin, PLUGIN])
        where = ",".join(f"{name}={address:#x}" for name, address in places().items())
        options = ["-plugin", f"{plugin},{where}", "-d", "plugin", "-D", str(log)]
        machine = qemu_runs.board(cpus=1, memory_mib=64 + 4 * count, extra=options)
        archive = switching_vms(folder, busy, asleep)
        if asleep:
            qemu_runs.console(machine, IMAGE, archive, until=f"vm busy{busy - 1}: off")
        else:
            qemu_runs.bundle_under_plinth(machine, archive)
        found = re.search(r"^switches (\d+) median (\d+) least (\d+) most (\d+)", log.read_text())
    if not found or int(found.group(1)) < busy:
        raise PlinthError(f"bench: {busy} VMs changed too seldom: {found and found.group()}")
    return tuple(map(int, found.groups()[1:]))


def switching_vms(folder, busy, asleep):
    """Turns are of 5 ms: more of them than VMs begin and end."""
    ms = max(20 * busy, 3000 if asleep else 600)
    bootargs = f'bootargs = "ms={ms} margin=0"'
    kinds = {"busy": vm_lines("busy.elf", 2 * MIB, bootargs), "answer": vm_lines("answer.elf", 2 * MIB)}
    parts = []
    for kind, names in (("answer", range(asleep)), ("busy", range(busy))):
        own = folder / kind
        qemu_runs.write_vm(own, kinds[kind], {f"{kind}.elf": PAYLOADS / f"{kind}.elf"})
        parts.append((own, [f"{kind}{number}" for number in names]))
    return bundle.pack_alike(parts, folder / "bundle.cpio")


def places():
    """Of the core's code: where it begins and ends, its vectors, and where registers are loaded."""
    lines = [line.split() for line in run(["aarch64-linux-gnu-nm", "-n", CORE]).splitlines()]
    code = {line[2]: int(line[0], 16) for line in lines if len(line) == 3 and line[1] in "tT"}
    addresses = sorted(code.values())
    return {
        "vectors": code["exits_vectors"],
        "load": code["vcpu_context_load"],
        "start": addresses[0],
        "end": addresses[-1] + 4 * KIB,
    }


def made_vms():
    """The figures of VMs that a guest's plinthctl makes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        initrd = folder / "initrd.gz"
        initramfs.write_control(initrd)
        initrd.write_bytes(with_vms(initrd.read_bytes(), folder))
        boot = "console=ttyAMA0 quiet plinth.name=boss plinth.action=figures"
        lines = vm_lines("vmlinuz", 512 * MIB, 'initrd = "initrd.gz"', f'bootargs = "{boot}"', "control")
        files = {"vmlinuz": qemu_runs.KERNEL, "initrd.gz": initrd}
        text = qemu_runs.under_plinth(
            qemu_runs.board(cpus=1, memory_mib=1024), "boss", lines, files
        )
    before, after, overhead = (
        qemu_runs.number(text, rf"BENCH: {name} (\d+)\s*$")
        for name in ("core_before", "core_after", "overhead")
    )
    ticks = r"bench: linux create_start_ticks (\d+)"
    per_second = qemu_runs.number(text, r"bench: linux create_start.*ticks_per_second (\d+)")
    return {
        "vm_create_start": qemu_runs.number(text, ticks) * qemu_runs.NS_PER_SECOND // per_second,
        "vm_create_start_el2": qemu_runs.number(text, r"bench: linux create_start.*el2_insns (\d+)"),
        "el2_bytes_per_vm": after - before - overhead,
        "el2_bytes_overhead": overhead,
    }


def with_vms(initrd, folder):
    """The managing guest's initramfs, with the folders of the VMs to be made, and what makes them."""
    kernels = {"full": PAYLOADS / "channels.elf", "linux": qemu_runs.KERNEL}
    overhead = f"overhead = /bits/ 64 <{OVERHEAD:#x}>"
    described = {
        "full": vm_lines("kernel", 4 * MIB, "vmware", overhead),
        "linux": vm_lines("kernel", 64 * MIB),
    }
    entries = [cpio.folder("vms")]
    for name, lines in described.items():
        qemu_runs.write_vm(folder / "made" / name, lines, {})
        entries += [
            cpio.folder(f"vms/{name}"),
            cpio.file(f"vms/{name}/vm.dtb", bundle.vm_dtb(folder / "made" / name, "")),
            cpio.file(f"vms/{name}/kernel", kernels[name].read_bytes()),
        ]
    entries.append(cpio.file("etc/plinth/figures", SCRIPT.encode(), 0o755))
    archive = io.BytesIO()
    cpio.write(archive, entries)
    return initrd + bytes(-len(initrd) % 4) + archive.getvalue()
