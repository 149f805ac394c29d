# SPDX-License-Identifier: Apache-2.0
"""Removes what the build made; downloaded packages stay unless --all is given."""

import shutil

from plinth.command import progress
from plinth.paths import BUILD, CACHE, GUEST, SYSROOT

HELP = "remove what the build made"


def add_arguments(parser):
    parser.add_argument("--all", action="store_true", help="remove downloaded packages as well")


def main(arguments):
    if not BUILD.is_dir():
        return 0
    kept = set() if arguments.all else {CACHE, GUEST, SYSROOT}
    for path in sorted(BUILD.iterdir()):
        if path in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    progress("clean: removed all of build/" + ("" if arguments.all else " but the packages"))
    return 0
