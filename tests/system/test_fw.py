# SPDX-License-Identifier: Apache-2.0
"""guest/fw, the UEFI firmware of VMs, on QEMU's own board at EL1: there it runs as in a VM, but for
the runtime services, which nobody answers. Debian's kernel, GRUB and systemd-boot judge it."""

import re

import pytest
from harness.fw import check_app, start_bare, write_disk
from harness.vms import INITRD, KERNEL, MIB, PAYLOADS
from plinth.command import run
from plinth.fw import DISK_BASE, DISK_SPACE, FIRMWARE
from plinth.paths import BUILD, LOADERS

DEFAULT = "EFI/BOOT/BOOTAA64.EFI"
GRUB = LOADERS / "usr/lib/grub/arm64-efi/monolithic/grubaa64.efi"
SYSTEMD_BOOT = LOADERS / "usr/lib/systemd/boot/efi/systemd-bootaa64.efi"
SPY = PAYLOADS / "spy.efi"
OPTIONS = "console=ttyAMA0 quiet plinth.name=guest plinth.action=poweroff"
REPORT = r"^plinth-guest: guest cpus=1 mem=(\d+)"
FW_BYTES = 160 * 1024


@pytest.fixture
def bare(start, tmp_path):
    """bare(disks, **...) -> Machine: start_bare()."""
    return lambda *arguments, **options: start_bare(start, tmp_path, *arguments, **options)


@pytest.fixture
def make_disk(tmp_path):
    """make_disk({name: path or text}, size, fat_bits) -> path."""
    made = []

    def make(files, size=40 * MIB, fat_bits=16):
        made.append(write_disk(tmp_path / f"disk-{len(made)}.img", files, size, fat_bits))
        return made[-1]

    yield make
    for path in made:
        path.unlink(missing_ok=True)


def test_size():
    assert FIRMWARE.stat().st_size <= FW_BYTES


def test_runtime_calls_nothing_else():
    """What is copied into EfiRuntimeServicesCode needs no symbol but its own, and has no data."""
    archive = BUILD / "gcc/guest/fw/runtime/libfw_runtime.a"
    lines = run(["aarch64-linux-gnu-nm", "-P", archive]).splitlines()
    symbols = [line.split()[:2] for line in lines if len(line.split()) >= 2]
    own = {name for name, kind in symbols if kind == "T"}
    wanted = {name for name, kind in symbols if kind == "U"}
    assert own and wanted <= own, wanted - own
    assert not [name for name, kind in symbols if kind in "bBcC"]
    writable = [name for name, kind in symbols if kind in "dD"]
    assert writable == ["fw_runtime_stub"]  # the boot phase's own table of them


def test_kernel_of_the_bundle(bare):
    """By its EFI stub, with the initrd by LoadFile2 and the command line as load options."""
    machine = bare(kernel=KERNEL, initrd=INITRD, bootargs=OPTIONS)
    machine.expect(REPORT, timeout=180)
    machine.wait(60)
    assert "nobody answers runtime services" in machine.console.transcript


# UEFI 2.10, 34 and 35: database, string, font, image, image decoder, configuration routing and access,
# form browser, popup, keyword handler.
HII = """
    ef9fc172-a1b2-4693-b327-6d32fc416042 0fd96974-23aa-4cdc-b9cb-98d17750322a
    e9ca4775-8657-47fc-97e7-7ed65a084324 849e6875-db35-4df8-b41e-c8f33718073f
    31a6406a-6bdf-4e46-b2a2-ebaa89c40920 1a1241e6-8f19-41a9-bc0e-e8ef39e06546
    587e72d7-cc50-4f79-8209-ca291fc1a10f 330d4706-f2a0-4e4f-a369-b66fa8d54385
    b9d4c360-bcfb-4f9b-9298-53c136982258 4311edc0-6054-46d4-9e40-893ea952fccc
    0a8badd5-03b8-4d19-b128-7b8f0edaa596
    """.split()


def asked_in_vain(machine):
    """Of tests/efi/spy.c: the protocols that a loader and its kernel asked for and did not get."""
    text = machine.console.transcript
    assert "spy: starts it" in text and "FAIL" not in text, text
    return re.findall(r"^spy: no (\S+)$", text, re.M)


def test_grub(bare, make_disk):
    """It and Linux's stub, and whether they ask for HII."""
    config = f"linux /vmlinuz {OPTIONS}\ninitrd /initrd.gz\nboot\n"
    files = {DEFAULT: SPY, "spied.efi": GRUB, "EFI/debian/grub.cfg": config, "vmlinuz": KERNEL, "initrd.gz": INITRD}
    machine = bare([make_disk(files, 96 * MIB, 32)])
    machine.expect(r"Welcome to GRUB!", timeout=120)
    machine.expect(REPORT, timeout=180)
    machine.wait(60)
    assert not set(asked_in_vain(machine)) & set(HII)


def test_systemd_boot(bare, make_disk):
    """The same of it."""
    entry = f"title Debian\nlinux /vmlinuz\ninitrd /initrd.gz\noptions {OPTIONS}\n"
    files = {
        DEFAULT: SPY,
        "spied.efi": SYSTEMD_BOOT,
        "loader/loader.conf": "default debian.conf\ntimeout 0\n",
        "loader/entries/debian.conf": entry,
        "vmlinuz": KERNEL,
        "initrd.gz": INITRD,
    }
    machine = bare([make_disk(files, 96 * MIB, 32)])
    machine.expect(REPORT, timeout=180)
    machine.wait(60)
    assert not set(asked_in_vain(machine)) & set(HII)


