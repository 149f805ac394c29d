# SPDX-License-Identifier: Apache-2.0
"""What the benches share: programs in QEMU under icount, where one instruction is one nanosecond of
virtual time and the same run gives the same counts."""

import functools
import re
import subprocess
import tempfile
import threading
from pathlib import Path

from plinth import bundle, cpio, initramfs, qemu
from plinth.errors import PlinthError
from plinth.paths import EXAMPLES, GUEST, IMAGE
from plinth.run import HEADLESS_BOOTARGS

TIMEOUT = 600  # seconds: many times what a run takes on a quiet machine

# The CPU model that the peers' figures are of.
CPU = "cortex-a57"
KERNEL = GUEST / "vmlinuz"
BOOTARGS = f"console=ttyAMA0 panic=-1 nokaslr rdinit=/{initramfs.BENCH_INIT}"
NS_PER_SECOND = 1_000_000_000


def board(cpu=CPU, **settings):
    return qemu.Board(cpu=cpu, icount=True, **settings)


def console(machine, kernel, initrd=None, append="", until=None):
    """Boots `kernel` on the board `machine` until it powers off, or a line of its console has the
    text `until`; the console's text."""
    command = qemu.command(machine, kernel, initrd, append, serial="stdio")
    lines = []
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    timer = threading.Timer(TIMEOUT, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            lines.append(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
            if until and until in lines[-1]:
                return "\n".join(lines)
        process.wait()
    finally:
        timer.cancel()
        process.terminate()  # not killed: plugins are to report
        process.wait()
    text = "\n".join(lines)
    if process.returncode != 0 or until:
        raise PlinthError(f"bench: QEMU: exit {process.returncode}: {' '.join(command)}\n{text}")
    return text


def under_plinth(machine, name, description, files, image=IMAGE):
    """The console of Plinth with one VM: vm.dts's properties, and {file name: path}; `image` is
    another build of Plinth."""
    return vms_under_plinth(machine, {name: (description, files)}, image)


def vms_under_plinth(machine, vms, image=IMAGE):
    """The same with several: {name: (description, files)}."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "vms"
        for name, (description, files) in vms.items():
            write_vm(folder / name, description, files)
        archive = Path(scratch) / "bundle.cpio"
        bundle.pack(folder, archive)
        return bundle_under_plinth(machine, archive, image)


def bundle_under_plinth(machine, archive, image=IMAGE):
    text = console(machine, image, archive, "bench")
    if "plinth: exit 0 " not in text:
        raise PlinthError(f"bench: Plinth did not end well\n{text}")
    return text


def write_vm(folder, description, files):
    folder.mkdir(parents=True)
    properties = "".join(f"\t{line};\n" for line in ('compatible = "plinth,vm"', *description))
    (folder / "vm.dts").write_text(f"/dts-v1/;\n/ {{\n{properties}}};\n")
    for file, path in files.items():
        (folder / file).symlink_to(path)


def guest_boot(initrd, bootargs, options=(), properties=()):
    """The console of Plinth with one Debian guest, "guest", of one vCPU and 256 MiB; `options` are
    more of QEMU's, `properties` more lines of its vm.dts."""
    description = (
        "vcpus = <1>",
        "memory = /bits/ 64 <0x10000000>",
        'kernel = "vmlinuz"',
        'initrd = "initrd.gz"',
        f'bootargs = "{bootargs}"',
        *properties,
    )
    files = {"vmlinuz": KERNEL, "initrd.gz": initrd}
    machine = board(cpus=1, memory_mib=1024, extra=list(options))
    return under_plinth(machine, "guest", description, files)


def without_devices(example, folder):
    """The VMs of an example, in `folder`, as they are where no machine has devices for them: what
    other hypervisors' guests are compared with."""
    for vm in sorted(path for path in example.iterdir() if path.is_dir()):
        (folder / vm.name).mkdir(parents=True)
        for file in vm.iterdir():
            if file.name != "vm.dts":
                (folder / vm.name / file.name).symlink_to(file.resolve())
        text = (vm / "vm.dts").read_text()
        text = re.sub(r"^\s*(assign|memory-direct)\b.*\n", "", text, flags=re.MULTILINE)
        (folder / vm.name / "vm.dts").write_text(text.replace(" plinth.devices", ""))
    return folder


@functools.cache
def two_debian_guests(cpus, until=None, plain=False):
    """The console of Plinth with the two VMs of examples/default, without their devices, on
    -m 2048; only up to the first line with the text `until` where that is given. `plain`: the bundle
    is as any cpio makes it, with nothing aligned."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "bundle.cpio"
        folder = without_devices(EXAMPLES / "default", Path(scratch) / "vms")
        bundle.pack(folder, archive, HEADLESS_BOOTARGS)
        if plain:
            cpio.unalign(archive)
        return console(board(cpus=cpus, memory_mib=2048), IMAGE, archive, "bench", until)


def number(text, pattern):
    """The number that the group of `pattern` finds on the console."""
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise PlinthError(f"bench: nothing on the console is like {pattern!r}\n{text}")
    return int(found.group(1))
