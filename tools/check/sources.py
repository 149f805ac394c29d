# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the project's files, their text without comments, its modules."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
)
MODULE_CALL = re.compile(r"plinth_module\(\s*(\w+)([^)]*)\)", re.S)
KEYWORDS = ("SOURCES", "DEPENDS", "PUBLIC_DEPENDS", "FLAGS")


def files(*patterns):
    """Tracked files, and new ones that are not ignored, relative to the project's root."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return sorted(Path(name) for name in set(listed) if (ROOT / name).exists())


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def code(path):
    """The text with comments and the insides of strings blanked; lines keep their numbers."""

    def blank(match):
        piece = match.group()
        if piece[0] in "\"'":
            return piece[0] + " " * (len(piece) - 2) + piece[-1]
        return re.sub(r"[^\n]", " ", piece)

    return COMMENT_OR_STRING.sub(blank, text(path))


@dataclass
class Module:
    """A plinth_module() call: the folder, and what it links."""

    name: str
    folder: Path
    depends: list
    public_depends: list


def modules():
    """Name -> Module, of every CMakeLists.txt."""
    found = {}
    for path in files("*CMakeLists.txt"):
        for name, arguments in MODULE_CALL.findall(re.sub(r"#[^\n]*", "", text(path))):
            lists = {keyword: [] for keyword in KEYWORDS}
            current = []
            for word in arguments.split():
                if word in lists:
                    current = lists[word]
                else:
                    current.append(word)
            found[name] = Module(
                name, path.parent, lists["DEPENDS"], lists["PUBLIC_DEPENDS"]
            )
    return found


def exceptions(name):
    """Entries of tools/check/NAME, each line "what: reason". A line without reason is refused."""
    found = {}
    for line in text(Path("tools/check") / name).splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        what, separator, reason = line.partition(": ")
        if not separator or not reason.strip():
            sys.exit(f"tools/check/{name}: no reason given: {line}")
        found[what] = reason
    return found


def finish(complaints):
    """Prints what is wrong and ends the program."""
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
