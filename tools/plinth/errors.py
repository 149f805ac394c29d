# SPDX-License-Identifier: Apache-2.0
"""The one exception that users see."""


class PlinthError(Exception):
    """A failure with its cause and place in the text; `exit_code` becomes the exit status."""

    def __init__(self, message, exit_code=1):
        super().__init__(message)
        self.exit_code = exit_code
