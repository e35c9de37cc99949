"""Write the synthetic dataset as NTU RGB+D's or PKU-MMD's own files, and try out the readers without a download.

python examples/synthetic_files.py ntu raw/ntu
python -m skgraph.prepare dataset=ntu60 source=raw/ntu out=data/ntu_like

python examples/synthetic_files.py pku raw/pku
python -m skgraph.prepare dataset=pku1 source=raw/pku out=data/pku_like
"""

import sys
import tempfile
from pathlib import Path

from skgraph.datasets.synthetic import write_synthetic
from skgraph.datasets.synthetic.raw_files import write_ntu_files, write_pku_files


def main(kind: str, folder: str, subjects: int = 4) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        store = write_synthetic(Path(scratch) / "store", subjects=subjects, repetitions=1, recordings=kind == "pku")
        (write_pku_files if kind == "pku" else write_ntu_files)(store, folder)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("ntu", "pku"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
