# SPDX-License-Identifier: Apache-2.0
"""A fresh Debian 12, nothing installed beside its base system, and a fresh clone in it: the
README's commands set up all they need, and the second time they find it there. Root, mmdebstrap
and a network are needed, with 5 GB of disk."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from plinth.paths import BUILD, ROOT

FRESH = BUILD / "fresh"
RELEASE = "bookworm"
# Debian's own archive in one of apt's source files, not somebody else's packages for Debian.
DEBIANS_ARCHIVE = re.compile(rf"(?<![-\w]){RELEASE}(?![-\w])(.|\n)*(?<![-\w])main(?![-\w])")

# Own mounts and processes: whatever happens in there ends with the command.
ENTER = """
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount -t sysfs -o ro sysfs "$0/sys"
mount --rbind /dev "$0/dev"
cp /etc/resolv.conf "$0/etc/resolv.conf"
exec chroot "$0" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("fresh"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not shutil.which("mmdebstrap"), reason="needs mmdebstrap"),
]


def sources():
    """The machine's own files of apt that name Debian's archive."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    files = [path for path in files if path.exists()]
    return [path for path in files if DEBIANS_ARCHIVE.search(path.read_text())]


def proxies():
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    return re.findall(r"^Acquire::\w+::proxy .*", dump.stdout, re.M | re.I)


@pytest.fixture(scope="module")
def fresh():
    """fresh("run") -> the finished ./plinth run in a clone on the fresh machine."""
    shutil.rmtree(FRESH, ignore_errors=True)
    options = [f"--aptopt={line}" for line in proxies()]
    subprocess.run(
        ["mmdebstrap", "-q", "--variant=minbase", *options, RELEASE, FRESH, *sources()], check=True
    )
    clone = FRESH / "root" / "plinth"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, clone], check=True)

    def plinth(*arguments):
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
            + ["bash", "-ec", ENTER, FRESH, "/root/plinth/plinth", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    yield plinth
    shutil.rmtree(FRESH)


def steps(output):
    """What ./plinth says itself, without what Plinth and its guests do."""
    return re.findall(r"^plinth: ((?:installing|fetching|building|build) .*)$", output, re.M)


def test_run_sets_up_what_it_needs(fresh):
    first = fresh("run", "--headless")
    assert first.returncode == 0, first.stdout
    assert [step.split()[0] for step in steps(first.stdout)] == [
        "installing",  # python3, by the front script
        "installing",
        "fetching",
        "building",
        "build",
    ]
    second = fresh("run", "--headless")
    assert second.returncode == 0, second.stdout
    assert steps(second.stdout) == []


def test_unit_tests_pass(fresh):
    done = fresh("test", "unit")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d{3,} passed, 0 failed$", done.stdout, re.M), done.stdout
