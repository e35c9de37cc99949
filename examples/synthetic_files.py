"""Write the synthetic dataset as files of NTU RGB+D or PKU-MMD, to try the readers without a download.

python examples/synthetic_files.py ntu raw/ntu
python -m skgraph.prepare dataset=ntu60 source=raw/ntu out=data/ntu_like

python examples/synthetic_files.py pku raw/pku
python -m skgraph.prepare dataset=pku1 source=raw/pku out=data/pku_like
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout, for `benchmarks`

from benchmarks.raw_files.ntu import write_ntu_files
from benchmarks.raw_files.pku import write_pku_files
from skgraph.datasets.synthetic import write_synthetic


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="?", choices=("ntu", "pku"), default="ntu")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("raw/ntu"))
    parser.add_argument("--subjects", type=int, default=4)
    options = parser.parse_args()
    recordings = options.kind == "pku"
    with tempfile.TemporaryDirectory() as scratch:
        store = write_synthetic(
            Path(scratch) / "store", subjects=options.subjects, repetitions=1, recordings=recordings
        )
        (write_pku_files if recordings else write_ntu_files)(store, options.folder)
        print(f"{store.num_clips} recordings in '{options.folder}'")


if __name__ == "__main__":
    main()
