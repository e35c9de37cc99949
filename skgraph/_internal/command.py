"""Commands: Hydra applications that report bad input in one line."""

from __future__ import annotations

import difflib
import functools
import io
import os
import re
import signal
import string
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, cast

import hydra
from hydra.errors import HydraException, InstantiationException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from skgraph._internal.data_dir import data_dir
from skgraph._internal.messages import shown_messages
from skgraph.errors import ConfigError, DataError, first_line

# Choices shown in the error for a key without a value.
_CHOICES = {"unit": "m|cm|mm|normalised"}
_RESOLVERS: dict[str, Callable[..., object]] = {
    "stem": lambda path: Path(str(path)).name,  # last component of a path
    "component": lambda choice, target: (
        target.rpartition(".")[2] if choice == "custom" else choice
    ),  # name of a choice; class of a custom one
    "unless": lambda other, value: value if other is None else None,  # a value that another key replaces
}
for _name, _resolver in _RESOLVERS.items():
    OmegaConf.register_new_resolver(_name, _resolver, replace=True)


def command(
    config_name: str, read_arguments: Callable[[list[str]], list[str]] = list
) -> Callable[[Callable[[DictConfig], object]], Callable[..., object]]:
    """Make a function of a configuration the command ``python -m skgraph.<command>``.

    ``hydra.main`` composes the configuration, so overrides, ``--cfg job`` and ``--multirun`` are Hydra's own. A
    `DataError` (bad input), or a command line that Hydra cannot compose, becomes one line ``error: ...`` on stderr and
    exit code 1; in a multirun the other jobs still run. Any other exception is a bug with its traceback.

    Args:
        config_name: a file of the packaged ``configs`` folder without ``.yaml``; ``prepare/prepare`` has its config
            groups in ``configs/prepare``.
        read_arguments: turns the arguments of the command line into those that Hydra reads.

    Returns:
        A decorator. The decorated function reads ``sys.argv``; called with a configuration it is the plain function,
        and raises.
    """

    def decorate(task: Callable[[DictConfig], object]) -> Callable[..., object]:
        @functools.wraps(task)
        def main(cfg: DictConfig | None = None) -> object:
            if cfg is not None:
                return task(cfg)
            failed = False

            @functools.wraps(task)  # Hydra names the job after the module of the innermost wrapped function
            def job(cfg: DictConfig) -> object:
                nonlocal failed
                try:
                    check_complete(cfg, " on the command line")
                    with shown_messages():  # here, as a launcher may call this in a process of its own
                        return task(cfg)
                except InterpolationResolutionError as error:
                    print(f"error: {error.full_key}: {first_line(error)}", file=sys.stderr)
                    failed = True
                    return None
                except (DataError, InstantiationException, OSError, MemoryError, RuntimeError) as error:
                    print(f"error: {_data_error(error)}", file=sys.stderr)
                    failed = True
                    return None

            # `Trainer.fit` replaces these handlers while it trains.
            for number in (signal.SIGTERM, signal.SIGINT):
                if signal.getsignal(number) is not signal.SIG_IGN:  # of `nohup` or of a shell's background jobs
                    signal.signal(number, _stop)
            # File names may be any bytes: escape what the terminal cannot print.
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="backslashreplace")
            sys.argv[1:] = map(quoted, read_arguments(sys.argv[1:]))
            path = data_dir("configs") / config_name
            os.environ["HYDRA_FULL_ERROR"] = "1"  # lets Hydra's own errors reach the handlers below
            try:
                if [word for word in sys.argv[1:] if word.startswith("-")] in (["--help"], ["-h"]):
                    print(_format_help(path, [word for word in sys.argv[1:] if not word.startswith("-")]))
                else:
                    hydra.main(config_path=str(path.parent), config_name=path.name, version_base="1.3")(job)()
            except HydraException as error:
                sys.exit(_fail(composition_error(error)))
            except ValueError as error:
                sys.exit(_fail(group_error(error, sys.argv[1:])))
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
                sys.exit(128 + signal.SIGINT)
            if failed:
                sys.exit(1)
            return None

        return main

    return decorate


def _stop(number: int, frame: FrameType | None) -> None:
    """End a command by SIGTERM or Ctrl-C, through its `finally` blocks, which remove half-written output.

    During an import, wait for its end: extension modules swallow exceptions.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            threading.Timer(0.05, signal.raise_signal, [number]).start()
            return
        frame = frame.f_back
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _fail(text: str) -> int:
    """Print an error, and return the exit code."""
    print(f"error: {text}", file=sys.stderr)
    return 1


def _format_help(path: Path, overrides: list[str]) -> str:
    """Return the help of a command; Hydra's own, which also lists the files of all config groups, takes a second."""
    with hydra.initialize_config_dir(str(path.parent), version_base="1.3"):
        cfg = hydra.compose(path.name, overrides, return_hydra_config=True)
    config = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    return string.Template(cfg.hydra.help.template).safe_substitute(CONFIG=OmegaConf.to_yaml(config))


def plain_config(cfg: DictConfig) -> dict[str, Any]:
    """Return a composed configuration as a plain dictionary, with its interpolations resolved."""
    return cast(dict[str, Any], OmegaConf.to_container(cfg, resolve=True))


def check_complete(cfg: DictConfig, where: str = "") -> None:
    """Raise a ConfigError that names the keys without a value (``???``), and where to give them."""
    if missing := _missing(OmegaConf.to_container(cfg)):
        wanted = " ".join(f"{key}={_CHOICES.get(key, '...')}" for key in missing)
        raise ConfigError(f"say {wanted}{where}: no default fits")


