"""The command ``gmplug``. A command imports heavy packages only when it runs."""

from __future__ import annotations

import sys

import click

from gmplug._version import __version__
from gmplug.cli.group import Commands
from gmplug.errors import GmplugError

_EPILOG = """\b
First steps:
  gmplug init my-study                                  a commented study that runs as it is
  gmplug run my-study/study.toml --until selection      candidates, clusters, selection
  gmplug run my-study/study.toml                        goes on: analyses and report

`gmplug COMMAND --help` explains a command. Most take --json, for scripts. With --debug an error shows its
traceback. The shell completes commands after `eval "$(_GMPLUG_COMPLETE=bash_source gmplug)"` (or zsh_source).
"""


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="gmplug")
def cli() -> None:
    """Select earthquake ground motions for an OpenSees study, and run the study."""


def main() -> None:
    """Run the command line. Errors that a user can cause are one line each on stderr.

    Exit status: 0; 1 for a study with warnings or failed analyses, or one that could not finish; 2 for bad
    input; 130 when interrupted.
    """
    debug = "--debug" in sys.argv
    status = _guarded([argument for argument in sys.argv[1:] if argument != "--debug"], debug)
    if not debug and "openseespy.opensees" in sys.modules:
        _leave_quietly()
    sys.exit(status)


def _leave_quietly() -> None:
    """Discard the message that OpenSees prints at exit; a model's script may have imported it."""
    import os

    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)


def _guarded(arguments: list[str], debug: bool) -> int:
    if not debug:
        _quieten_libraries()
    try:
        status = cli.main(arguments, prog_name="gmplug", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say(["interrupted; finished work is kept, run the command again to continue"])
        return 130
    except BrokenPipeError:
        return 1
    except GmplugError as error:
        if debug:
            raise
        _say(getattr(error, "problems", (str(error),)))
        return error.exit_status
    except Exception as error:
        if debug:
            raise
        _say([f"internal error: {type(error).__name__}: {error}; run again with --debug to see where"])
        return 1


def _say(lines: list[str] | tuple[str, ...]) -> None:
    for line in lines:
        click.echo(f"gmplug: {' '.join(line.split())}", err=True)


def _quieten_libraries() -> None:
    """Hide warnings of other libraries; --debug shows them."""
    import warnings

    warnings.simplefilter("ignore")
