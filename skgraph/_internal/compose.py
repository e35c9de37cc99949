"""The configuration of a command, composed in Python."""

from __future__ import annotations

import copy
import numbers
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, open_dict

from skgraph._internal.command import check_complete, composition_error, group_error, in_quotes
from skgraph._internal.data_dir import data_dir
from skgraph._internal.options import flat
from skgraph.errors import ConfigError


@contextmanager
def composed(config_name: str, options: Mapping[str, Any]) -> Iterator[DictConfig]:
    """Compose the configuration of a command, as its command line does.

    Resolve interpolations within the context: Hydra's global state is that of the command there. The end of the context
    restores the earlier state, also inside another Hydra application.

    Args:
        config_name: as of :func:`~skgraph._internal.command.command`.
        options: value of each option; ``{"trainer": {"steps": 5}}`` is ``{"trainer.steps": 5}``.

    Raises:
        ConfigError: an option or choice that does not exist, or a key without a value.
    """
    path = data_dir("configs") / config_name
    overrides = [f"{key}={_word(value)}" for key, value in flat(options).items()]
    outer = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(path.parent), version_base="1.3"):
            cfg = compose(path.name, overrides, return_hydra_config=True)
            own = copy.deepcopy(cfg)
            with open_dict(own):
                del own["hydra"]
            HydraConfig.instance().set_config(cfg)
            check_complete(own)
            yield own
    except HydraException as error:
        raise ConfigError(composition_error(error)) from error
    except ValueError as error:
        raise ConfigError(group_error(error, overrides)) from error
    finally:
        GlobalHydra.instance().hydra, HydraConfig.instance().cfg = outer


def _word(value: object) -> str:
    """Write a value in Hydra's grammar."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return str(float(value))
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_word, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_word(each)}" for key, each in value.items()) + "}"
    return in_quotes(str(value))
