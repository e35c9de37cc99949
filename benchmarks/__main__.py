"""Measurements behind the claims of the documentation, from the root of a checkout.

    python -m benchmarks NAME [option=value ...]

    graph_by_graph                the data path beside preparing the same graphs one by one
    plain_mamp, plain_mamp_gpu    training steps beside those of a plainly written MAMP
    losses                        losses of the first steps beside those of a plain training
    store                         opening and reading a store of many clips
    parse                         NTU RGB+D's files beside reading them line by line
    programs                      exported encoders in onnxruntime beside PyTorch
    probes                        linear probes, nearest neighbours and retrieval

The options are those of `python -m skgraph.benchmark`, whose own measurements can be named too.
"""

import sys
from pathlib import Path

from skgraph.benchmark import main

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
    else:
        name, *options = sys.argv[1:]
        sys.argv[1:] = [f"benchmark={name}", *options, "--config-dir", str(Path(__file__).parent / "configs")]
        main()
