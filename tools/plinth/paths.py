# SPDX-License-Identifier: Apache-2.0
"""Where things are. Nothing is written outside BUILD."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CACHE = BUILD / "cache"
SYSROOT = BUILD / "arm64"  # PLINTH_SYSROOT of CMakeLists.txt: libraries and headers for arm64
LOADERS = BUILD / "loaders"  # boot loaders for arm64
GUEST = BUILD / "guest"  # kernels, initramfs, programs for guests
BUNDLES = BUILD / "bundle"
EXAMPLES = ROOT / "examples"
IMAGE = BUILD / "plinth.img"
MPBOOT = BUILD / "mpboot.img"
TEST_LOGS = BUILD / "test-logs"
FUZZ_CORPUS = ROOT / "tests" / "fuzz" / "corpus"


def shown(path):
    """`path` as a message shows it: relative to the project where it lies inside."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
