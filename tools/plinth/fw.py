# SPDX-License-Identifier: Apache-2.0
"""Plinth's UEFI firmware on QEMU's own board at EL1: the devicetree that it finds there, as loader/
would have written it, and the files that lie in the machine's memory."""

from plinth import qemu
from plinth.command import run
from plinth.paths import GUEST

FIRMWARE = GUEST / "plinth-fw.bin"
MEMORY_MIB = 2048
KERNEL_BASE = 0x50000000
INITRD_BASE = 0x58000000
DISK_BASE = 0xA0000000
DISK_SPACE = 0x08000000  # for each disk
DISK_ROUND = 1 << 21  # disks are multiples of it


def options(folder, disks=(), kernel=None, initrd=None, bootargs=""):
    """QEMU's options that put these files into RAM, and a devicetree, written to `folder`, that
    names them."""
    loaded = []
    chosen = [f'bootargs = "{bootargs}";']
    nodes = []
    for number, disk in enumerate(disks):
        base = DISK_BASE + number * DISK_SPACE
        size = -(-disk.stat().st_size // DISK_ROUND) * DISK_ROUND
        nodes.append(
            f'pmem@{base:x} {{ compatible = "pmem-region"; reg = <0 {base:#x} 0 {size:#x}>; }};'
        )
        loaded.append((disk, base))
    if kernel:
        chosen.append(f"plinth,kernel = <0 {KERNEL_BASE:#x} 0 {kernel.stat().st_size:#x}>;")
        loaded.append((kernel, KERNEL_BASE))
    if initrd:
        end = INITRD_BASE + initrd.stat().st_size
        chosen.append(f"linux,initrd-start = <0 {INITRD_BASE:#x}>;")
        chosen.append(f"linux,initrd-end = <0 {end:#x}>;")
        loaded.append((initrd, INITRD_BASE))
    tree = write_tree(folder, f"chosen {{ {' '.join(chosen)} }}; {' '.join(nodes)}")
    found = ["-dtb", str(tree)]
    for path, base in loaded:
        found += ["-device", f"loader,file={path},addr={base:#x},force-raw=on"]
    return found


def write_tree(folder, nodes):
    """QEMU's own devicetree with `nodes` added."""
    plain, source, tree = (folder / name for name in ("plain.dtb", "tree.dts", "tree.dtb"))
    command = [qemu.QEMU, "-M", f"virt,acpi=off,gic-version=3,dumpdtb={plain}"]
    command += ["-cpu", "cortex-a57", "-m", MEMORY_MIB, "-nic", "none", "-display", "none"]
    run([*command, "-serial", "null"])
    text = run(["dtc", "-q", "-I", "dtb", "-O", "dts", plain])
    source.write_text(f"{text}/ {{ {nodes} }};\n")
    run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree, source])
    return tree
