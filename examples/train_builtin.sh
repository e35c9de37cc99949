#!/usr/bin/env bash
# Train the model that ships with the package, and export it: bash examples/train_builtin.sh irds.npz uiprmd.npz
# The archives are ragged npz files (docs/your_data.md). Further arguments go to `pretrain`. 20 minutes on a CPU.
set -euo pipefail
python -m skgraph.prepare dataset=npz source="$1" topology=ntu_rgbd out=data/irds split.by=subject
python -m skgraph.prepare dataset=npz source="$2" topology=uiprmd_22 out=data/uiprmd 'split.train=[1,2,3,4,5]'
python -m skgraph.prepare dataset=synthetic out=data/synthetic
python -m skgraph.pretrain objective=lejepa experiment=lejepa_any dataset=stores \
  'dataset.roots=[data/irds,data/uiprmd,data/synthetic]' dataset.sub_skeletons=2 trainer.steps=2000 name=builtin "${@:3}"
python -m skgraph.export run=runs/builtin out=builtin
