# SPDX-License-Identifier: Apache-2.0
"""An EFI system partition as a folder: QEMU shows it to the firmware as a FAT volume."""

import shutil
import subprocess
from pathlib import PurePosixPath

from plinth.command import run
from plinth.errors import PlinthError

DEFAULT = "EFI/BOOT/BOOTAA64.EFI"  # what a firmware starts that knows no boot entry
PROGRAM = "plinth/plinth.efi"
BUNDLE = "plinth/bundle.cpio"

ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
SECTOR = 512
ESP_START = 1 << 20  # bytes: where partitioning tools begin


def make(folder, image, bundle=None, append=""):
    """A fresh partition in `folder`: `image`, started with the load options `append`. A default
    program gets none, so options go through the UEFI shell, which the firmware comes to last."""
    shutil.rmtree(folder, ignore_errors=True)
    program = PROGRAM if append else DEFAULT
    link(folder / program, image)
    if bundle:
        link(folder / BUNDLE, bundle)
    if append:
        path = program.replace("/", "\\")
        (folder / "startup.nsh").write_text(f"FS0:\\{path} {append}\r\n")
    return folder


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target.resolve())


def make_with_loader(folder, loader, files, links):
    """A partition that starts a boot loader, with its own `files` {path: text} and `links` {path:
    what it starts}."""
    shutil.rmtree(folder, ignore_errors=True)
    link(folder / DEFAULT, loader)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for path, target in links.items():
        link(folder / path, target)
    return folder


def write_disk(path, files, size, fat_bits=32):
    """A disk of `size` bytes with a GPT and one EFI system partition, FAT with `fat_bits`, with
    `files` {name in it: path}: made by Debian's own tools."""
    count = (size - 2 * ESP_START) // SECTOR
    path.unlink(missing_ok=True)
    with open(path, "wb") as stream:
        stream.truncate(size)
    script = f"label: gpt\nstart={ESP_START // SECTOR}, size={count}, type={ESP_TYPE}\n"
    done = subprocess.run(
        ["/usr/sbin/sfdisk", "-q", path], input=script, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise PlinthError(f"sfdisk {path}: {done.stdout}{done.stderr}")
    fat = ["-F", fat_bits, "-n", "ESP", f"--offset={ESP_START // SECTOR}", path, count // 2]
    run(["/usr/sbin/mkfs.vfat", *fat])
    volume = f"{path}@@{ESP_START}"
    for folder in folders_of(files):
        run(["mmd", "-i", volume, f"::{folder}"])
    for name, source in files.items():
        run(["mcopy", "-i", volume, source, f"::{name}"])
    return path


def folders_of(files):
    """All folders above the names, each before what is in it."""
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    return sorted(folders - {"."})
