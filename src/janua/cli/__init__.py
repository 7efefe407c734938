"""The command line: one more front end of the gateway, which makes answers into tables, JSON and exit codes.

In the order control flows: `main` here runs the command tree of `commands` and turns errors into one line; `opening`
finds the database, for the `settings`, and opens the gateway; `server`, `development`, `operations`, `registry`,
`transfer` and `records` do what the commands say;
`schema_files`, `formats`, `field_options` and `watching` are what these read; `terminal` is what they print with.
`commands` imports the others only when a command runs, so that `janua --help` is quick.

Exit codes: 0 done, 1 refused or failed (the line on standard error says why), 2 wrong usage, 130 interrupted.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from janua.errors import JanuaError

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; without `arguments`, with those of the process."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of one command; an error has become one line on standard error, after `--debug` more."""
    from janua.cli.commands import app  # noqa: PLC0415 -- errors while importing are told in one line, too

    debug = "--debug" in arguments
    try:
        code = app([each for each in arguments if each != "--debug"], prog_name="janua", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return closed_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.TyperException as error:
        return misused(error)
    except typer.Abort:
        return FAILED
    except JanuaError as error:
        return refused(error.told_to_operators(), debug=debug)
    except OSError as error:
        return refused(f"{error.filename}: {error.strerror}" if error.filename else str(error), debug=debug)
    # Whatever else happens is a mistake of ours: people get a line, and the traceback when they ask for it.
    except Exception as error:  # noqa: BLE001 -- no user shall see a traceback
        hint = "" if debug else " (this is a bug in Janua; --debug shows the traceback)"
        return refused(f"{type(error).__name__}: {error}{hint}", debug=debug)
    return code if isinstance(code, int) else 0


def refused(reason: str, *, debug: bool) -> int:
    """Say in one line why it did not work."""
    if debug:
        traceback.print_exc()
    complain(reason)
    return FAILED


def misused(error: typer.TyperException) -> int:
    """Say in one line what is wrong with the options, and where to read about them."""
    context: object = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "janua")
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help
        print(error.format_message(), file=sys.stderr)  # noqa: T201 -- the terminal
        return error.exit_code
    message = error.format_message().rstrip(".").replace(": Value error, ", ": ", 1)  # pydantic's, by way of typer
    complain(f"{message}; `{command} --help` lists what there is")
    return error.exit_code


def complain(reason: str) -> None:
    """Write one line to standard error, if there is still somebody to read it."""
    with contextlib.suppress(OSError):
        print(f"janua: {' '.join(reason.split())}", file=sys.stderr)  # noqa: T201 -- the terminal


def closed_pipe() -> int:
    """Leave quietly: nobody reads on (`janua export books - | head`)."""
    # The interpreter flushes standard output once more at exit, which would raise again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
