# SPDX-License-Identifier: Apache-2.0
"""Packs a folder of VMs into a bundle: a cpio archive in "newc" format, which Plinth gets as its
initrd. Each VM is a folder with vm.dts (compiled with dtc on the way) or vm.dtb, and the files
that it names. Any cpio program reads the archive; ./plinth pack also aligns file data, kernels to
2 MiB and the rest to 4 KiB, which spares Plinth copying. The same input gives the same bytes.
A plinth.img beside the VMs is what `reboot --image` starts.
For mpboot.img the folder is next/: kernel, and where they are wanted initrd and target."""

from pathlib import Path

from plinth import bundle, setup
from plinth.command import progress
from plinth.paths import shown

HELP = "make a bundle of VMs from a folder"


def add_arguments(parser):
    parser.add_argument("folder", metavar="DIR", type=Path, help="VM folders, or one VM's folder")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the archive (default: DIR.cpio here)"
    )


def main(arguments):
    setup.ensure()
    output = arguments.output or Path(arguments.folder.resolve().name + ".cpio")
    bundle.pack(arguments.folder, output)
    progress(f"pack: {shown(output)}, {output.stat().st_size >> 10} KiB")
    return 0
