"""Functions and classes that a configuration names, and checks of options against their annotations."""

from __future__ import annotations

import inspect
import logging
import math
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from hydra.utils import get_object

from skgraph._internal.text import plain
from skgraph.errors import ConfigError, first_line

_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word", type(None): "null"}
_WORDS |= {Path: "a path", Mapping: "a mapping", dict: "a mapping", Any: "anything"}


def import_target(config: object, where: str) -> Any:
    """Import what a configuration names as its ``_target_``.

    Args:
        config: a mapping with the name.
        where: key of the configuration, for errors.

    Raises:
        ConfigError: there is no name, or nothing can be imported by it.
    """
    target = config.get("_target_") if isinstance(config, Mapping) else None
    if not isinstance(target, str):
        raise ConfigError(f"{where} must be a mapping with a _target_, found '{config}'")
    logging.getLogger("hydra.utils").setLevel(logging.CRITICAL)  # Hydra would print an error of its own
    try:
        return get_object(target)
    except Exception as error:  # Hydra raises ImportError, ValueError and others
        cause: BaseException = error  # the innermost cause is the reason
        while cause.__cause__ is not None:
            cause = cause.__cause__
        hint = "; a custom file must lie in the folder where the command runs" if "skgraph" not in target else ""
        raise ConfigError(f"{where}._target_ '{target}' cannot be imported: {first_line(cause)}{hint}") from error


def check_kinds(function: Callable[..., object], values: Mapping[str, Any], where: str = "") -> None:
    """Compare values with the annotations of the function or dataclass that takes them.

    Hydra passes on any word: ``two_views=maybe`` would count as true. An argument without an annotation, or with
    one that cannot be resolved, such as a name imported for type checkers only, accepts any value.

    Args:
        function: function or class that takes the values.
        values: by argument.
        where: prefix of the keys in the message, such as ``trainer``.

    Raises:
        ConfigError: a value of another kind.
    """
    parameters = inspect.signature(function).parameters
    owners = reversed(function.__mro__) if isinstance(function, type) else [inspect.unwrap(function)]
    names: dict[str, Any] = {}
    for owner in owners:  # a dataclass may inherit fields, and their annotations, from another module
        names |= vars(sys.modules[owner.__module__])
    for key, value in values.items():
        kind = _resolve(parameters[key].annotation, names) if key in parameters else Any
        if not _fits(value, kind):
            found = "null" if value is None else f"'{plain(value)}'"
            raise ConfigError(f"{where}{'.' if where else ''}{key} must be {_describe(kind)}, found {found}")


def at_least(where: str, least: float, **values: float | None) -> None:
    """Raise a ConfigError for the first value below ``least``, or too large to compute with; ``None`` is a default."""
    for key, value in values.items():
        if value is not None and not least <= value < math.inf:
            raise ConfigError(f"{where}: {key} must be at least {least:g}, found {value}")
        if value is not None and value >= 2**53:
            raise ConfigError(f"{where}: {key} is too large: {value if value < 10**30 else 'more than 10^30'}")


def _resolve(annotation: object, names: dict[str, Any]) -> Any:
    if annotation is inspect.Parameter.empty:
        return Any
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__={"kind": annotation}), names)["kind"]
    except Exception:
        return Any


def _fits(value: object, kind: Any) -> bool:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in arguments)
    if origin is Literal:
        return any(type(value) is type(option) and value == option for option in arguments)
    if origin in (Sequence, list, tuple):
        if not isinstance(value, (list, tuple)):
            return False
        if origin is tuple and Ellipsis not in arguments:
            return len(arguments) == len(value) and all(map(_fits, value, arguments))
        return all(_fits(item, arguments[0]) for item in value)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    if kind is Path:
        return isinstance(value, (str, Path))
    kind = origin or kind
    return kind is Any or not isinstance(kind, type) or isinstance(value, kind)


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten a nested configuration to dotted keys."""
    values: dict[str, Any] = {}
    for key, value in tree.items():
        values |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return values


def _describe(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(_describe, arguments)))
    if origin is Literal:
        return " or ".join(f"'{option}'" for option in arguments)
    if origin in (Sequence, list, tuple):
        count = f"of {len(arguments)} " if origin is tuple and Ellipsis not in arguments else ""
        return f"a list {count}with {_describe(arguments[0])} as each item"
    return _WORDS.get(origin or kind, getattr(kind, "__name__", str(kind)))
