# SPDX-License-Identifier: Apache-2.0
"""`reboot --image` in the monitor: a running Plinth enters another image of it, which comes with a
new bundle on a VM's disk. The images are build/plinth.img with a sentence of theirs changed, in
boot and in the core."""

import re
import struct
import sys

import pytest
from harness.monitor import ask, go_to_monitor
from harness.restart import memory, places, restart_from, waiting_vm
from plinth import esp, qemu
from plinth.paths import IMAGE, MPBOOT, ROOT

sys.path.insert(0, str(ROOT / "cmake"))
from seal import sealed  # noqa: E402

BOOT_SAYS = b" MiB of RAM from "
CORE_SAYS = b"poweroff in the monitor"
MARK = 0x800  # boot/handoff: magic, version, size of what it takes over
IMAGE_SIZE = 16  # of the arm64 Image header

BACK = r": back to the former one$"


def another_image(mark):
    """As a later build might be; `mark` is a character."""
    data = IMAGE.read_bytes()
    for text in (BOOT_SAYS, CORE_SAYS):
        assert data.count(text) == 1
    data = data.replace(BOOT_SAYS, b" MiB of RA" + mark + b" from ")
    return sealed(data.replace(CORE_SAYS, b"poweroff in the monito" + mark))


def changed(image, offset, layout, value):
    """With another number there, and sealed."""
    data = bytearray(image)
    struct.pack_into(layout, data, offset, value)
    return sealed(bytes(data))


def started(machine, mark, name, cpus):
    """boot's line of the image with that mark, and its VM. Returns MiB free."""
    free = machine.expect(rf"^plinth: {cpus} of {cpus} CPUs, .* MiB of RA{mark} from .* (\d+) MiB free$")
    machine.expect(rf"^plinth: vm {name}: 1 vCPUs")
    machine.expect(r"^plinth: entropy: ", 60)
    go_to_monitor(machine)
    return free.group(1)


def power_off(machine, mark):
    machine.send("poweroff\n")
    assert machine.expect_exit(2) == f"poweroff in the monito{mark}"


def check_images(start, make_bundle, rounds, cpus, **board):
    """One image after the other, each in the bundle on a disk of the one before: all CPUs come
    along, and neither the former images nor the former bundles stay."""
    bundle = make_bundle({f"vm{rounds}": waiting_vm()}, "last", another_image(b"%d" % rounds))
    for number in range(rounds - 1, -1, -1):
        image = another_image(b"%d" % number) if number > 0 else None
        disks = [bundle.read_bytes()]
        bundle = make_bundle({f"vm{number}": waiting_vm(disks)}, f"bundle{number}", image)
    machine = start(bundle, cpus=cpus, memory_mib=512, extra=["-no-reboot"], **board)
    own = []
    started(machine, "M", "vm0", cpus)
    for number in range(rounds):
        own.append(memory(machine)[2])
        restart_from(machine, f"vm{number}", "80000000", "--image")
        machine.expect(r"^plinth: on to the new bundle's plinth.img at 0x[0-9a-f]+00000$")
        started(machine, number + 1, f"vm{number + 1}", cpus)
    own.append(memory(machine)[2])
    # The first run had a devicetree or a firmware's tables in memory, and loaded no image.
    assert own[1:] == [own[1]] * rounds
    # Without a new image the last one starts again.
    machine.send("reboot --soft\n")
    started(machine, rounds, f"vm{rounds}", cpus)
    assert memory(machine)[2] == own[1]
    assert "left out" not in machine.console.transcript
    power_off(machine, rounds)


def test_one_image_after_the_other(boot, make_bundle):
    check_images(boot, make_bundle, rounds=4, cpus=4)


@pytest.mark.long
def test_with_gicv2(boot, make_bundle):
    check_images(boot, make_bundle, rounds=2, cpus=2, gic=2)


