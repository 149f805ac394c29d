# SPDX-License-Identifier: Apache-2.0
"""An EFI system partition as a folder: QEMU shows it to the firmware as a FAT volume."""

import shutil

DEFAULT = "EFI/BOOT/BOOTAA64.EFI"  # what a firmware starts that knows no boot entry
PROGRAM = "plinth/plinth.efi"
BUNDLE = "plinth/bundle.cpio"


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
