# SPDX-License-Identifier: Apache-2.0
"""The image as an EFI application: AAVMF (EDK II) and U-Boot judge it and start it."""

import base64
import re
import struct
import subprocess
import time

import pefile
import pytest
from harness import shell
from harness.monitor import go_to_monitor
from harness.vms import INITRD, KERNEL, MIB, debian, memory_property, report_of, vm_dts, write_archive
from plinth import esp, qemu
from plinth.paths import BUILD, IMAGE, LOADERS

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
    """They know the time, though that is in no table; and Plinth starts again without UEFI."""
    guests = {
        "debian1": debian("debian1", vcpus=2, memory=192 * MIB, action="shell"),
        "debian2": debian("debian2", vcpus=2, memory=192 * MIB),
    }
    machine = start_efi("aavmf", IMAGE, make_bundle(guests), extra=["-no-reboot"])
    machine.expect(r"plinth: started by UEFI with ACPI: 2 CPUs, GICv3", timeout=120)
    for start in range(2):
        machine.expect(r"plinth: 2 of 2 CPUs, GICv3, PSCI 1.1")
        reports = [report_of(name, 2) for name in guests]
        machine.expect_all([*reports, r"^plinth: vm debian2: off$", "debian1# "], timeout=180)
        clock = shell.ask(machine, "cat /sys/class/rtc/rtc0/since_epoch", "debian1", r"debian1\| ")
        assert abs(int(re.search(r"(\d+)\n", clock).group(1)) - time.time()) < 60
        go_to_monitor(machine)
        machine.send("reboot --soft\n" if start == 0 else "vm stop debian1\n")
    assert machine.expect_exit(0, timeout=120) == "all VMs are off"


def check_contract(machine, cpus, gic, memory_mib):
    """The test core's checks all hold, and what it was told of the machine is right."""
    assert machine.expect_exit(0, timeout=120) == "test core"
    text = machine.console.transcript
    assert "CHECK" not in text
    assert f"plinth: {cpus} of {cpus} CPUs, GICv{gic}, PSCI 1.1, {memory_mib} MiB of RAM" in text
    assert text.count(" called") == cpus - 1
    assert " reserved\n" in text  # runtime services
    assert re.search(r"^plinth: uart 0x9000000 .* seed 64 ", text, re.M)  # EFI_RNG
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


GRUB = LOADERS / "usr/lib/grub/arm64-efi/monolithic/grubaa64.efi"
GRUB_CFG = {
    "EFI/debian/grub.cfg": "linux /plinth.img from=loader\ninitrd /bundle.cpio\nboot\n",
}
SYSTEMD_BOOT = LOADERS / "usr/lib/systemd/boot/efi/systemd-bootaa64.efi"
SYSTEMD_BOOT_CONF = {
    "loader/loader.conf": "default plinth.conf\ntimeout 0\n",
    "loader/entries/plinth.conf": "title Plinth\nlinux /plinth.img\ninitrd /bundle.cpio\n"
    "options from=loader\n",
}


@pytest.mark.long
@pytest.mark.parametrize("acpi", [True, False], ids=["acpi", "fdt"])
@pytest.mark.parametrize(
    ("loader", "files"),
    [(GRUB, GRUB_CFG), (SYSTEMD_BOOT, SYSTEMD_BOOT_CONF)],
    ids=["grub", "systemd-boot"],
)
def test_boot_loaders_pass_the_bundle_as_an_initrd(start, tmp_path, one_vm, loader, files, acpi):
    links = {"plinth.img": BOOT_TEST, "bundle.cpio": one_vm}
    partition = esp.make_with_loader(tmp_path / "esp", loader, files, links)
    machine = start(None, firmware=qemu.AAVMF, esp=partition, memory_mib=1024, acpi=acpi)
    text = check_contract(machine, 2, 3, 1024)
    assert re.search(r'cmdline ".*from=loader"', text)


# mpboot.img: the next stage is Debian's own kernel, an EFI application too.


def next_bundle(path, kernel, initrd):
    with open(path, "wb") as stream:
        files = {"next/kernel": kernel.read_bytes(), "next/initrd": initrd.read_bytes()}
        write_archive(stream, files)
    return path


def read_table(machine, name):
    """A table of the running Linux, as /sys shows it."""
    return base64.b64decode(shell.ask(machine, f"base64 /sys/firmware/acpi/tables/{name}"))


