# SPDX-License-Identifier: Apache-2.0
"""EL2's defence against branch predictors that a guest has trained: what a CPU executes from its
vector to its first branch, step by step. That it suffices on silicon is Arm's word: QEMU predicts
nothing."""

import re
import shutil
import struct
import subprocess

import pytest
from harness.el2 import (
    VECTOR_GUEST_IRQ,
    VECTOR_GUEST_SERROR,
    VECTOR_GUEST_SYNC,
    VECTORS,
    El2,
)
from harness.shell import ask, expect_prompt
from harness.vms import MIB, debian, memory_property, vm_dts
from plinth import qemu
from plinth.paths import BUILD, IMAGE

PAYLOADS = BUILD / "payload"
FIRMWARE = PAYLOADS / "example_smccc.img"
DTB_BASE, IMAGE_BASE, BUNDLE_BASE = 0x44000000, 0x46000000, 0x48000000  # as that firmware has it
WORKAROUND_3 = 0x80003FFF
ALL_OFF = 0
SLOT = 128  # bytes
SLOTS = range(VECTOR_GUEST_SYNC, 0x800, SLOT)
LIMIT = 1000  # instructions

SMC = 0xD4000003
CLRBHB, DSB_NSH, ISB = 0xD50322DF, 0xD503379F, 0xD5033FDF
LOOP = ["b", "subs", "b.ne"]


def kind(word):
    """An instruction's mnemonic, as far as it matters here."""
    if word >> 26 == 0x05:
        return "b"
    if word >> 26 == 0x25:
        return "bl"
    if word >> 24 == 0x54 and word & 0x1F == 1:
        return "b.ne"
    if word == 0xF1000400:  # x0, x0, #1
        return "subs"
    if word >> 24 in (0x34, 0x35, 0x36, 0x37, 0x54, 0xB4, 0xB5, 0xB6, 0xB7, 0xD6, 0xD7):
        return "other branch"
    return word


def guest():
    """Its timer fires now and then."""
    properties = ["vcpus = <2>", memory_property(64 * MIB), 'kernel = "timer"']
    return {"vm.dts": vm_dts(properties), "timer": PAYLOADS / "timer.elf"}


def steps(stub, cpu):
    """What the CPU executes until it leaves the vector's slot: the next instruction's address, and
    what came before as kind() has it."""
    start, words = stub.read("pc"), []
    while start <= (pc := stub.read("pc")) < start + SLOT:
        assert len(words) < LIMIT
        words.append(kind(struct.unpack("<I", stub.read_memory(pc, 4))[0]))
        stub.step(cpu)
    return pc, words


def branches(words):
    return [word for word in words if isinstance(word, str)]


@pytest.mark.parametrize("cpu, rounds", [("cortex-a76", 24), ("neoverse-n1", 24)])
def test_history_is_overwritten_first(boot, make_bundle, stub, cpu, rounds):
    """Arm's loop with the model's rounds, CLRBHB, a barrier, and only then whatever else branches."""
    machine = boot(
        make_bundle({"timer": guest()}), extra=stub.options(), cpu=cpu, cpus=1, memory_mib=256
    )
    stub.connect()
    el2 = El2(stub)
    vectors = el2.vectors()
    assert vectors == el2["exits_vectors_history"]
    for offset, handler in ((VECTOR_GUEST_SYNC, "exits_sync"), (VECTOR_GUEST_IRQ, "exits_irq")):
        number = stub.run_to(vectors + offset)
        next_pc, words = steps(stub, number)
        assert next_pc == el2[handler]
        assert branches(words) == LOOP * rounds + ["bl"]
        behind = words[len(words) - words[::-1].index("b.ne") :]
        assert behind[:3] == [CLRBHB, DSB_NSH, ISB]
    stub.resume()
    machine.expect_exit(ALL_OFF)
    assert "errata: Spectre BHB: each exit clears the branch history\n" in machine.console.transcript


