# SPDX-License-Identifier: Apache-2.0
"""Descriptions of VMs for tests: a VM is a dictionary, file name -> text, bytes or a path."""

from pathlib import Path

from plinth import bundle, cpio
from plinth.paths import BUILD, GUEST

MIB = 1 << 20
KERNEL = GUEST / "vmlinuz"
INITRD = GUEST / "initrd.gz"
INITRD_VMWARE = GUEST / "initrd-vmware.gz"
INITRD_DEBIAN = GUEST / "initrd-debian.cpio"
INITRD_CONTROL = GUEST / "initrd-hostile.gz"  # the example's, and plinth-hostile
PAYLOADS = BUILD / "payload"


def vm_dts(properties):
    """The text of a vm.dts with these lines (without their semicolons) in its root node."""
    lines = "".join(f"\t{line};\n" for line in ('compatible = "plinth,vm"', *properties))
    return f"/dts-v1/;\n/ {{\n{lines}}};\n"


def memory_property(size):
    return f"memory = /bits/ 64 <{size:#x}>"


def debian(name, vcpus=2, memory=256 * MIB, action="poweroff", bootargs="", vmware=False, extra=()):
    """A Debian guest that reports itself and then does `action` (tools/plinth/guest/actions)."""
    arguments = f"console=ttyAMA0 quiet plinth.name={name} plinth.action={action}"
    if vmware:
        arguments += " plinth.checkvm"
    properties = [
        f"vcpus = <{vcpus}>",
        memory_property(memory),
        'kernel = "vmlinuz"',
        'initrd = "initrd.gz"',
        f'bootargs = "{f"{arguments} {bootargs}".strip()}"',
        *(["vmware"] if vmware else []),
        *extra,
    ]
    return {
        "vm.dts": vm_dts(properties),
        "vmlinuz": KERNEL,
        "initrd.gz": INITRD_VMWARE if vmware else INITRD,
    }


def guestinfo_node(values):
    """The node of a vm.dts with these values, as one of its lines."""
    lines = "".join(f"\t\t{key} = {dts_string(value)};\n" for key, value in values.items())
    return f"guestinfo {{\n{lines}\t}}"


def dts_string(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def with_tools(name, guestinfo, action, extra=()):
    """A Debian guest with VMware's own tools and cloud-init, with these values of guestinfo."""
    nodes = [guestinfo_node(guestinfo), *extra]
    files = debian(name, vcpus=1, memory=512 * MIB, action=action, extra=["vmware", *nodes])
    return {**files, "initrd.gz": INITRD_DEBIAN}


def payload(name, vcpus=1, bootargs="", memory=64, extra=()):
    """A VM that runs build/payload/NAME.elf."""
    properties = [f"vcpus = <{vcpus}>", memory_property(memory * MIB), 'kernel = "payload.elf"']
    if bootargs:
        properties.append(f'bootargs = "{bootargs}"')
    return {
        "vm.dts": vm_dts([*properties, *extra]),
        "payload.elf": PAYLOADS / f"{name}.elf",
    }


def report_of(name, cpus):
    """The pattern of a guest's own report, wherever Plinth's console puts a mark before it."""
    return rf"plinth-guest: {name} cpus={cpus} mem=(\d+) uptime=([0-9.]+)"


def write_folder(folder, vms):
    """Lays out {VM: {file: content}} as folders; paths become links."""
    for name, files in vms.items():
        (folder / name).mkdir(parents=True)
        for file, content in files.items():
            path = folder / name / file
            if isinstance(content, Path):
                path.symlink_to(content)
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content)


def write_bundle(folder, vms, output, image=None):
    """image: the bytes of a plinth.img beside the VMs."""
    write_folder(folder, vms)
    if image is not None:
        (folder / "plinth.img").write_bytes(image)
    bundle.pack(folder, output)
    return output


def write_archive(stream, files):
    """A plain archive of {name: bytes}, which need not be a bundle."""
    cpio.write(stream, [cpio.file(name, data) for name, data in files.items()])
