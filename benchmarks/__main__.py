"""Measurements behind the claims of the documentation, from the root of a checkout.

    python -m benchmarks NAME [option=value ...]

    graph_by_graph                the data path beside preparing the same graphs one by one
    plain_mamp, plain_mamp_gpu    training steps beside those of a plainly written MAMP
    losses                        losses of the first steps beside those of a plain training
    store                         opening and reading a store of many clips
    parse                         NTU RGB+D's files beside reading them line by line
    programs                      exported encoders in onnxruntime beside PyTorch
    probes                        linear probes, nearest neighbours and retrieval

The options are those of `python -m skgraph.benchmark`, whose measurements can be named too. Other modules:

    python -m benchmarks.sjepa_study          what makes S-JEPA learn (docs/sjepa.md)
    python -m benchmarks.small_evaluations    every protocol on small runs (docs/results.md)
    python -m benchmarks.timeline_accuracy    recognised timelines beside true ones (docs/results.md)
    python -m benchmarks.viewer_frame_rate    frames per second of the viewer (docs/speed.md)
    python -m benchmarks.check_probes         the probes beside scikit-learn's (docs/extending.md)
"""

import sys
from pathlib import Path

from skgraph.benchmark import main

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
    else:
        sys.argv += ["--config-dir", str(Path(__file__).parent / "configs")]
        main()
