# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over what the host build compiles, tests apart. A file that was clean, with the same
preprocessed text, is not looked at again: the analyser takes seconds for each."""

import hashlib
import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from plinth.paths import BUILD, CACHE, ROOT

CLEAN = CACHE / "clang-tidy"
DATABASE = BUILD / "host-clang" / "tidy"
WORKERS = 2


def check():
    """What clang-tidy complains about; nothing where all is clean."""
    CLEAN.mkdir(parents=True, exist_ok=True)
    DATABASE.mkdir(exist_ok=True)
    commands = product_sources()
    (DATABASE / "compile_commands.json").write_text(json.dumps(commands))
    with ThreadPoolExecutor(WORKERS) as pool:
        return "".join(pool.map(check_file, commands))


def product_sources():
    """A command for each C file. Some are compiled again for a test, and clang-tidy, which takes
    all commands of a file in turn, reports every va_list as uninitialised the second time."""
    database = json.loads((BUILD / "host-clang" / "compile_commands.json").read_text())
    commands = {}
    for command in database:
        if command["file"].endswith(".c") and "/tests/" not in command["file"]:
            commands.setdefault(command["file"], command)
    return list(commands.values())


def check_file(command):
    stamp = CLEAN / fingerprint(command)
    if stamp.exists():
        return ""
    done = subprocess.run(
        ["clang-tidy", "--quiet", "-p", DATABASE, command["file"]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        return done.stdout or done.stderr
    stamp.touch()
    return ""


def fingerprint(command):
    """Of the configuration, the command and every byte that the compiler sees."""
    arguments = shlex.split(command["command"])
    output = arguments.index("-o")
    preprocess = [*arguments[:output], *arguments[output + 2 :], "-E", "-o", "-"]
    text = subprocess.run(
        preprocess, cwd=command["directory"], stdin=subprocess.DEVNULL, capture_output=True
    ).stdout
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update(command["command"].encode())
    digest.update(text)
    return digest.hexdigest()
