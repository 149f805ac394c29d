#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Functions, files and argument lists stay small. Exceptions, with reasons: size.exceptions."""

import re

import sources

FUNCTION_LINES_MAX = 80
SOURCE_LINES_MAX = 800
HEADER_LINES_MAX = 300
ARGUMENTS_MAX = 6

# clang-format puts a function's braces into column 0; its head is what precedes, back to a line
# that ends something else.
FUNCTION = re.compile(
    r"^(?P<head>[A-Za-z_](?:(?!\n\n)[^;{}#])*?\))\s*\n\{\n(?P<body>.*?)^\}", re.M | re.S
)


def main():
    allowed = sources.exceptions("size.exceptions")
    complaints = []
    for path in sources.files("*.c", "*.h"):
        code = sources.code(path)
        complaints += file_complaints(path, code) + function_complaints(path, code)
    sources.finish([text for key, text in complaints if key not in allowed])


def file_complaints(path, code):
    lines = code.count("\n")
    limit = HEADER_LINES_MAX if path.suffix == ".h" else SOURCE_LINES_MAX
    return [(str(path), f"{path}: {lines} lines, at most {limit}")] if lines > limit else []


def function_complaints(path, code):
    complaints = []
    for match in FUNCTION.finditer(code):
        name, count = name_and_arguments(match.group("head"))
        key = f"{path} {name}"
        place = f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {name}"
        lines = match.group("body").count("\n")
        if lines > FUNCTION_LINES_MAX:
            complaints.append((key, f"{place}: {lines} lines, at most {FUNCTION_LINES_MAX}"))
        if count > ARGUMENTS_MAX:
            complaints.append((key, f"{place}: {count} arguments, at most {ARGUMENTS_MAX}"))
    return complaints


def name_and_arguments(head):
    """The function's name and how many arguments it takes."""
    opening = re.search(r"(\w+)\s*\(", head)
    arguments = head[opening.end() : head.rindex(")")]
    depth = 0
    commas = 0
    for character in arguments:
        depth += {"(": 1, ")": -1}.get(character, 0)
        commas += character == "," and depth == 0
    is_empty = arguments.strip() in ("", "void")
    return opening.group(1), 0 if is_empty else commas + 1


if __name__ == "__main__":
    main()
