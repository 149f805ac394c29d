# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. ./plinth test system builds what they boot, then calls pytest."""

import re
import shutil

import pytest
from harness import vms
from harness.machine import Machine
from plinth.paths import IMAGE, TEST_LOGS
from plinth.qemu import Board


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests that take minutes too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="takes minutes: --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def make_bundle(tmp_path):
    """make_bundle({VM: {file: text, bytes or path}}) -> bundle's path; removed after the test."""
    made = []

    def make(machines, name="bundle"):
        folder = tmp_path / name
        made.append(folder)
        folder.mkdir()
        return vms.write_bundle(folder / "vms", machines, folder / "bundle.cpio")

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start(request):
    """start(kernel, initrd=..., append=..., **board) -> Machine, ended after the test.
    Transcripts are kept in build/test-logs."""
    machines = []

    def start_machine(kernel, initrd=None, append="", **board):
        name = re.sub(r"[^\w.-]+", "_", request.node.nodeid)
        number = f"-{len(machines)}" if machines else ""
        log = TEST_LOGS / f"{name}{number}.log"
        machine = Machine(Board(**board), kernel, initrd, append, log)
        machines.append(machine)
        return machine

    yield start_machine
    for machine in machines:
        machine.close()


@pytest.fixture
def boot(start):
    """boot(bundle, append="", **board) -> Machine that runs Plinth with this bundle."""
    assert IMAGE.exists(), f"{IMAGE} is missing: ./plinth build"

    def boot_plinth(bundle, append="", **board):
        return start(IMAGE, bundle, append, **board)

    return boot_plinth
