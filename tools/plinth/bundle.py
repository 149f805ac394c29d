# SPDX-License-Identifier: Apache-2.0
"""Bundles: folders of VMs as one cpio archive (docs: the bundle format is plain "newc").

Each VM's vm.dts is compiled on the way. File data lies at 2 MiB for kernels and disks and at 4 KiB
for all else, so that Plinth can move pages of the bundle into a guest instead of copying them."""

import tempfile
from pathlib import Path

from plinth import cpio
from plinth.command import run, succeeds
from plinth.errors import PlinthError
from plinth.paths import GUEST, shown

BLOCK = 2 << 20
PAGE = 4 << 10
FIRMWARE = GUEST / "plinth-fw.bin"
OWN_FIRMWARE = "uefi"
PLINTH = "plinth.img"  # the Plinth for `reboot --image`, beside the VM folders
IMAGE_MAGIC = b"ARM\x64"
IMAGE_MAGIC_OFFSET = 56


def pack(source, output, extra_bootargs=""):
    """Packs the folder `source` (VM folders, or one VM's own folder) into the file `output`."""
    source = Path(source)
    if not source.is_dir():
        raise PlinthError(f"{shown(source)}: not a folder")
    entries = []
    for path in vm_folders(source):
        entries += vm_entries(path, extra_bootargs)
    entries += firmware_entries(entries)
    if (source / PLINTH).exists() and not is_vm_folder(source):
        entries.append(cpio.file(PLINTH, read(source / PLINTH), align=PAGE))
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".part")
    with open(partial, "wb") as stream:
        cpio.write(stream, entries)
    partial.rename(output)


def pack_alike(parts, output, others=None):
    """Packs VMs that are alike but for their names, without a block of 2 MiB for each kernel: parts
    are (one VM's folder, names). Before them the VMs in the folder `others`."""
    entries = []
    for path in vm_folders(others) if others else ():
        entries += vm_entries(path, "")
    for folder, names in parts:
        own = [entry for entry in vm_entries(folder, "") if entry.data]
        for name in names:
            entries.append(cpio.folder(name))
            for entry in own:
                file = entry.name.partition("/")[2]
                entries.append(cpio.file(f"{name}/{file}", entry.data, align=PAGE))
    with open(output, "wb") as stream:
        cpio.write(stream, entries)
    return output


def is_vm_folder(path):
    return (path / "vm.dts").exists() or (path / "vm.dtb").exists()


def is_next_folder(path):
    """What mpboot.img starts: next/kernel, with next/initrd and next/target where they are."""
    return path.name == "next" and path.is_dir() and any(path.glob("kernel"))


def is_for_mpboot(source):
    return is_next_folder(Path(source) / "next")


def vm_folders(source):
    """The folders to pack, by name. One that is neither a VM's nor next/ is packed as it is."""
    source = source.resolve()
    if is_vm_folder(source):
        return [source]
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    if not any(is_vm_folder(path) or is_next_folder(path) for path in folders):
        raise PlinthError(
            f"{shown(source)}: no VM in it (a folder with vm.dts or vm.dtb), and no next/kernel"
        )
    return folders


def vm_entries(folder, extra_bootargs):
    """The archive's entries of one VM's folder, vm.dtb first."""
    name = folder.name
    entries = [cpio.folder(name)]
    large = set()
    if is_vm_folder(folder):
        description = vm_dtb(folder, extra_bootargs)
        entries.append(cpio.file(f"{name}/vm.dtb", description, align=PAGE))
        large = block_files(description)
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if relative == "vm.dtb" or path.suffix == ".dts":
            continue
        if path.is_dir():
            entries.append(cpio.folder(f"{name}/{relative}"))
            continue
        data = read(path)
        align = BLOCK if relative in large or is_arm64_image(data) else PAGE
        entries.append(cpio.file(f"{name}/{relative}", data, align=align))
    return entries


def firmware_entries(entries):
    """Plinth's own firmware, once for all VMs that ask for it."""
    descriptions = [entry.data for entry in entries if entry.name.endswith("/vm.dtb")]
    if not any(wants_firmware(description) for description in descriptions):
        return []
    if not FIRMWARE.exists():
        raise PlinthError(
            f'a VM has firmware = "uefi", but {shown(FIRMWARE)} is missing: ./plinth build'
        )
    return [cpio.file(FIRMWARE.name, FIRMWARE.read_bytes(), align=PAGE)]


def wants_firmware(description):
    return in_dtb(description, lambda dtb: string_property(dtb, "firmware") == OWN_FIRMWARE)


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PlinthError(
            f"{shown(path)}: links to {path.readlink()}, which is not there "
            "(./plinth build makes the kernels and initramfs under build/guest)"
        ) from None


def is_arm64_image(data):
    end = IMAGE_MAGIC_OFFSET + len(IMAGE_MAGIC)
    return data[IMAGE_MAGIC_OFFSET:end] == IMAGE_MAGIC


def vm_dtb(folder, extra_bootargs):
    """vm.dtb, compiled from vm.dts where there is one, with text added to its bootargs."""
    source = folder / "vm.dts"
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "vm.dtb"
        if source.exists():
            run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", output, source], shown(source))
        else:
            output.write_bytes(read(folder / "vm.dtb"))
        if extra_bootargs:
            bootargs = string_property(output, "bootargs") or ""
            both = f"{bootargs} {extra_bootargs}".strip()
            run(["fdtput", "-t", "s", output, "/", "bootargs", both], shown(source))
        return output.read_bytes()


def block_files(description):
    """The files that a VM finds in blocks of 2 MiB, kernel and disks, as vm.dtb names them."""

    def names(dtb):
        command = ["fdtget", "-l", dtb, "/"]
        nodes = run(command).split() if succeeds(command) else []
        disks = [f"/{node}" for node in nodes if node.startswith("disk@")]
        return {string_property(dtb, "kernel")} | {
            string_property(dtb, "image", disk) for disk in disks
        }

    return in_dtb(description, names) - {None}


def in_dtb(description, look):
    """What look(FILE) says of a vm.dtb; Plinth refuses what is no devicetree."""
    with tempfile.NamedTemporaryFile(suffix=".dtb") as file:
        file.write(description)
        file.flush()
        return look(file.name)


def string_property(dtb, name, node="/"):
    command = ["fdtget", "-t", "s", dtb, node, name]
    return run(command).strip() if succeeds(command) else None
