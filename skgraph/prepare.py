"""Make a store from raw files: skgraph prepare dataset=npz source=FILE.npz topology=NAME out=FOLDER."""

from __future__ import annotations

import re
import sys

from omegaconf import DictConfig

from skgraph._internal.command import command
from skgraph._internal.data_dir import data_dir


def _print_help(arguments: list[str]) -> list[str]:
    """Print the options of a dataset with their comments, which Hydra's own help drops, if help is asked for."""
    if not {"--help", "-h"} & set(arguments):
        return arguments
    configs = data_dir("configs") / "prepare"
    datasets = sorted(path.stem for path in (configs / "dataset").glob("*.yaml"))
    chosen = next((word.removeprefix("dataset=") for word in arguments if word.startswith("dataset=")), None)
    if chosen not in datasets:
        print(f"{__doc__}\n\ndataset is one of {', '.join(datasets)}; dataset={datasets[0]} --help shows its options.")
    else:
        text = (configs / "dataset" / f"{chosen}.yaml").read_text(encoding="utf-8")
        shared = (configs / "raw.yaml").read_text(encoding="utf-8") if "/raw@" in text else ""
        print(f"skgraph prepare dataset={chosen} [option=value ...]; ??? must be given")
        for part in filter(None, (text, shared, "out: ???  # folder of the store")):
            # Drop the keys that bind options to functions.
            print("\n" + re.sub(r"(?m)^(?:(?:defaults|read|write):\n(?:[ ].*\n)*|# @package.*\n|\n)", "", part).strip())
    sys.exit()


@command("prepare/prepare", _print_help)
def main(cfg: DictConfig) -> None:
    """Read a dataset, write its store, and print an overview."""
    from skgraph.api.preparation import write

    write(cfg)


if __name__ == "__main__":
    main()
