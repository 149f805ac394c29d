# SPDX-License-Identifier: Apache-2.0
"""Builds Plinth and what its examples need, under build/:
  gcc      the images, by aarch64-linux-gnu-gcc: plinth.img and the programs for guests, and
           plinth-detect as a Debian package
  clang    the same by clang, as a check
  host     the unit tests
  guest    guest/vmlinuz and guest/initrd*.gz from Debian's packages
  bundles  bundle/*.cpio from examples/
Without a name: gcc, guest, bundles."""

import shutil
import time
from pathlib import Path

from plinth import bundle, deb, debian, initramfs, setup
from plinth.arm64 import GUEST_ROOT, STAMP
from plinth.command import only_one, progress, run
from plinth.errors import PlinthError
from plinth.paths import BUILD, BUNDLES, EXAMPLES, GUEST, ROOT, shown

HELP = "build the images and the examples' bundles"

PRESETS = ("gcc", "clang", "host")
DEFAULT = ("gcc", "guest", "bundles")
NAMES = (*PRESETS, "guest", "bundles", "all")

NOTHING_TO_DO = "ninja: no work to do."

# What leaves the gcc build: name in its build folder (anywhere below it) -> name under build/.
OUTPUTS = {
    "plinth.img": "plinth.img",
    "mpboot.img": "mpboot.img",
    "plinth-fw.bin": "guest/plinth-fw.bin",
    "plinthctl": "guest/plinthctl",
    "plinth-detect": "guest/plinth-detect",
    "bench-init": "guest/bench-init",
    "bench-work": "guest/bench-work",
    "jit-stress": "guest/jit-stress",
    "kvm-run": "guest/kvm-run",
    "plinth-hostile": "guest/plinth-hostile",
}

PAYLOAD_SUFFIXES = (".img", ".elf", ".efi")  # bare test guests, in payload/ of the build folder


def add_arguments(parser):
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(NAMES))
    parser.add_argument("-v", "--verbose", action="store_true", help="show the commands")


def main(arguments):
    unknown = [name for name in arguments.what if name not in NAMES]
    if unknown:
        raise PlinthError(f"build: no such thing: {', '.join(unknown)} (one of {NAMES})", 2)
    names = arguments.what or DEFAULT
    if "all" in names:
        names = (*PRESETS, "guest", "bundles")
    setup.ensure()
    build(names, arguments.verbose)
    return 0


def build(names=DEFAULT, verbose=False):
    """Builds each of `names`; PlinthError with the compiler's output at the first failure."""
    with only_one("build"):
        for name in names:
            if name == "guest":
                build_guest()
            elif name == "bundles":
                build_bundles()
            else:
                build_preset(name, verbose)


def build_preset(name, verbose=False, targets=()):
    """One CMake preset of CMakePresets.json in build/NAME. CMake runs only where it has to, and
    nothing is printed where nothing was to be done."""
    folder = BUILD / name
    start = time.monotonic()
    configure(name, verbose)
    try:
        output = run(["ninja", "--quiet", "-C", folder, *targets], f"ninja ({name})", verbose)
    except PlinthError as error:
        raise PlinthError(str(error) if verbose else without_commands(str(error))) from None
    if NOTHING_TO_DO not in output:
        progress(f"build {name}: {time.monotonic() - start:.1f} s")
    if name == "gcc":
        collect(folder)


def configure(name, verbose=False):
    """CMake for a preset where it has not run, or not since its files changed."""
    configured = BUILD / name / "build.ninja"
    if not configured.exists():
        progress(f"building {name}")
    if not configured.exists() or is_newer(ROOT / "CMakePresets.json", configured):
        run(["cmake", "--preset", name], f"cmake ({name})", verbose, cwd=ROOT)
    else:
        run(["ninja", "--quiet", "-C", BUILD / name, "build.ninja"], f"cmake ({name})", verbose)


def without_commands(output):
    """Ninja's output without the command lines that follow "FAILED:" and CMake's progress."""
    lines = output.splitlines()
    return "\n".join(
        line
        for before, line in zip(["", *lines], lines)
        if not before.startswith("FAILED: ") and not line.startswith("-- ")
    )


def is_newer(path, than):
    return path.stat().st_mtime > than.stat().st_mtime


def collect(folder):
    """Copies what the build made to its place under build/; what is no longer made goes."""
    for made, name in OUTPUTS.items():
        target = BUILD / name
        found = [path for path in folder.rglob(made) if path.is_file()]
        if len(found) > 1:
            raise PlinthError(f"{made} is built twice: {', '.join(map(shown, found))}")
        if found:
            copy_newer(found[0], target)
        else:
            target.unlink(missing_ok=True)
    program = GUEST / "plinth-detect"
    if program.exists() and not is_current(deb.package_path(), program):
        deb.write(program)
    for path in sorted((folder / "payload").glob("*")):
        if path.suffix in PAYLOAD_SUFFIXES:
            copy_newer(path, BUILD / "payload" / path.name)


def is_current(package, program):
    """Whether the package is newer than the program and what else is in it."""
    parts = [program, *deb.SOURCES.iterdir()]
    return package.exists() and not any(is_newer(part, package) for part in parts)


def copy_newer(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or is_newer(source, target):
        shutil.copy2(source, target)


def build_guest():
    kernels = sorted(GUEST_ROOT.glob("boot/vmlinuz-*"))
    if len(kernels) != 1:
        raise PlinthError(f"{shown(GUEST_ROOT)}/boot: expected one kernel, found {len(kernels)}")
    copy_newer(kernels[0], GUEST / "vmlinuz")
    initramfs.write(GUEST / "initrd.gz")
    initramfs.write(GUEST / "initrd-vmware.gz", with_vmware=True)
    modules = initramfs.DEVICE_MODULES
    initramfs.write_control(GUEST / "initrd-control.gz", modules=modules)
    initramfs.write_control(GUEST / "initrd-hostile.gz", extra=("plinth-hostile",))
    build_debian(GUEST / "initrd-debian.cpio")


def build_debian(output):
    """It takes seconds, so only where something that is in it has changed."""
    own = [Path(debian.__file__), Path(initramfs.__file__), *initramfs.SOURCES.rglob("*")]
    if not output.exists() or any(is_newer(path, output) for path in [STAMP, *own]):
        initramfs.write_debian(output)
        progress(f"packed {shown(output)}")


def build_bundles():
    for example in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        output = BUNDLES / f"{example.name}.cpio"
        if is_stale(output, example):
            bundle.pack(example, output)
            progress(f"packed {shown(output)}")


def is_stale(output, folder):
    """Whether a file of `folder` is newer than the bundle; links count by what they point at."""
    if not output.exists():
        return True
    paths = [folder, *folder.rglob("*")]
    return any(not path.exists() or is_newer(path, output) for path in paths)
