# SPDX-License-Identifier: Apache-2.0
"""Pieces that a few tests alone want, fetched by the test that asks first, kept under build/ and
never installed. Each function gives the path, or PlinthError where Debian does not have it."""

import os
import re
import shutil
import subprocess

from plinth.arm64 import DEBS, GUEST_ROOT, private_apt, taken, unpack
from plinth.command import only_one, progress, run
from plinth.errors import PlinthError
from plinth.paths import BUILD, CACHE, GUEST, ROOT

OPTIONAL = BUILD / "optional"

# QEMU from 8 on has MDSCR_EL1.TDCC, which Debian 12's own has not.
QEMU_FOLDER = OPTIONAL / "qemu"
QEMU_PACKAGES = ("qemu-system-arm", "qemu-system-common", "qemu-system-data")
BACKPORTS = "bookworm-backports"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCES = f"deb [signed-by={KEYRING}] http://deb.debian.org/debian {BACKPORTS} main\n"

# It takes its modules and ROMs from its own folder instead of the machine's.
QEMU_SCRIPT = """\
#!/bin/sh
QEMU_MODULE_DIR={modules} exec {root}/usr/bin/qemu-system-aarch64 -L {root}/usr/share/qemu "$@"
"""

# Linux's balloon driver, for the kernel that the test's guests run.
DRIVER_FOLDER = OPTIONAL / "balloon"
DRIVER = DRIVER_FOLDER / "vmware_balloon.ko"
DRIVER_SOURCES = ROOT / "tests" / "guest" / "vmw_balloon"
DRIVER_IN_LINUX = "drivers/misc/vmw_balloon.c"
CALL = ROOT / "guest" / "libplinth" / "src" / "call_aarch64.S"
INL = re.compile(r'asm volatile \("inl %%dx" :.*?"memory"\);', re.S)

# Debian's crash reads dumps of machines like its own, so it is arm64's, by QEMU's user-mode emulation.
CRASH_FOLDER = OPTIONAL / "crash"
CRASH_PACKAGES = (
    "crash",
    "libc6",
    "libgcc-s1",
    "liblzo2-2",
    "libncursesw6",
    "libsnappy1v5",
    "libstdc++6",
    "libtinfo6",
    "libzstd1",
    "zlib1g",
)
EMULATOR = "qemu-user-static"
EMULATOR_PROGRAM = "usr/bin/qemu-aarch64-static"
DEBUG_FOLDER = OPTIONAL / "debug"


def qemu_with_tdcc():
    """The program of a newer QEMU; PLINTH_QEMU_TDCC names another one."""
    if "PLINTH_QEMU_TDCC" in os.environ:
        return os.environ["PLINTH_QEMU_TDCC"]
    script = QEMU_FOLDER / "qemu-system-aarch64"
    with only_one("optional"):
        if not script.exists():
            progress(f"fetching QEMU from {BACKPORTS}")
            root = QEMU_FOLDER / "root"
            fetch_for_host(root, [f"{name}/{BACKPORTS}" for name in QEMU_PACKAGES], SOURCES)
            modules = next(root.glob("usr/lib/*/qemu"))
            partial = QEMU_FOLDER / "script.new"
            partial.write_text(QEMU_SCRIPT.format(root=root, modules=modules))
            partial.chmod(0o755)
            run([partial, "--version"])  # the machine has the libraries
            partial.rename(script)
    return str(script)


def fetch_for_host(folder, names, sources):
    """Packages of this machine's own architecture; `sources` beside the machine's own."""
    apt = CACHE / "apt-host"
    parts = apt / "sources.list"
    apt.mkdir(parents=True, exist_ok=True)
    parts.write_text(sources)
    architecture = run(["dpkg", "--print-architecture"]).strip()
    environment = private_apt(apt, architecture, f'Dir::Etc::sourcelist "{parts}";\n')
    run(["apt-get", "-qq", "update"], "apt-get update for optional pieces", env=environment)
    unpack(folder, names, environment)


def balloon_driver():
    """vmware_balloon.ko for the kernel of build/guest/root."""
    kernel = guest_kernel()
    stamp = DRIVER_FOLDER / "kernel"
    with only_one("optional"):
        if not DRIVER.exists() or not stamp.exists() or stamp.read_text() != kernel[1]:
            progress("building Linux's balloon driver")
            build_driver(*kernel)
            stamp.write_text(kernel[1])
    return DRIVER


