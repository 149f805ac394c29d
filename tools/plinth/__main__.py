# SPDX-License-Identifier: Apache-2.0
"""plinth VERB: finds the verb's module and reports what goes wrong in one line."""

import argparse
import signal
import sys

from plinth import bench, build, clean, pack, run, scan_svg, setup, test
from plinth.errors import PlinthError

VERBS = {
    "build": build,
    "run": run,
    "test": test,
    "bench": bench,
    "pack": pack,
    "scan-svg": scan_svg,
    "setup": setup,
    "clean": clean,
}


def parser():
    top = argparse.ArgumentParser(prog="./plinth", description="Plinth, a hypervisor for arm64.")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, module in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(verb)
    return top


def end_on_signal(number, _frame):
    """As an exception, so that what is running (QEMU, pytest) is ended on the way out."""
    sys.exit(128 + number)


def main():
    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, end_on_signal)
    try:
        return VERBS[arguments.verb].main(arguments)
    except PlinthError as error:
        print(f"plinth: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141


if __name__ == "__main__":
    sys.exit(main())
