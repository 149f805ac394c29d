# SPDX-License-Identifier: Apache-2.0
"""The image as an EFI application: AAVMF (EDK II) and U-Boot judge it and start it."""

import struct

import pefile
import pytest
from harness.vms import MIB, debian, memory_property, report_of, vm_dts
from plinth import esp, qemu
from plinth.paths import BUILD, IMAGE

BOOT_TEST = BUILD / "gcc" / "boot_test.img"
MPBOOT = BUILD / "mpboot.img"
PAGE = 4096
EXECUTE, READ, WRITE = 0x20000000, 0x40000000, 0x80000000  # of a section's characteristics
NX_COMPAT = 0x100

FIRMWARE = {"aavmf": qemu.AAVMF, "u-boot": qemu.U_BOOT}


@pytest.fixture
def one_vm(make_bundle):
    properties = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "flat"']
    return make_bundle({"one": {"vm.dts": vm_dts(properties), "flat": bytes(PAGE)}})


@pytest.fixture
def start_efi(start, tmp_path):
    """start_efi(firmware, image, bundle, options="", **board) -> Machine."""

    def boot(firmware, image, bundle=None, options="", **board):
        partition = esp.make(tmp_path / "esp", image, bundle, options)
        return start(None, firmware=FIRMWARE[firmware], esp=partition, **board)

    return boot


@pytest.mark.parametrize("image", [IMAGE, BOOT_TEST, MPBOOT], ids=lambda path: path.name)
def test_one_file_is_a_sound_pe_image_and_an_image(image):
    data = image.read_bytes()
    pe = pefile.PE(data=data)
    assert pe.get_warnings() == []
    assert pe.FILE_HEADER.Machine == pefile.MACHINE_TYPE["IMAGE_FILE_MACHINE_ARM64"]
    header = pe.OPTIONAL_HEADER
    assert header.Subsystem == pefile.SUBSYSTEM_TYPE["IMAGE_SUBSYSTEM_EFI_APPLICATION"]
    assert header.DllCharacteristics & NX_COMPAT
    text, data_section = pe.sections
    permissions = EXECUTE | READ | WRITE
    assert text.Characteristics & permissions == READ | EXECUTE
    assert data_section.Characteristics & permissions == READ | WRITE
    assert text.contains_rva(header.AddressOfEntryPoint)
    for section in pe.sections:
        # An arm64 Image is in memory as it is in the file.
        assert section.VirtualAddress == section.PointerToRawData
        assert section.VirtualAddress % PAGE == 0
    assert text.VirtualAddress + text.Misc_VirtualSize == data_section.VirtualAddress
    assert data_section.PointerToRawData + data_section.SizeOfRawData == len(data)
    assert data_section.VirtualAddress + data_section.Misc_VirtualSize == header.SizeOfImage
    image_size, magic = struct.unpack_from("<16xQ32xI", data)[0], data[56:60]
    assert magic == b"ARM\x64"
    assert image_size == header.SizeOfImage


def test_two_debian_guests_from_aavmf_with_acpi_alone(start_efi, make_bundle):
    guests = {name: debian(name, vcpus=2, memory=192 * MIB) for name in ("debian1", "debian2")}
    machine = start_efi("aavmf", IMAGE, make_bundle(guests))
    machine.expect(r"plinth: started by UEFI with ACPI: 2 CPUs, GICv3", timeout=120)
    machine.expect(r"plinth: 2 of 2 CPUs, GICv3, PSCI 1.1")
    machine.expect_all([report_of(name, 2) for name in guests], timeout=180)
    assert machine.expect_exit(0, timeout=120) == "all VMs are off"


def check_contract(machine, cpus, gic, memory_mib):
    """The test core's checks all hold, and what it was told of the machine is right."""
    assert machine.expect_exit(0, timeout=120) == "test core"
    text = machine.console.transcript
    assert "CHECK" not in text
    assert f"plinth: {cpus} of {cpus} CPUs, GICv{gic}, PSCI 1.1, {memory_mib} MiB of RAM" in text
    assert text.count(" called") == cpus - 1
    assert " reserved\n" in text  # runtime services
    assert "plinth: vm one: 1 vCPUs, 16 MiB" in text
    return text


def test_u_boot_with_a_devicetree(start_efi, one_vm):
    machine = start_efi("u-boot", BOOT_TEST, one_vm, memory_mib=1024)
    text = check_contract(machine, 2, 3, 1024)
    assert "started by UEFI with a devicetree" in text


@pytest.mark.long
@pytest.mark.parametrize(
    "board",
    [
        {"cpus": 1, "gic": 2},
        {"cpus": 8, "gic": 2, "acpi": False},
        {"cpus": 8, "cpu": "max"},
        {"cpus": 64, "cpu": "max"},
        {"cpus": 4, "acpi": False},
    ],
    ids=lambda board: "-".join(f"{name}{value}" for name, value in board.items()),
)
def test_boards_from_aavmf(start_efi, one_vm, board):
    machine = start_efi("aavmf", BOOT_TEST, one_vm, memory_mib=1024, **board)
    text = check_contract(machine, board["cpus"], board.get("gic", 3), 1024)
    tables = "ACPI" if board.get("acpi", True) else "a devicetree"
    assert f"started by UEFI with {tables}: {board['cpus']} CPUs" in text


@pytest.mark.long
def test_load_options(start_efi, one_vm):
    """Options come from the shell; the bundle by a name of its own."""
    options = "log=debug bundle=/plinth/bundle.cpio last"
    machine = start_efi("aavmf", BOOT_TEST, one_vm, options, memory_mib=1024)
    text = check_contract(machine, 2, 3, 1024)
    assert 'plinth.efi log=debug last"' in text


@pytest.mark.parametrize(
    "firmware", ["u-boot", pytest.param("aavmf", marks=pytest.mark.long)]
)
def test_without_el2_the_firmware_goes_on(start_efi, one_vm, firmware):
    machine = start_efi(firmware, IMAGE, one_vm, el2=False)
    machine.expect(r"^plinth: no EL2: entered at EL1, where no hypervisor can run", timeout=120)
    if firmware == "u-boot":
        machine.expect(r"Application failed, r = 3\b", timeout=60)  # EFI_UNSUPPORTED
    else:
        machine.expect(r"BdsDxe: failed to start .*: Unsupported", timeout=60)


def test_without_a_bundle_the_firmware_goes_on(start_efi):
    machine = start_efi("u-boot", IMAGE)
    machine.expect(r"^plinth: no bundle of VMs: put it at \\plinth\\bundle\.cpio", timeout=120)
    machine.expect(r"Application failed, r = 14\b", timeout=60)  # EFI_NOT_FOUND


def test_a_bundle_that_cannot_be_one(start_efi, tmp_path):
    empty = tmp_path / "empty.cpio"
    empty.touch()
    machine = start_efi("u-boot", IMAGE, empty)
    machine.expect(r"^plinth: \\plinth\\bundle\.cpio: not a file that can be a bundle", timeout=120)
    machine.expect(r"Application failed, r = 1\b", timeout=60)  # EFI_LOAD_ERROR
