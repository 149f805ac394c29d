# SPDX-License-Identifier: Apache-2.0
"""Writing "newc" cpio archives, the format of Linux's initramfs and of Plinth's bundles.

The same entries give the same bytes: no times, no owners, inode numbers by position. File data
can be aligned, counted from the archive's start: a filler file goes before an entry whose data
would lie elsewhere. To any cpio program it is just one more file."""

import stat
from dataclasses import dataclass

HEADER_SIZE = 110
FILLER_PREFIX = ".align-"
TRAILER = "TRAILER!!!"


@dataclass
class Entry:
    """One file, folder, symbolic link or device node."""

    name: str
    mode: int
    data: bytes = b""
    align: int = 4
    device: tuple = (0, 0)


def folder(name, mode=0o755):
    return Entry(name, stat.S_IFDIR | mode)


def file(name, data, mode=0o644, align=4):
    return Entry(name, stat.S_IFREG | mode, data, align)


def symlink(name, target):
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def character_device(name, major, minor, mode=0o600):
    return Entry(name, stat.S_IFCHR | mode, device=(major, minor))


def write(stream, entries):
    """Writes the archive, trailer included, to a binary stream."""
    writer = Writer(stream)
    for entry in entries:
        if entry.align > 4 and entry.data:
            writer.align_data_of(entry)
        writer.put(entry)
    writer.put(Entry(TRAILER, 0))


class Writer:
    def __init__(self, stream):
        self.stream = stream
        self.position = 0
        self.inode = 0

    def put(self, entry):
        name = entry.name.encode() + b"\0"
        is_trailer = entry.name == TRAILER
        self.inode += 1
        fields = (
            0 if is_trailer else self.inode,
            entry.mode,
            0,  # user
            0,  # group
            2 if stat.S_ISDIR(entry.mode) else 1,  # links
            0,  # modification time
            len(entry.data),
            0,  # device the file lies on
            0,
            *entry.device,
            len(name),
            0,  # checksum: not in this variant
        )
        header = "070701" + "".join(f"{field:08X}" for field in fields)
        self.write_padded(header.encode() + name)
        self.write_padded(entry.data)

    def write_padded(self, data):
        padding = -len(data) % 4
        self.stream.write(data)
        self.stream.write(bytes(padding))
        self.position += len(data) + padding

    def align_data_of(self, entry):
        """Puts a filler so that the data of `entry`, put next, lies at its alignment."""
        own_header = data_offset(entry.name)
        if (self.position + own_header) % entry.align == 0:
            return
        name = filler_name(entry.name)
        filler_header = data_offset(name)
        gap = -(self.position + filler_header + own_header) % entry.align
        self.put(file(name, bytes(gap)))


def files(data):
    """(name, data) of the entries of an archive in memory, until one that is none."""
    position = 0
    while data[position : position + 6] == b"070701":
        fields = [int(data[at : at + 8], 16) for at in range(position + 6, position + HEADER_SIZE, 8)]
        size, name_size = fields[6], fields[11]
        name = data[position + HEADER_SIZE : position + HEADER_SIZE + name_size - 1].decode()
        start = position + round_up(HEADER_SIZE + name_size, 4)
        yield name, data[start : start + size]
        position = start + round_up(size, 4)


def unalign(path):
    """Writes the archive at `path` anew, without the fillers that align its data."""
    found = [(name, data) for name, data in files(path.read_bytes()) if FILLER_PREFIX not in name]
    with open(path, "wb") as stream:
        write(stream, [file(name, data) if data else folder(name) for name, data in found[:-1]])


def data_offset(name):
    """From the start of an entry to its data."""
    return round_up(HEADER_SIZE + len(name.encode()) + 1, 4)


def filler_name(name):
    parent, slash, base = name.rpartition("/")
    return f"{parent}{slash}{FILLER_PREFIX}{base}"


def round_up(number, to):
    return -(-number // to) * to
