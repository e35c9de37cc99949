#!/usr/bin/env bash
# Every measurement on a GPU, from the root of a checkout: training steps of each method, their losses beside those of a
# plain training, features, scaling, and two epochs of GFP and MAMP on a synthetic dataset of the size of NTU RGB+D 60,
# whose log has the clips per second and the share of time spent waiting for data.
#
#     bash examples/measure_gpu.sh examples/results
set -euo pipefail
out=$(realpath "${1:-examples/results}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p traces  # traces of a step, for Perfetto
python -m benchmarks plain_mamp_gpu out="$out/benchmark_train_gpu.json" profiles=traces
python -m benchmarks plain_mamp_gpu out="$out/benchmark_train_graphs_gpu.json" "recipe=['trainer.compile=graphs']"
python -m benchmarks losses out="$out/benchmark_losses_gpu.json"
python -m benchmarks losses out="$out/benchmark_losses_graphs_gpu.json" "recipe=['trainer.compile=graphs']"
python -m skgraph.benchmark encode out="$out/benchmark_encode_gpu.json" benchmark.sizes.bodies=256
python -m skgraph.benchmark scaling out="$out/benchmark_scaling_gpu.json" benchmark.sizes.bodies=64
# 26 actions x 3 cameras x 40 people x 13 times: 40,560 clips.
python -m skgraph.prepare dataset=synthetic subjects=40 repetitions=13 out="$work/large"
for objective in gfp mamp; do
  python -m skgraph.pretrain experiment="${objective}_ntu60_xsub" dataset=store dataset.root="$work/large" \
    dataset.split=xsub runs="$work/runs" name="$objective" trainer.epochs=2 trainer.warmup_epochs=1 'evaluate=[]'
  cp "$work/runs/$objective/metrics.jsonl" "$out/metrics_${objective}_gpu.jsonl"
done
