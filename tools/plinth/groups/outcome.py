# SPDX-License-Identifier: Apache-2.0
"""What a group of tests reports."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from plinth.command import progress


@dataclass
class Options:
    """What the user asked for: tests by (part of a) name, the long ones too, all output."""

    name: str = ""
    long: bool = False
    verbose: bool = False

    def selects(self, name):
        return self.name in name


@dataclass
class Outcome:
    """Counts, and what failed; outcomes add up."""

    passed: int = 0
    skipped: int = 0
    failed: list = field(default_factory=list)

    def __iadd__(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failed += other.failed
        return self

    def add_pass(self):
        self.passed += 1

    def add_failure(self, name, output=""):
        """Prints the output at once: who waits for the end of a long run wants to see it."""
        progress(f"FAILED {name}")
        if output:
            print(output.rstrip(), flush=True)
        self.failed.append(name)

    @property
    def count(self):
        return self.passed + len(self.failed)


def from_junit(path, prefix):
    """The outcome in a JUnit file, as ctest and pytest write it."""
    outcome = Outcome()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.append(f"{prefix}: {case.get('name')}")
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1
    return outcome
