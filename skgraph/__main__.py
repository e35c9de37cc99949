"""The command line: ``skgraph COMMAND ...`` and ``python -m skgraph COMMAND ...``."""

from __future__ import annotations

import difflib
import importlib
import sys

COMMANDS = "prepare inspect view pretrain evaluate ensemble report diagnose embed predict export benchmark".split()


def main() -> None:
    """Run the command that the first argument names, or list the commands."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("--help", "-h"):
        print("skgraph COMMAND [option=value ...]; skgraph COMMAND --help lists the options\n")
        for command in COMMANDS:
            print(f"  {command:<11}{(importlib.import_module(f'skgraph.{command}').__doc__ or '').splitlines()[0]}")
    elif name in COMMANDS:
        sys.argv = [f"skgraph {name}", *arguments]
        importlib.import_module(f"skgraph.{name}").main()
    else:
        nearest = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else "skgraph --help lists the commands"
        print(f"error: no command '{name}': {hint}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
