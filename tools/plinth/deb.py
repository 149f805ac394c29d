# SPDX-License-Identifier: Apache-2.0
"""plinth-detect as a Debian package. The same program gives the same bytes."""

import gzip
import os
import re
import shutil
import tempfile
from pathlib import Path

from plinth.command import run
from plinth.paths import BUILD, ROOT

SOURCES = ROOT / "guest" / "detect" / "debian"
MANUAL = "usr/share/man/man1/plinth-detect.1.gz"
COPYRIGHT = "usr/share/doc/plinth-detect/copyright"
EPOCH = "1764547200"  # what dpkg-deb writes as the files' time


def package_path():
    version = re.search(r"^Version: (\S+)$", (SOURCES / "control").read_text(), re.M).group(1)
    return BUILD / f"plinth-detect_{version}_arm64.deb"


def write(program):
    """Packs the program `program`; returns the package's path."""
    output = package_path()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir(mode=0o755)
        put(root / "DEBIAN/control", (SOURCES / "control").read_bytes())
        put(root / "usr/bin/plinth-detect", program.read_bytes(), 0o755)
        run(["aarch64-linux-gnu-strip", root / "usr/bin/plinth-detect"])
        manual = (SOURCES / "plinth-detect.1").read_bytes()
        put(root / MANUAL, gzip.compress(manual, compresslevel=9, mtime=0))
        put(root / COPYRIGHT, (SOURCES / "copyright").read_bytes())
        partial = Path(scratch) / "package.deb"
        environment = dict(os.environ, SOURCE_DATE_EPOCH=EPOCH)
        command = ["dpkg-deb", "--root-owner-group", "--build", root, partial]
        run(command, env=environment)
        shutil.copyfile(partial, output)
    return output


def put(path, data, mode=0o644):
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
