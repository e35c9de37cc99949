"""The model card of an exported model."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

import yaml

from skgraph._internal.text import file_name, plain
from skgraph.evaluation.model_folder import Head
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.results.result import Result, join_warnings
from skgraph.training.checkpoint import versions


def model_card(run: PretrainedRun, head: Head | None = None, address: str = "", licence: str | None = None) -> str:
    """Describe a model and its head in Markdown: components, data, accuracies of frozen evaluations, and use.

    The metadata at the top are those of the Hugging Face Hub, see https://huggingface.co/docs/hub/model-cards.

    Args:
        run: the model.
        head: its head, if any.
        address: of the model in the example of its use: a folder or ``hf:owner/model``; by default the run's folder.
        licence: an identifier of the Hub, such as ``"mit"``.
    """
    config = run.config
    kinds = {key: str(config[key].get("_target_")).rpartition(".")[2] for key in ("objective", "encoder")}
    topology = f"{run.topology.name}, {run.topology.num_joints} joints, {run.topology.dim}D"
    if run.any_topology:
        topology = f"any {run.topology.dim}D skeleton, trained on {', '.join(run.trained_on)}"
    rows = [
        ("objective", kinds["objective"]),
        ("encoder", kinds["encoder"]),
        ("stream", str(config["stream"].get("name"))),
        ("topology", topology),
        ("input", f"{config['frames']} frames of a body, tokens of {config['patch_length']} frames"),
        ("pre-trained on", f"{config['dataset'].get('name')}, content {run.content_hash[:16] or 'unknown'}"),
        ("prepared", run.preprocessing or "unknown"),
        ("steps", str(run.step or "unknown")),
        ("versions", ", ".join(f"{key} {value}" for key, value in versions().items())),
    ]
    if run.origin is not None:
        rows.insert(0, ("weights from", run.origin))
    if head is not None:
        rows += [
            ("feature of a body", head.pool),
            ("bodies of a clip", head.bodies),
            ("classes", ", ".join(head.class_names)),
        ]
    table = "\n".join(f"| {key} | {_cell(value)} |" for key, value in rows)
    results = [
        result for result in run.results if result.protocol in ("knn", "linear") and result.metrics["top1"] is not None
    ]
    use = "embed" if head is None else "embed, predict"
    recognise = "" if head is None else 'print(predict(model, "recording.npy"))\n'
    return f"""---
{yaml.safe_dump(_metadata(run, head, licence, results), sort_keys=False, allow_unicode=True)}---
# {_cell(run.folder.name)}

| | |
|---|---|
{table}

{_accuracies(results)}```python
from skgraph.api import {use}
from skgraph.evaluation import load_encoder

model = {json.dumps(_cell(address or run.folder.name))}
encoder = load_encoder(model)  # joints [B, T, V, C] -> tokens [B, L, D]
features = embed(model, "recording.npy").x
{recognise}```
"""


def _metadata(run: PretrainedRun, head: Head | None, licence: str | None, results: Sequence[Result]) -> dict[str, Any]:
    """Return the metadata of the card; results follow the Hub's ``model-index``.

    The Hub has no task for skeletons: a model with a head is listed as ``video-classification``.
    """
    metadata: dict[str, Any] = {} if licence is None else {"license": licence}
    metadata |= {
        "library_name": "skgraph",
        "pipeline_tag": "feature-extraction" if head is None else "video-classification",
        "tags": ["skeleton", "action-recognition", "self-supervised"],
    }
    entries = [
        {
            "task": {"type": "video-classification", "name": "Skeleton-based action recognition"},
            "dataset": {
                "type": file_name(result.dataset.name).lower(),
                "name": _cell(result.dataset.name),
                "config": _cell(result.dataset.split),
                "split": "test",
            },
            "metrics": [
                {
                    "type": "accuracy",
                    "value": round(result.metrics["top1"], 2),
                    "name": f"{_cell(result.label)}, top-1 accuracy (%) of the frozen encoder",
                    "config": "" if result.path is None else _cell(result.path.parent.name),
                }
            ],
        }
        for result in results
    ]
    if entries:
        metadata["model-index"] = [{"name": _cell(run.folder.name), "results": entries}]
    return metadata


def _accuracies(results: Sequence[Result]) -> str:
    rows = []
    for result in results:
        top1 = [metrics and metrics["top1"] for metrics in (result.metrics, result.random_init, result.raw_coordinates)]
        cells = [_cell(result.label), f"{_cell(result.dataset.name)}, {_cell(result.dataset.split)}"]
        rows.append(" | ".join([*cells, *("" if value is None else f"{value:.1f}" for value in top1)]))
    if not rows:
        return ""
    header = ["protocol | test clips of | trained | random init | raw coordinates", "---|---|---|---|---"]
    table = [f"| {row} |" for row in (*header, *rows)]
    by_data: dict[str, list[Result]] = {}
    for result in results:
        by_data.setdefault(f"{result.dataset.name}, {result.dataset.split}", []).append(result)
    warnings = [
        f"- {_cell(f'{data}: {worse}', 2000)}" for data, own in by_data.items() if (worse := join_warnings(own))
    ]
    return "\n".join(["Top-1 accuracy of the frozen encoder, in per cent:", "", *table, "", *warnings, "", ""])


def _cell(text: object, characters: int = 400) -> str:
    """Escape a text for a cell of a table, or a line, in Markdown."""
    return html.escape(plain(text, characters), quote=False).replace("|", "\\|")