def test_every_slot_is_alike():
    """Of each table the eight vectors that guests come by, as far as the defence goes."""
    el2 = El2(None)
    base = min(el2[name] for name in VECTORS)
    code = text_of(base, 0x800 * len(VECTORS))
    for name, defence in zip(VECTORS, (["bl"], [*LOOP, "bl"], ["bl"]), strict=True):
        for offset in SLOTS:
            at = el2[name] - base + offset
            words = [kind(word) for (word,) in struct.iter_unpack("<I", code[at : at + SLOT])]
            first = words.index("bl")
            assert branches(words[: first + 1]) == defence, (name, offset)
            assert (SMC in words[:first]) == (name == "exits_vectors_firmware")
            assert (CLRBHB in words[:first]) == (name == "exits_vectors_history")
    assert VECTOR_GUEST_SERROR in SLOTS


def text_of(address, size):
    """Bytes of the core's code."""
    command = ["aarch64-linux-gnu-objdump", "-s", "-j", ".text", f"--start-address={address}"]
    command += [f"--stop-address={address + size}", BUILD / "gcc" / "core.elf"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = re.findall(r"^ [0-9a-f]+ ((?:[0-9a-f]{8} ){1,4})", text, re.M)
    return bytes.fromhex("".join(lines).replace(" ", ""))


@pytest.fixture
def with_firmware(start, make_bundle, tmp_path):
    """with_firmware(VMs, **board) -> Machine whose EL3 starts Plinth."""

    def begin(machines, **board):
        extra = ["-machine", "secure=on", "-semihosting", *board.pop("extra", [])]
        settings = {"cpus": 1, "memory_mib": 512, "acpi": False, "firmware": FIRMWARE, **board}
        bundle = make_bundle(machines)
        dtb = tmp_path / "board.dtb"
        write_dtb(dtb, qemu.Board(**settings, extra=["-machine", "secure=on"]), bundle)
        for path, base in ((dtb, DTB_BASE), (IMAGE, IMAGE_BASE), (bundle, BUNDLE_BASE)):
            extra += ["-device", f"loader,file={path},addr={base:#x},force-raw=on"]
        return start(None, extra=extra, **settings)

    return begin


def write_dtb(path, board, bundle):
    """QEMU's, with what only its own boot loader and its own PSCI would add."""
    command = qemu.command(board)
    subprocess.run([*command, "-machine", f"dumpdtb={path}"], check=True, capture_output=True)
    end = BUNDLE_BASE + bundle.stat().st_size

    def put(*arguments):
        subprocess.run([shutil.which("fdtput"), *arguments], check=True)

    put("-p", "-t", "s", path, "/psci", "compatible", "arm,psci-1.0")
    put("-t", "s", path, "/psci", "method", "smc")
    put("-p", "-t", "x", path, "/chosen", "linux,initrd-start", "0", f"{BUNDLE_BASE:x}")
    put("-t", "x", path, "/chosen", "linux,initrd-end", "0", f"{end:x}")


@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a72"])
def test_the_firmware_is_called_first(with_firmware, stub, cpu):
    """A vector calls it before anything branches."""
    machine = with_firmware({"timer": guest()}, extra=stub.options(), cpu=cpu)
    stub.connect()
    el2 = El2(stub)
    vectors = el2.vectors()
    assert vectors == el2["exits_vectors_firmware"]
    for offset in (VECTOR_GUEST_SYNC, VECTOR_GUEST_IRQ):
        number = stub.run_to(vectors + offset)
        _, words = steps(stub, number)
        assert words[-1] == SMC and branches(words) == []
        assert stub.read("x0") == WORKAROUND_3
    stub.resume()
    machine.expect_exit(ALL_OFF)
    said = "errata: Spectre v2 and BHB: the firmware clears branch predictors at each exit\n"
    assert said in machine.console.transcript


def test_debian_believes_the_firmware(with_firmware):
    """A guest hears of the calls what Plinth hears, makes them, and gets on."""
    machine = with_firmware({"one": debian("one", action="shell", vcpus=1)}, cpu="cortex-a72")
    expect_prompt(machine, "one")
    said = ask(machine, "cat /sys/devices/system/cpu/vulnerabilities/spectre_v2", "one")
    assert said.startswith("Mitigation: "), said
    machine.send("poweroff -f\n")
    machine.expect_exit(ALL_OFF)
