#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""seal.py FILE: the file's last word becomes the CRC-32 of all before it, by which a running Plinth
knows that it has the whole image (handoff_check_image())."""

import sys
import zlib
from pathlib import Path

SEAL_SIZE = 4


def sealed(image):
    """The same bytes with the seal that they should have."""
    body = image[:-SEAL_SIZE]
    return body + zlib.crc32(body).to_bytes(SEAL_SIZE, "little")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_bytes(sealed(path.read_bytes()))
