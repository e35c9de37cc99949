#!/usr/bin/env bash
# Joint, bone and motion: pre-train each, probe each, fuse their scores. Without arguments on the synthetic data, in a few
# minutes on 2 CPU cores; on other data:
#
#     bash examples/three_streams.sh gfp dataset=store dataset.root=data/mine
set -euo pipefail

objective=${1:-sjepa}
options=("${@:2}")

python -m skgraph.pretrain -m stream=joint,bone,motion "objective=$objective" runs=runs/streams "evaluate=[]" \
    "${options[@]}"

scores=()
for stream in joint bone motion; do
    run=$(ls -d runs/streams/"$objective"_*_"$stream"_seed*)
    # Hold out a fifth of the training people, on whom the weights of `tuned` are chosen.
    python -m skgraph.evaluate protocol=linear validation=0.2 "run=$run"
    scores+=("$(ls -d "$run"/evaluation/linear_*_validation0.2)")
done

listed=$(IFS=,; echo "${scores[*]}")
for weights in equal aimclr tuned; do
    python -m skgraph.ensemble "scores=[$listed]" "weights=$weights"
done
python -m skgraph.report runs/streams/* ensemble/*
