# SPDX-License-Identifier: Apache-2.0
"""Other hypervisors as Debian has them for arm64, for tests that compare: Xen, and QEMU for KVM;
with them two programs that guess at hypervisors. Unpacked under build/, never installed; fetched
when a test first asks for them, not by ./plinth setup."""

import json
import re

from plinth import arm64, cpio
from plinth.command import only_one, progress, run
from plinth.errors import PlinthError
from plinth.initramfs import needed_by
from plinth.paths import CACHE, GUEST

ROOT = GUEST / "peers"
STAMP = CACHE / "peers.json"
PACKAGES = ("qemu-system-arm", "systemd", "virt-what", "xen-hypervisor-4.17-arm64")

XEN = ROOT / "boot" / "xen-4.17-arm64"
QEMU = "usr/bin/qemu-system-aarch64"
DETECT_VIRT = "usr/bin/systemd-detect-virt"
VIRT_WHAT = "usr/sbin/virt-what"
VIRT_WHAT_HELPER = "usr/libexec/virt-what-cpuid-helper"
LIBRARY_FOLDERS = (
    "lib/aarch64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib/aarch64-linux-gnu/pulseaudio",
    "usr/lib/aarch64-linux-gnu/systemd",
    "usr/lib/systemd",
    "lib/systemd",
    "lib",
)


def ensure():
    """Afterwards ROOT holds the packages and all that they depend on."""
    with only_one("optional"):
        if STAMP.exists() and json.loads(STAMP.read_text()) == list(PACKAGES) and ROOT.is_dir():
            return
        progress("fetching Xen and QEMU for arm64")
        environment = arm64.private_apt()
        run(["apt-get", "-qq", "update"], "apt-get update for arm64", env=environment)
        arm64.unpack(ROOT, closure(environment), environment)
        STAMP.write_text(json.dumps(list(PACKAGES)) + "\n")


def closure(environment):
    """The packages with all dependencies: what apt would install on an empty system."""
    command = ["apt-get", "-qq", "--simulate", "--no-install-recommends", "install", *PACKAGES]
    return re.findall(r"^Inst (\S+)", run(command, env=environment), re.M)


def programs(*paths):
    """Entries of an initramfs: these programs of ROOT in bin/, their libraries in lib/."""
    entries = []
    libraries = {}
    for path in paths:
        program = ROOT / path
        entries.append(cpio.file(f"bin/{program.name}", program.read_bytes(), 0o755))
        libraries.update(libraries_of(program))
    for name, path in sorted(libraries.items()):
        entries.append(cpio.file(f"lib/{name}", path.read_bytes(), 0o755))
    return entries


def libraries_of(program):
    found = {}
    ahead = [program]
    while ahead:
        for name in needed_by(ahead.pop()):
            if name not in found:
                found[name] = find_library(name)
                ahead.append(found[name])
    return found


def find_library(name):
    for folder in LIBRARY_FOLDERS:
        path = ROOT / folder / name
        if path.exists():
            return path
    raise PlinthError(f"{name} is in none of the peers' packages")
