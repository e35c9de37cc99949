"""What the verbs share: a Hydra application whose bad input ends in one line, not in a traceback."""

from __future__ import annotations

import functools
import io
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import hydra
from hydra.errors import HydraException, InstantiationException
from omegaconf import DictConfig, OmegaConf

from skgraph._internal.data_dir import data_dir
from skgraph._internal.hydra_errors import composition_error
from skgraph.errors import ConfigError, DataError

# What a key without a default may be, where that is the same for whatever has such a key.
_CHOICES = {"unit": "m|cm|mm|normalised"}
# `${stem:PATH}` in a configuration is the last part of a path.
OmegaConf.register_new_resolver("stem", lambda path: Path(str(path)).name, replace=True)


def verb(config_name: str) -> Callable[[Callable[[DictConfig], object]], Callable[..., object]]:
    """Make a function of a config the command `python -m skgraph.<verb>`.

    `hydra.main` composes the config, so overrides, `--help`, `--cfg job` and `--multirun` are Hydra's own. A
    `DataError` (bad input), or a command line that Hydra cannot compose, becomes one line `error: ...` on stderr and
    exit code 1; in a multirun the other jobs still run. Any other exception is a bug and keeps its traceback.

    Args:
        config_name: a file of the packaged `configs` folder without `.yaml`. A verb with config groups of its own has a
            folder of its own: `prepare/prepare` is `configs/prepare/prepare.yaml` with the groups of `configs/prepare`.

    Returns:
        A decorator. The decorated function reads `sys.argv`; called with a config it is the plain function, and raises.
    """

    def decorate(task: Callable[[DictConfig], object]) -> Callable[..., object]:
        @functools.wraps(task)
        def main(cfg: DictConfig | None = None) -> object:
            if cfg is not None:
                return task(cfg)
            failures: list[DataError] = []

            @functools.wraps(task)  # Hydra names the job after the module of the innermost wrapped function
            def job(cfg: DictConfig) -> object:
                try:
                    if missing := _missing(OmegaConf.to_container(cfg)):
                        wanted = " ".join(f"{key}={_CHOICES.get(key, '...')}" for key in missing)
                        raise ConfigError(f"say {wanted} on the command line: no default fits")
                    return task(cfg)
                except (DataError, InstantiationException, OSError, MemoryError, RuntimeError) as error:
                    failures.append(_data_error(error))
                    print(f"error: {failures[-1]}", file=sys.stderr)
                    return None

            # A command that is told to end removes what it has half written. (A training has a handler of its own.)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
            # Names of files may be any bytes; what cannot be printed as a letter is printed in ASCII.
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="backslashreplace")
            sys.argv[1:] = map(quoted, sys.argv[1:])
            path = data_dir("configs") / config_name
            os.environ["HYDRA_FULL_ERROR"] = "1"  # its errors come here, and are one line too
            try:
                hydra.main(config_path=str(path.parent), config_name=path.name, version_base="1.3")(job)()
            except HydraException as error:
                print(f"error: {composition_error(error)}", file=sys.stderr)
                sys.exit(1)
            except ValueError as error:
                if not str(error).startswith("Config group override"):  # such as dataset=5: not one of Hydra's own
                    raise
                text = str(error).replace("Config group override", "an option that names a file")
                print(f"error: {text[0].lower()}{text[1:]} ({' '.join(sys.argv[1:])})", file=sys.stderr)
                sys.exit(1)
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
                sys.exit(128 + signal.SIGINT)
            if failures:
                sys.exit(1)
            return None

        return main

    return decorate


# Options of Hydra's command line that are followed by a value of their own.
_WITH_VALUE = (
    "-c",
    "--cfg",
    "-p",
    "--package",
    "-cp",
    "--config-path",
    "-cn",
    "--config-name",
    "-cd",
    "--config-dir",
    "-i",
    "--info",
)


_CALL = re.compile(r"[a-z_]+\(.*\)")


def quoted(argument: str) -> str:
    """``source=Jürgen`` and ``source=a=b.npz`` as Hydra reads them, whose grammar has no such letters without quotes.

    What has quotes, brackets or commas already stays as it is: it may be a list or a sweep.
    """
    key, _, value = argument.partition("=")
    plain = value.isascii() and value.isprintable() and "=" not in value
    if "(" in value or ")" in value:  # Hydra's own functions, such as choice(1,2), or `clips (1).npz`
        plain = plain and _CALL.fullmatch(value) is not None
    return argument if plain or argument[:1] == "-" or set(value) & set("'\"[]{},\\") else f"{key}='{value}'"


def words_as_list(arguments: list[str], key: str) -> list[str]:
    """``a b x=1`` reads as ``key=['a','b'] x=1``: a command line of plain words, such as paths, for Hydra.

    Args:
        arguments: of the command line; words with ``=`` and options (``-m``, ``--cfg job``) stay as they are.
        key: of the configuration, which takes the plain words.
    """
    words, others = [], []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        plain = argument and "=" not in argument and argument[0] not in "-~" and before not in _WITH_VALUE
        (words if plain else others).append(argument)
    if not words:
        return others
    # Hydra reads a quoted text as it stands, but for quotes, and backslashes before a quote.
    quoted = [re.sub(r"(\\*)('|\Z)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), word) for word in words]
    listed = ",".join(f"'{word}'" for word in quoted)
    return [f"{key}=[{listed}]", *others]


def _missing(node: object, path: str = "") -> list[str]:
    """Keys without a value (`???`), as they are given on the command line.

    `OmegaConf.missing_keys` would follow interpolations and fail at the first that leads to one.
    """
    if isinstance(node, dict):
        return [key for name, value in node.items() for key in _missing(value, f"{path}.{name}" if path else str(name))]
    return [path] if node == "???" else []


def _data_error(error: Exception) -> DataError:
    """The bad input behind `error`: `instantiate` wraps whatever a constructor raises in an exception of its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DataError):
        cause = cause.__cause__
    if cause is not None:
        return cause
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return DataError("out of memory: make the batch, the frames or the model smaller")
    if isinstance(error, OSError):  # a full disk, a folder that cannot be written: the system's words say which
        return DataError(str(error))
    raise error