def test_from_aavmf_with_acpi_alone(start, make_bundle, tmp_path):
    """Nothing of the firmware's tables is left to be read when the new image starts."""

    def boot(bundle, **board):
        partition = esp.make(tmp_path / "esp", IMAGE, bundle, "")
        machine = start(None, firmware=qemu.AAVMF, esp=partition, **board)
        machine.expect(r"plinth: started by UEFI with ACPI: 2 CPUs, GICv3", timeout=120)
        return machine

    check_images(boot, make_bundle, rounds=2, cpus=2)


def refused():
    """[plinth.img, what is said of it]: as many as a VM has disks."""
    image = IMAGE.read_bytes()
    broken = bytearray(another_image(b"X"))
    broken[0x8000] ^= 1
    version = struct.unpack_from("<I", image, MARK + 8)[0]
    size = struct.unpack_from("<I", image, MARK + 12)[0]
    other = "another version of it that cannot take this machine over"
    return [
        (None, "not there"),
        (MPBOOT.read_bytes(), "no Plinth that can be restarted into"),
        (bytes(broken), "broken: its checksum is wrong"),
        (image[: len(image) // 2], "broken: its checksum is wrong"),
        (changed(image, MARK + 8, "<I", version + 1), other),
        (changed(image, MARK + 12, "<I", size + 8), other),
        (changed(image, IMAGE_SIZE, "<Q", 1 << 40), "an Image of a size that makes no sense"),
        (changed(image, IMAGE_SIZE, "<Q", 4096), "an Image of a size that makes no sense"),
    ]


def test_what_must_not_be_entered(boot, make_bundle):
    """Each is refused with the reason, and the former image and bundle are back, all CPUs too."""
    cases = refused()
    disks = [
        make_bundle({"new": waiting_vm()}, f"bad{number}", image).read_bytes()
        for number, (image, _) in enumerate(cases)
    ]
    bundle = make_bundle({"first": waiting_vm(disks)}, "first")
    machine = boot(bundle, cpus=2, memory_mib=512, extra=["-no-reboot"])
    started(machine, "M", "first", 2)
    for place, (_, why) in zip(places(disks), cases, strict=True):
        restart_from(machine, "first", place, "--image")
        said = machine.expect(r"^plinth: the new bundle's plinth.img is (.*)" + BACK)
        assert said.group(1) == why
        started(machine, "M", "first", 2)
    power_off(machine, "r")


def test_the_bundle_alone_and_the_image_alone(boot, make_bundle):
    """--soft takes no image, whatever the bundle has; an image whose bundle is no good starts with
    the former bundle; what is no bundle at all is refused while everything goes on."""
    good = make_bundle({"good": waiting_vm()}, "good", another_image(b"1")).read_bytes()
    no_vms = make_bundle({"next": {"kernel": b"x"}}, "none", another_image(b"2")).read_bytes()
    second = make_bundle({"second": waiting_vm([good, no_vms])}, "second", another_image(b"3"))
    of_first = [second.read_bytes(), b"nothing of the kind"]
    machine = boot(
        make_bundle({"first": waiting_vm(of_first)}, "first"),
        cpus=2,
        memory_mib=512,
        extra=["-no-reboot"],
    )
    started(machine, "M", "first", 2)
    words = f"reboot --image first {places(of_first)[1]}"
    assert ask(machine, words) == f"{words}: that is no bundle\n"
    assert re.search(r"^first +running", ask(machine, "vm list"), re.M)

    restart_from(machine, "first", places(of_first)[0])
    started(machine, "M", "second", 2)
    restart_from(machine, "second", places([good, no_vms])[1], "--image")
    machine.expect(r"^plinth: no VM of the new bundle can start" + BACK)
    machine.expect(r"^plinth: vm second: 1 vCPUs")
    machine.expect(r"^plinth: entropy: ", 60)
    go_to_monitor(machine)
    restart_from(machine, "second", places([good, no_vms])[0])
    started(machine, "2", "good", 2)
    power_off(machine, "2")
