# SPDX-License-Identifier: Apache-2.0
"""Boots Plinth with VMs in QEMU: an example by name (see examples/), a folder of VMs, or a packed
bundle. The console is this terminal; Ctrl-A X ends QEMU. A folder with next/kernel, such as the
example mpboot, is booted through mpboot.img; what is packed, with --mpboot. A bundle in which a VM has devices
assigned gets a virtio disk, build/disk.img, which is made once and stays, and a network card.
Exits with N of Plinth's last line, "plinth: exit N (reason)"; 70 where that line is missing,
124 after --timeout. With mpboot.img, whose kernel prints what it likes: with 0. docs/monitor.md
lists them."""

import re
import subprocess
import sys
import threading
from pathlib import Path

from plinth import build, bundle, devices, esp, qemu, setup
from plinth.command import progress
from plinth.errors import PlinthError
from plinth.paths import BUILD, BUNDLES, EXAMPLES, IMAGE, MPBOOT, shown

HELP = "boot Plinth in QEMU with an example, a folder of VMs or a bundle"

DEFAULT_EXAMPLE = "default"
MPBOOT_EXAMPLE = "mpboot"
MPBOOT_BOOTARGS = "console=ttyAMA0"
EXIT_NO_LINE = 70
EXIT_TIMEOUT = 124
EXIT_LINE = re.compile(rb"^plinth: exit (\d+) \((.*)\)\s*$", re.MULTILINE)
TAIL_SIZE = 4096
HEADLESS_BOOTARGS = "plinth.action=poweroff"


def add_arguments(parser):
    board = qemu.Board()
    parser.add_argument("what", nargs="?", metavar="EXAMPLE|DIR|BUNDLE.cpio")
    parser.add_argument("--cpus", type=int, default=board.cpus, metavar="N")
    parser.add_argument("--memory", type=int, default=board.memory_mib, metavar="MIB")
    parser.add_argument("--gic", type=int, default=board.gic, choices=qemu.GIC_VERSIONS)
    parser.add_argument("--cpu", default=board.cpu, metavar="MODEL", help="QEMU's name of the CPU")
    parser.add_argument("--host", choices=("fdt", "uefi"), default="fdt", help="host firmware")
    parser.add_argument("--headless", action="store_true", help="no input; guests power off")
    parser.add_argument("--gdb", action="store_true", help=f"wait for gdb on :{qemu.GDB_PORT}")
    parser.add_argument("--icount", action="store_true", help="one instruction is one nanosecond")
    parser.add_argument("--append", default="", metavar="TEXT", help="Plinth's own command line")
    parser.add_argument("--mpboot", action="store_true", help="start next/kernel of the bundle")
    parser.add_argument("--timeout", type=float, metavar="S", help="end QEMU after S seconds")


def main(arguments):
    board = qemu.Board(
        cpus=arguments.cpus,
        memory_mib=arguments.memory,
        gic=arguments.gic,
        cpu=arguments.cpu,
        icount=arguments.icount,
        gdb=arguments.gdb,
    )
    board.check()
    source = find(arguments.what or (MPBOOT_EXAMPLE if arguments.mpboot else DEFAULT_EXAMPLE))
    mpboot = arguments.mpboot or bundle.is_for_mpboot(source)
    image = MPBOOT if mpboot else IMAGE
    append = arguments.append or (MPBOOT_BOOTARGS if mpboot else "")
    setup.ensure()
    build.build(("gcc", "guest"))
    if not image.exists():
        raise PlinthError(f"the build made no {shown(image)}")
    initrd = bundle_of(source, arguments.headless)
    held = None  # the disk, until QEMU has ended
    if not mpboot and devices.are_assigned(initrd):
        held = devices.Devices()
        board.extra = held.options()
        board.acpi = False  # their description is to be a devicetree's
    if arguments.host == "uefi":
        board.firmware = qemu.AAVMF
        board.esp = esp.make(BUILD / "esp", image, initrd, append)
    command = qemu.command(board, image, initrd, append)
    if arguments.gdb:
        progress(f"waiting: gdb-multiarch -ex 'target remote :{qemu.GDB_PORT}'")
    try:
        return boot(command, arguments.headless, arguments.timeout, 0 if mpboot else None)
    finally:
        if held:
            held.close()


def find(what):
    """The folder or file that the user named."""
    for path in (Path(what), EXAMPLES / what):
        if path.exists():
            return path
    examples = ", ".join(sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
    raise PlinthError(f"run: no folder, bundle or example {what!r} (examples: {examples})", 2)


def bundle_of(source, headless):
    if source.is_file():
        if headless:
            progress(f"{shown(source)} is packed: its guests' bootargs stay as they are")
        return source
    suffix = "-headless" if headless else ""
    output = BUNDLES / f"{source.resolve().name}{suffix}.cpio"
    if build.is_stale(output, source):
        bundle.pack(source, output, HEADLESS_BOOTARGS if headless else "")
    return output


def boot(command, headless, timeout, without_line=None):
    """Runs QEMU with its console on this terminal; returns what ./plinth run exits with:
    `without_line`, where it is given and there is no exit line."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL if headless else None, stdout=subprocess.PIPE
    )
    timed_out = threading.Event()

    def give_up():
        timed_out.set()
        process.terminate()

    timer = threading.Timer(timeout, give_up) if timeout else None
    if timer:
        timer.start()
    try:
        tail = copy_console(process.stdout)
        process.wait()
    finally:
        if timer:
            timer.cancel()
        end(process)
    if timed_out.is_set():
        raise PlinthError(f"no end after {timeout:g} s", EXIT_TIMEOUT)
    return exit_code(tail, without_line)


def end(process):
    """By SIGTERM first: QEMU then gives the terminal its settings back."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def copy_console(stream):
    """Copies the console to stdout as it comes; returns its last few KiB."""
    tail = b""
    while chunk := stream.read1(TAIL_SIZE):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        tail = (tail + chunk)[-TAIL_SIZE:]
    return tail


def exit_code(console, without_line=None):
    """N of the last exit line; where there is none, `without_line`, or a complaint."""
    lines = EXIT_LINE.findall(console.replace(b"\r", b""))
    if not lines and without_line is not None:
        return without_line
    if not lines:
        progress("QEMU ended without Plinth's line 'plinth: exit N (reason)'")
        return EXIT_NO_LINE
    return int(lines[-1][0])
