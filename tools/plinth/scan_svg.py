# SPDX-License-Identifier: Apache-2.0
"""A picture of a guest's address space from a saved listing: the lines that the monitor's `scan`
prints, alone or somewhere in a log of the console."""

import subprocess
from pathlib import Path

from plinth import build, setup
from plinth.command import only_one
from plinth.errors import PlinthError
from plinth.paths import BUILD

HELP = "draw an address space from a listing of `scan`"

PROGRAM = BUILD / "host" / "guest" / "libscan" / "svg" / "scan_svg"


def add_arguments(parser):
    parser.add_argument("listing", metavar="LISTING", type=Path, help="file with the listing")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)


def main(arguments):
    try:
        listing = arguments.listing.read_bytes()
    except OSError as error:
        raise PlinthError(f"scan-svg: {arguments.listing}: {error.strerror}", 2) from None
    setup.ensure()
    with only_one("build"):
        build.build_preset("host", targets=("scan_svg",))
    done = subprocess.run([PROGRAM], input=listing, capture_output=True)
    if done.returncode:
        raise PlinthError(f"scan-svg: {arguments.listing}: {done.stderr.decode().strip()}")
    arguments.output.write_bytes(done.stdout)
    return 0
