# SPDX-License-Identifier: Apache-2.0
"""A serial console that a test can talk to: send text, wait for a pattern."""

import errno
import os
import re
import threading
import time

# Everybody's machine is loaded now and then; CI may set a larger factor.
SLOWNESS = float(os.environ.get("PLINTH_TEST_SLOWNESS", "1"))


class ConsoleError(AssertionError):
    """What a test waited for did not come; the text has the whole transcript."""


class Console:
    """Reads `output` in a thread into one transcript; `expect` goes through it once."""

    def __init__(self, output, input, log_path):
        self._output = output
        self._input = input
        self._log = open(log_path, "w", encoding="utf-8")
        self._text = ""
        self._position = 0
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while chunk := self._read_chunk():
            text = chunk.decode("utf-8", "backslashreplace").replace("\r", "")
            self._log.write(text)
            self._log.flush()
            with self._changed:
                self._text += text
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_chunk(self):
        try:
            return self._output.read1(4096)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""  # a terminal whose other side is closed

    @property
    def transcript(self):
        with self._changed:
            return self._text

    def send(self, text):
        """Types `text`; a line ends with \\n, which becomes the return key."""
        self._input.write(text.replace("\n", "\r").encode())
        self._input.flush()

    def expect(self, pattern, timeout=60):
        """The next match of `pattern` after the last one; ^ and $ stand for line ends."""
        return self.expect_any([pattern], timeout)[1]

    def expect_any(self, patterns, timeout=60):
        """(index, match) of whichever pattern comes first in the text."""
        compiled = [re.compile(pattern, re.MULTILINE) for pattern in patterns]
        deadline = time.monotonic() + timeout * SLOWNESS
        with self._changed:
            while True:
                found = self._first(compiled)
                if found:
                    self._position = found[1].end()
                    return found
                if self._ended:
                    raise ConsoleError(self._failure(f"console ended before {patterns}"))
                if not self._changed.wait(deadline - time.monotonic()):
                    raise ConsoleError(self._failure(f"no {patterns} within {timeout} s"))

    def _first(self, compiled):
        matches = [
            (index, match)
            for index, pattern in enumerate(compiled)
            if (match := pattern.search(self._text, self._position))
        ]
        return min(matches, key=lambda found: found[1].start(), default=None)

    def expect_all(self, patterns, timeout=60):
        """Every pattern once, in whatever order; returns the matches in the patterns' order."""
        with self._changed:
            start = self._position
        matches = []
        end = start
        for pattern in patterns:
            with self._changed:
                self._position = start
            matches.append(self.expect(pattern, timeout))
            end = max(end, matches[-1].end())
        with self._changed:
            self._position = end
        return matches

    def expect_end(self, timeout=60):
        """Waits until the other side has closed the console; returns the rest of the text."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended, timeout * SLOWNESS):
                raise ConsoleError(self._failure(f"no end within {timeout} s"))
            rest = self._text[self._position :]
            self._position = len(self._text)
            return rest

    def _failure(self, what):
        seen = self._text[: self._position]
        rest = self._text[self._position :]
        return f"{what}\n--- console, read before:\n{seen}\n--- console, not matched:\n{rest}\n---"

    def close(self):
        self._reader.join(timeout=5)
        self._log.close()