def check_table(table, path):
    """iasl takes it apart without a complaint; returns its text."""
    path.write_bytes(table)
    done = subprocess.run(["iasl", "-d", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    text = path.with_suffix(".dsl").read_text()
    assert not re.search(r"(?i)incorrect checksum|invalid|error", text + done.stderr)
    return text


def check_parked_by_acpi(machine, tmp_path, cpus):
    """All CPUs run, and Linux has seen no PSCI, but a mailbox in memory that is not RAM."""
    machine.expect(rf"^plinth-guest: guest cpus={cpus} ", timeout=180)
    shell.expect_prompt(machine)
    log = machine.console.transcript
    assert "psci: is not implemented in ACPI" in log
    assert "psci: probing" not in log
    assert f"smp: Brought up 1 node, {cpus} CPU" in log
    fadt = check_table(read_table(machine, "FACP"), tmp_path / "facp.dat")
    assert re.search(r"PSCI Compliant : 0$", fadt, re.M)
    assert re.search(r"Must use HVC for PSCI : 0$", fadt, re.M)
    madt = check_table(read_table(machine, "APIC"), tmp_path / "apic.dat")
    pages = [int(page, 16) for page in re.findall(r"Parked Address : ([0-9A-F]+)$", madt, re.M)]
    assert len(set(pages)) == cpus
    assert re.findall(r"Parking Protocol Version : ([0-9]+)$", madt, re.M) == ["00000001"] * cpus
    iomem = shell.ask(machine, "grep System.RAM /proc/iomem")
    ram = re.findall(r"([0-9a-f]+)-([0-9a-f]+)", iomem)
    assert ram
    for page in pages:
        assert not any(int(low, 16) <= page <= int(high, 16) for low, high in ram)


@pytest.mark.parametrize(
    "cpus",
    [2, pytest.param(1, marks=pytest.mark.long), pytest.param(8, marks=pytest.mark.long)],
)
def test_mpboot_from_psci_to_parking_by_acpi(start_efi, tmp_path, cpus):
    bundle = next_bundle(tmp_path / "next.cpio", KERNEL, INITRD)
    machine = start_efi("aavmf", MPBOOT, bundle, cpus=cpus, memory_mib=1024)
    machine.expect(rf"plinth: mpboot: {cpus} of {cpus} CPUs, the others wait by parking, EL2", 120)
    check_parked_by_acpi(machine, tmp_path, cpus)


@pytest.mark.long
def test_mpboot_after_mpboot_by_acpi(start_efi, tmp_path):
    """The second takes the CPUs over by parking from the first."""
    inner = next_bundle(tmp_path / "inner.cpio", KERNEL, INITRD)
    outer = next_bundle(tmp_path / "outer.cpio", MPBOOT, inner)
    machine = start_efi("aavmf", MPBOOT, outer, cpus=4, memory_mib=1024)
    for _ in range(2):
        machine.expect(r"plinth: mpboot: 4 of 4 CPUs, the others wait by parking, EL2", 120)
    check_parked_by_acpi(machine, tmp_path, 4)


@pytest.mark.long
def test_plinth_after_mpboot_by_acpi(start_efi, one_vm, tmp_path):
    """boot as the next stage finds its CPUs parked, with no PSCI in the tables."""
    outer = next_bundle(tmp_path / "outer.cpio", BOOT_TEST, one_vm)
    machine = start_efi("aavmf", MPBOOT, outer, cpus=4, memory_mib=1024)
    machine.expect(r"plinth: 4 of 4 CPUs, GICv3, ", 120)
    machine.expect(r"cpu 3 mpidr 0x3 gicv2 0 called")


@pytest.mark.long
@pytest.mark.parametrize("firmware", ["aavmf", "u-boot"])
def test_mpboot_from_psci_to_spin_table_by_devicetree(start_efi, tmp_path, firmware):
    bundle = next_bundle(tmp_path / "next.cpio", KERNEL, INITRD)
    machine = start_efi(firmware, MPBOOT, bundle, cpus=4, memory_mib=1024, acpi=False)
    machine.expect(r"plinth: mpboot: 4 of 4 CPUs, the others wait by spin-table, EL2", 120)
    machine.expect(r"^plinth-guest: guest cpus=4 ", timeout=180)
    shell.expect_prompt(machine)
    methods = shell.ask(machine, "cat /proc/device-tree/cpus/cpu@*/enable-method | tr '\\0' '\\n'")
    assert methods.split() == ["spin-table"] * 4