@pytest.mark.parametrize(
    ("size", "bits", "cpu"),
    [(6 * MIB, 12, "cortex-a57"), (40 * MIB, 16, "max"), (40 * MIB, 32, "cortex-a57")],
    ids=["12", "16", "32"],
)
def test_services(bare, make_disk, size, bits, cpu):
    """An application that calls them all, from each kind of FAT; on `max` with BTI."""
    machine = bare([make_disk({DEFAULT: PAYLOADS / "services.efi"}, size, bits)], cpu=cpu)
    text = check_app(machine, "services")
    assert "services: on the console" in text
    assert "services: runtime mask 0x0, after ExitBootServices" in text


def test_broken_disks_and_files(bare, make_disk, tmp_path):
    """Each is a line on the console, and the next option; a disk whose primary GPT is broken has a
    backup, which is not in its last block here: images are padded."""
    program = PAYLOADS / "returns.efi"
    damaged = tmp_path / "damaged.efi"
    damaged.write_bytes(program.read_bytes()[:3000])
    primary = make_disk({DEFAULT: program}, 6 * MIB + 4096, 12)
    with open(primary, "r+b") as stream:
        stream.seek(512)
        stream.write(bytes(512))
    noise = tmp_path / "noise.img"
    noise.write_bytes(bytes(range(256)) * 8192)
    disks = [make_disk({DEFAULT: damaged}, 6 * MIB, 12), noise, primary]
    disks.append(make_disk({"nothing": program}, 6 * MIB, 12))
    machine = bare(disks)
    machine.expect(r"plinth-fw: disk 3: the primary GPT is broken, the backup is not")
    machine.expect(r"file system 1: .*: cannot be loaded: Load Error")
    machine.expect(r'returns: here, options ""')
    machine.expect(r"file system 2: .*: ended: Aborted")
    machine.expect(r"file system 3: .*: cannot be loaded: Not Found")
    machine.expect(r"nothing of it could be booted")
    machine.expect(r"menu> ")


def test_menu_and_command_line(bare, make_disk):
    machine = bare([make_disk({DEFAULT: PAYLOADS / "returns.efi"}, 6 * MIB, 12)])
    machine.expect(r"menu> ")
    machine.send("9\n")
    machine.expect(r"plinth-fw: 9: not in the menu")
    machine.expect(r"menu> ")
    machine.send("1\n")
    machine.expect(r'returns: here, options ""')
    machine.expect(r"menu> ")
    machine.send("c\n")
    machine.expect(r"plinth-fw> ")
    machine.send("help\n")
    machine.expect(r"boot N \[ARGUMENTS\]: boot option N")
    machine.expect(r"plinth-fw> ")
    machine.send("boot --help\n")
    machine.expect(r"^boot N \[ARGUMENTS\]: ")
    machine.expect(r"plinth-fw> ")
    machine.send("nonsense\n")
    machine.expect(r"nonsense: no such command; help lists them")
    machine.expect(r"plinth-fw> ")
    machine.send("memory\n")
    machine.expect(r"0x40200000 .* boot code")
    machine.expect(r"runtime data")
    machine.expect(r"plinth-fw> ")
    machine.send("bootX\x7f 1 one two\n")  # a key that is taken back
    machine.expect(r'returns: here, options "one two"')
    machine.expect(r"plinth-fw> ")
    machine.send("off\n")
    machine.wait(30)


def test_nothing_to_boot(bare):
    machine = bare()
    machine.expect(r"plinth-fw: nothing to boot: no kernel, no disk with a file system")
    machine.expect(r"menu> ")
    machine.send("o\n")
    machine.wait(30)


def test_kernel_that_is_none(bare, tmp_path):
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"no kernel at all" * 4096)
    machine = bare(kernel=kernel)
    machine.expect(r"plinth-fw: kernel of the bundle: cannot be loaded: Load Error")
    machine.expect(r"menu> ")


def test_an_application_that_faults(bare, make_disk):
    """It stores into its own code: a line with the registers, and the end."""
    machine = bare([make_disk({DEFAULT: PAYLOADS / "faults.efi"}, 6 * MIB, 12)])
    machine.expect(r"plinth-fw: synchronous exception in what it started: ESR 0x9\w+, ELR 0x\w+")
    machine.expect(r"plinth-fw: powering off")
    machine.wait(30)


def test_at_el2_services_come_by_smc(bare, make_disk):
    """At EL2 the stubs use SMC. EL3 of the tests answers by operand and level, and translates pointers
    as the caller's level does."""
    disk = make_disk({DEFAULT: PAYLOADS / "level.efi"}, 6 * MIB, 12)
    el3 = PAYLOADS / "example_el3.img"  # another disk to the firmware, which leaves it alone
    extra = ["-machine", "secure=on,virtualization=on", "-semihosting"]
    extra += ["-device", f"loader,addr={DISK_BASE + DISK_SPACE:#x},cpu-num=0"]
    machine = bare([disk, el3], cpu="max", extra=extra)
    machine.wait(60)
    text = machine.console.transcript
    assert "level: 0 failed" in text and "FAIL" not in text, text
    assert "nobody answers" not in text


def test_not_at_el2(start):
    """Somebody's QEMU with EL2: it says why, and waits."""
    machine = start(None, firmware=FIRMWARE, cpus=1, memory_mib=256, el2=True)
    machine.expect(r"plinth-fw: neither entered at EL1 nor at EL2 with VHE")
