# SPDX-License-Identifier: Apache-2.0
"""./plinth pack: bundles that any cpio reads, with file data where Plinth can move it."""

import os
import subprocess

import pytest
from harness import vms
from plinth import bundle
from plinth.errors import PlinthError

HEADER_SIZE = 110
BLOCK = 2 << 20
PAGE = 4 << 10
IMAGE = bytes(56) + b"ARM\x64" + bytes(3 * PAGE)


def data_offsets(archive):
    """Name -> (offset, size) of each entry's data, read independently of the writer."""
    found = {}
    position = 0
    while True:
        assert archive[position : position + 6] == b"070701"
        size, name_size = (
            int(archive[position + at : position + at + 8], 16) for at in (54, 94)
        )
        name_at = position + HEADER_SIZE
        name = archive[name_at : name_at + name_size - 1].decode()
        offset = (name_at + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found[name] = (offset, size)
        position = (offset + size + 3) & ~3


def two_vms():
    description = vms.vm_dts(["vcpus = <1>", 'kernel = "odd-name"'])
    return {
        "one": {"vm.dts": description, "odd-name": b"\x7fELF" + bytes(5000), "data": b"d" * 4097},
        "two": {"vm.dts": vms.vm_dts(["vcpus = <1>"]), "vmlinuz": IMAGE, "empty": b""},
    }


def test_data_is_aligned(make_bundle):
    offsets = data_offsets(make_bundle(two_vms()).read_bytes())
    for name in ("one/odd-name", "two/vmlinuz"):
        assert offsets[name][0] % BLOCK == 0, name
    for name in ("one/vm.dtb", "one/data", "two/vm.dtb"):
        assert offsets[name][0] % PAGE == 0, name


@pytest.mark.parametrize("length", [1, 40, 90, 180])
def test_alignment_holds_for_any_name(make_bundle, length):
    name = "n" * length
    offsets = data_offsets(make_bundle({"vm": {"vm.dts": vms.vm_dts([]), name: b"x"}}).read_bytes())
    assert offsets[f"vm/{name}"][0] % PAGE == 0


def test_cpio_lists_and_extracts_it(make_bundle, tmp_path):
    output = tmp_path / "extracted"
    output.mkdir()
    with open(make_bundle(two_vms()), "rb") as archive:
        listed = subprocess.run(
            ["cpio", "-t", "--quiet"], stdin=archive, capture_output=True, text=True, check=True
        )
        archive.seek(0)
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=archive, cwd=output, check=True)
    assert not listed.stderr
    names = {line for line in listed.stdout.split() if "/.align-" not in line}
    assert names == {
        "one", "one/vm.dtb", "one/odd-name", "one/data",
        "two", "two/vm.dtb", "two/vmlinuz", "two/empty",
    }  # fmt: skip
    assert (output / "one/data").read_bytes() == b"d" * 4097
    assert (output / "two/vmlinuz").read_bytes() == IMAGE
    assert (output / "two/vm.dtb").read_bytes().startswith(b"\xd0\x0d\xfe\xed")


def test_same_input_gives_same_bytes(make_bundle, tmp_path):
    first = make_bundle(two_vms(), "first").read_bytes()
    os.utime(tmp_path / "first/vms/one/data", (1, 1))
    bundle.pack(tmp_path / "first/vms", tmp_path / "again.cpio")
    assert (tmp_path / "again.cpio").read_bytes() == first


def test_one_vm_folder_is_a_bundle_of_one(tmp_path):
    vms.write_folder(tmp_path, two_vms())
    bundle.pack(tmp_path / "two", tmp_path / "two.cpio")
    assert "two/vm.dtb" in data_offsets((tmp_path / "two.cpio").read_bytes())


def test_bootargs_are_extended(tmp_path):
    description = vms.vm_dts(['bootargs = "first"'])
    vms.write_folder(tmp_path, {"vm": {"vm.dts": description}})
    bundle.pack(tmp_path / "vm", tmp_path / "vm.cpio", "second")
    assert b"first second\0" in (tmp_path / "vm.cpio").read_bytes()


def test_broken_vm_dts_names_the_place(make_bundle):
    with pytest.raises(PlinthError, match=r"one/vm\.dts(.|\n)*2\.1"):
        make_bundle({"one": {"vm.dts": "/dts-v1/;\nnonsense"}})


def test_folder_without_vm_is_refused(tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(PlinthError, match="no VM in it"):
        bundle.pack(tmp_path, tmp_path / "x.cpio")


def test_missing_file_names_the_link(make_bundle, tmp_path):
    with pytest.raises(PlinthError, match="vmlinuz: links to .*which is not there"):
        make_bundle({"one": {"vm.dts": vms.vm_dts([]), "vmlinuz": tmp_path / "gone"}})