def crash():
    """The command, as a list, that runs Debian's crash for arm64."""
    root, host = CRASH_FOLDER / "root", CRASH_FOLDER / "host"
    command = [str(host / EMULATOR_PROGRAM), "-L", str(root), str(root / "usr/bin/crash")]
    with only_one("optional"):
        if not root.exists() or not host.exists():
            progress("fetching crash for arm64")
            environment = private_apt()
            run(["apt-get", "-qq", "update"], "apt-get update for arm64", env=environment)
            unpack(root, CRASH_PACKAGES, environment)
            fetch_for_host(host, [EMULATOR], "")
    return command


def debug_kernel():
    """vmlinux with debug data of the kernel of build/guest/root: some 300 MiB out of a package of
    800, which does not stay."""
    abi, version = guest_kernel()
    package = f"linux-image-{abi}-arm64-dbg"
    kernel = DEBUG_FOLDER / f"vmlinux-{version}"
    with only_one("optional"):
        if not kernel.exists():
            progress(f"fetching {package}")
            shutil.rmtree(DEBUG_FOLDER, ignore_errors=True)
            DEBUG_FOLDER.mkdir(parents=True)
            extract_kernel(package, version, f"vmlinux-{abi}-arm64", kernel)
    return kernel


def extract_kernel(package, version, name, kernel):
    environment = private_apt()
    partial = kernel.with_name(kernel.name + ".new")
    run(["apt-get", "-qq", "update"], "apt-get update for arm64", env=environment)
    run(["apt-get", "-qq", "download", f"{package}={version}"], env=environment, cwd=DEBUG_FOLDER)
    (deb,) = DEBUG_FOLDER.glob(f"{package}_*.deb")
    pipe = f"dpkg --fsys-tarfile {deb} | tar xO --occurrence=1 ./usr/lib/debug/boot/{name}"
    with open(partial, "wb") as file:
        # dpkg dies of the pipe when tar has what it wants.
        done = subprocess.run(
            ["sh", "-c", pipe], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL
        )
    deb.unlink()
    if done.returncode != 0 or partial.stat().st_size == 0:
        raise PlinthError(f"{package}: {name} is not in it")
    partial.rename(kernel)


def guest_kernel():
    """The ABI's name and the version of the guests' kernel: "6.1.0-56", "6.1.192-2"."""
    files = taken()[str(GUEST_ROOT.relative_to(BUILD))]
    found = (re.match(r"linux-image-(\S+)-arm64_([^_]+)_arm64.deb", file) for file in files)
    return next(match for match in found if match).groups()


def build_driver(abi, version):
    series = ".".join(abi.split(".")[:2])
    headers = DRIVER_FOLDER / "headers"
    common, arm64 = (f"linux-headers-{abi}-{flavour}" for flavour in ("common", "arm64"))
    source = f"linux-source-{series}"
    names = [f"{name}={version}" for name in (common, arm64)]
    shutil.rmtree(DRIVER_FOLDER, ignore_errors=True)
    unpack(headers, names, private_apt())
    fetch_for_host(DRIVER_FOLDER / "kbuild", [f"linux-kbuild-{series}"], "")
    shutil.copytree(DRIVER_FOLDER / "kbuild", headers, symlinks=True, dirs_exist_ok=True)
    module = DRIVER_FOLDER / "module"
    shutil.copytree(DRIVER_SOURCES, module)
    shutil.copy(CALL, module)
    (module / "vmw_balloon.c").write_text(driver_source(source, version))
    makefile = headers / "usr/src" / arm64 / "Makefile"
    makefile.write_text(f"include {headers}/usr/src/{common}/Makefile\n")
    run(
        ["make", "-C", makefile.parent, f"M={module}", "ARCH=arm64", "modules"]
        + ["DEB_BUILD_ARCH=host", "DEB_HOST_ARCH=arm64", "DEB_HOST_GNU_TYPE=aarch64-linux-gnu"],
        "the balloon driver",
    )
    shutil.copy(module / DRIVER.name, DRIVER)


def driver_source(package, version):
    """The driver as Debian's Linux has it, but for its one instruction of x86."""
    environment = private_apt()
    run(["apt-get", "-qq", "download", f"{package}={version}"], env=environment, cwd=DEBS)
    (deb,) = DEBS.glob(f"{package}_{version}_all.deb")
    name = f"{package}/{DRIVER_IN_LINUX}"
    pipe = f"dpkg --fsys-tarfile {deb} | tar xO ./usr/src/{package}.tar.xz"
    pipe += f" | tar xJO --occurrence=1 {name}"
    done = subprocess.run(["sh", "-c", pipe], stdin=subprocess.DEVNULL, capture_output=True)
    deb.unlink()
    text, count = INL.subn("BALLOON_INL();", done.stdout.decode())
    if count != 1:
        raise PlinthError(f"{name}: not the driver that was expected")
    return text
