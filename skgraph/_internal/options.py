"""Checks of plain values, as a configuration or a command line gives them."""

from __future__ import annotations

import inspect
import math
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from skgraph.errors import ConfigError

_NAMES = {"Sequence": Sequence, "Mapping": Mapping, "Literal": Literal, "Any": Any}
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word", type(None): "null"}


def check_kinds(function: Callable[..., object], values: Mapping[str, Any], where: str) -> None:
    """Compare values with the annotations of the function that takes them.

    Hydra hands over any word that somebody types, and ``two_views=maybe`` would count as true. Annotations that are not
    plain (a module, a callable) are left to the function.

    Args:
        function: or class; has all keys of ``values`` as arguments.
        values: by argument.
        where: of the values in the configuration, for the message.

    Raises:
        ConfigError: a value of another kind.
    """
    parameters = inspect.signature(function).parameters
    names = _names(function)
    for key, value in values.items():
        kind = _resolved(parameters[key].annotation, names)
        if not _fits(value, kind):
            raise ConfigError(f"{where}.{key} must be {_words(kind)}, found '{value}'")


def at_least(where: str, least: float, **values: float | None) -> None:
    """Raise a ConfigError for the first value below ``least``, or too large to compute with; ``None`` is a default."""
    for key, value in values.items():
        if value is not None and not least <= value < math.inf:
            raise ConfigError(f"{where}: {key} must be at least {least:g}, found {value}")
        if value is not None and value >= 2**53:
            raise ConfigError(f"{where}: {key} is too large: {value if value < 10**30 else 'more than 10^30'}")


def _names(function: Callable[..., object]) -> dict[str, Any]:
    """What names mean in the annotations of a function, or of a class and those that it inherits fields from."""
    owners = reversed(function.__mro__) if isinstance(function, type) else [function]
    modules = [vars(sys.modules[owner.__module__]) for owner in owners if owner.__module__ in sys.modules]
    return {name: value for module in modules for name, value in module.items()} | _NAMES


def _resolved(annotation: object, names: dict[str, Any]) -> object:
    """The type behind an annotation that is written as text; ``Any`` for one that names something else."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, {"__builtins__": __builtins__}, names)  # text of a source file, not of a user
    except Exception:  # a name of its module, or an annotation that only a type checker reads
        return Any


def _fits(value: object, kind: object) -> bool:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in arguments)
    if origin is Literal:
        return any(type(value) is type(option) and value == option for option in arguments)
    if origin in (Sequence, list):
        return isinstance(value, (list, tuple)) and all(_fits(item, arguments[0]) for item in value)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            return False
        kinds = [arguments[0]] * len(value) if Ellipsis in arguments else arguments
        return len(kinds) == len(value) and all(map(_fits, value, kinds))
    if origin is Mapping:
        return isinstance(value, Mapping)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind) if kind in (bool, str, type(None)) else True


def _words(kind: object) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_words(option) for option in arguments)
    if origin is Literal:
        return " or ".join(f"'{option}'" for option in arguments)
    if origin in (Sequence, list, tuple):
        count = f"of {len(arguments)} " if origin is tuple and Ellipsis not in arguments else ""
        return f"a list {count}with {_words(arguments[0])} in each place"
    if origin is Mapping:
        return "a mapping"
    return _WORDS.get(kind, str(kind))
