"""Give every command options of wrong values, and look for tracebacks.

    python -m tests.faults.command_lines [LINES] [SEED]      # 200 lines: ten minutes

Each line is one that works, with one option changed to a value drawn from a list. It may work, or end with one line
``error: ...`` and exit code 1 or 2.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.kills import COMMANDS, make_whole

VALUES = (
    *("''", "null", "-1", "0", "7", "1e30", "nan", "-inf", "0.5", "true", "abc", "é", "[]", "[1,a]", "{}", "{a:1}"),
    *("[[]]", "9" * 400, "'${unless:1}'", "'${nope}'", "'${oc.env:NOPE}'", "'${stem:}'", "/dev/null", "../..", "a/b"),
    *("'\x1b[31m'", "'a\\nb'", "'=1+1'", "'skgraph.errors.DataError'", "'os.system'", "choice(1,2)", "'[1'", "~"),
)
SECONDS = 60.0


def wrong_lines(seed: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Draw commands and their arguments forever."""
    rng = random.Random(seed)
    keys = {command: list(_keys(command)) for command in COMMANDS}
    while True:
        command = rng.choice(list(COMMANDS))
        key, value = rng.choice(keys[command]), rng.choice(VALUES)
        yield command, [*COMMANDS[command].split(), f"{rng.choice(('', '++'))}{key}={value}"]


def problem(command: str, arguments: list[str], folder: Path) -> str | None:
    """Run a command, and say what is wrong with its end; ``None`` for nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch_geometric", "skgraph.pretrain"])
    with tempfile.NamedTemporaryFile("r", errors="replace") as errors:
        process = context.Process(target=_main, args=(command, arguments, str(folder), errors.name))
        process.start()
        process.join(SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
            return f"still runs after {SECONDS:.0f} s"
        text = errors.read()
    lines = [line for line in text.splitlines() if line.startswith("error: ")]
    if "Traceback" in text:
        return text.strip().splitlines()[-1]
    if process.exitcode not in (0, 1, 2):
        return f"exit code {process.exitcode}"
    if process.exitcode and (len(lines) != 1 or len(lines[0]) > 1500):
        return f"exit code {process.exitcode} with {len(lines)} errors: {text[:200]!r}"
    return None


def _keys(command: str) -> Iterator[str]:
    """Yield the dotted keys of a command's configuration."""
    import hydra
    from omegaconf import OmegaConf

    from skgraph._internal.data_dir import data_dir

    name = "prepare/prepare" if command == "prepare" else command
    path = data_dir("configs") / name
    overrides = [word for word in COMMANDS[command].split() if "=" in word]
    with hydra.initialize_config_dir(str(path.parent), version_base="1.3"):
        config: Any = OmegaConf.to_container(hydra.compose(path.name, overrides))

    def flat(tree: Any, prefix: str) -> Iterator[str]:
        for key, value in tree.items():
            yield f"{prefix}{key}"
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")

    yield from flat(config, "")


def _main(command: str, arguments: list[str], folder: str, errors: str) -> None:
    os.chdir(folder)
    sys.stdout = open(os.devnull, "w")
    sys.stderr = open(errors, "w", errors="replace")
    sys.argv = [command, *arguments]
    try:
        importlib.import_module(f"skgraph.{command}").main()
    except Exception:
        import traceback

        traceback.print_exc()
        raise SystemExit(3) from None
    finally:
        sys.stderr.flush()


def main() -> None:
    count, seed = (int(word) for word in [*sys.argv[1:], *("200", "0")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as scratch:
        whole = make_whole(Path(scratch))
        wrong = 0
        for number, (command, arguments) in zip(range(count), wrong_lines(seed), strict=False):
            if found := problem(command, arguments, whole):
                wrong += 1
                print(f"{number}: {command} {' '.join(arguments)}\n    {found}", flush=True)
    print(f"{count} command lines, {wrong} without one clear error")


if __name__ == "__main__":
    main()