# Options of Hydra's command line that take a value.
_WITH_VALUE = frozenset("-c --cfg -p --package -cp --config-path -cn --config-name -cd --config-dir -i --info".split())
_CALL = re.compile(r"[a-z_]+\(.*\)")


def quoted(argument: str) -> str:
    """Quote a value such as ``source=Jürgen`` or ``source=a=b.npz``, which Hydra's grammar refuses otherwise.

    A value with quotes, brackets or commas stays as it is: it may be a list or a sweep.
    """
    key, _, value = argument.partition("=")
    plain = value.isascii() and value.isprintable() and "=" not in value
    if re.search(r"\{\w+\}", value) and not set(value) & set("'\"\\,:"):  # {action}_{subject}, a pattern of names
        return f"{key}='{value}'"
    if "(" in value or ")" in value:  # Hydra's own functions, such as choice(1,2), or `clips (1).npz`
        plain = plain and _CALL.fullmatch(value) is not None
    return argument if plain or argument[:1] == "-" or set(value) & set("'\"[]{},\\") else f"{key}='{value}'"


def words_as_list(arguments: list[str], key: str) -> list[str]:
    """Turn ``a b x=1`` into ``key=['a','b'] x=1``: plain words, such as paths, become one list.

    Words with ``=`` and options (``-m``, ``--cfg job``) stay as they are.
    """
    words: list[str] = []
    others: list[str] = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        plain = argument and "=" not in argument and argument[0] not in "-~" and before not in _WITH_VALUE
        (words if plain else others).append(argument)
    if not words:
        return others
    return [f"{key}=[{','.join(map(in_quotes, words))}]", *others]


def in_quotes(word: str) -> str:
    """Quote a word for Hydra: escape its quotes, and the backslashes before a quote or at its end."""
    escaped = re.sub(r"(\\*)('|\Z)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), word)
    return f"'{escaped}'"


def reader_options(arguments: list[str]) -> list[str]:
    """Turn ``read.world=false`` into ``++read.world=false``: each format has options of its own.

    ``dataset=npz`` becomes ``++read.dataset=npz``: for Hydra, ``dataset`` is a group of files.
    """
    arguments = [f"read.{word}" if word.startswith("dataset=") else word for word in arguments]
    return [f"++{word}" if word.startswith("read.") else word for word in arguments]


def source_arguments(arguments: list[str]) -> list[str]:
    """Read plain words as the source, and options of its reader."""
    return reader_options(words_as_list(arguments, "source"))


def _missing(node: object, path: str = "") -> list[str]:
    """Return the dotted keys without a value (``???``).

    ``OmegaConf.missing_keys`` would follow interpolations and fail at the first that leads to one.
    """
    if isinstance(node, dict):
        return [key for name, value in node.items() for key in _missing(value, f"{path}.{name}" if path else str(name))]
    return [path] if node == "???" else []


def _data_error(error: Exception) -> DataError:
    """Return the bad input behind an error, or raise the error if it is a bug."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DataError):  # Hydra's `instantiate` wraps what a target raises
        cause = cause.__cause__
    if cause is not None:
        return cause
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return DataError("out of memory: process less at a time, such as a smaller batch, fewer frames or fewer files")
    if isinstance(error, OSError):  # such as a full disk, which the system's own words describe
        return DataError(str(error))
    raise error


def composition_error(error: HydraException) -> str:
    """Condense an error of Hydra to one line, with the nearest key or the choices."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, OverrideParseException):
        return f"{error.override} cannot be read ({lines[-2] if len(lines) > 1 else lines[0]}): put its value in quotes"
    text = re.sub(r"^In '[^']*': ", "", lines[0]).removesuffix(".")
    if unknown := re.match(r"Could not override '(.*)'", text):
        return text + _nearest_key(error, unknown[1])
    if found := re.match(r"Could not find '(objective|encoder)/(.+\..+)'", text):
        group, target = found.groups()
        return f"{text}: a custom class is {group}=custom {group}._target_={target}"
    options = [line for line in lines[2:] if not line.startswith(("Config search path", "provider="))]
    if len(lines) > 1 and lines[1].startswith("Available options"):
        return f"{text}: {lines[1][0].lower()}{lines[1][1:].rstrip(':')} are {', '.join(options)}"
    return text


def group_error(error: ValueError, overrides: Sequence[str]) -> str:
    """Describe Hydra's plain ValueError for a number or null that chooses a file, ``dataset=5``; raise another one."""
    if not str(error).startswith("Config group override"):
        raise error
    text = str(error).replace("Config group override", "an option that names a file")
    return f"{text} ({' '.join(overrides)})"


def _nearest_key(error: HydraException, unknown: str) -> str:
    """Suggest the existing key that resembles an unknown one, or list all keys if they are few."""
    node: Any = getattr(error.__cause__, "parent_node", None)
    key = unknown.rpartition(".")[2]
    keys = [str(name) for name in node if name != "hydra"] if isinstance(node, DictConfig) else []
    if "_target_" in keys and (OmegaConf.is_missing(node, "_target_") or not node["_target_"].startswith("skgraph.")):
        return f": a new key of a custom component needs a plus, +{unknown}=..."
    if close := difflib.get_close_matches(key, keys, 1):
        return f": did you mean {close[0]}?"
    is_reader = "read" in keys and "_target_" not in (node["read"] or {})
    more = f"; an option of a file format follows read., read.{unknown}=..." if is_reader else ""
    return f": expected one of {', '.join(keys)}{more}" if 0 < len(keys) <= 30 else ""
