"""The model card of an exported model."""

from __future__ import annotations

import html
from pathlib import Path

from skgraph._internal.text import plain
from skgraph.errors import DataError
from skgraph.evaluation.model_folder import Head
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.results.result import Result, join_warnings
from skgraph.training.checkpoint import versions


def model_card(run: PretrainedRun, head: Head | None = None) -> str:
    """Describe a model and its head in Markdown: components, data, accuracies of frozen evaluations, and use."""
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
    return f"""---
library_name: skgraph
tags: [skeleton, action-recognition, self-supervised]
---
# {_cell(run.folder.name)}

| | |
|---|---|
{table}

{_accuracies(run.folder)}```python
from skgraph.evaluation import embed, load_encoder

encoder = load_encoder("this folder")
features = embed("this folder", "recording.npy").x
```
"""


def _accuracies(folder: Path) -> str:
    rows, shown = [], []
    for path in sorted(folder.glob("evaluation/*/result.json")):
        try:
            result = Result.load(path)
        except DataError:
            continue  # a damaged result is no reason not to export
        if result.protocol not in ("knn", "linear") or result.metrics["top1"] is None:
            continue
        top1 = [metrics and metrics["top1"] for metrics in (result.metrics, result.random_init, result.raw_coordinates)]
        cells = [_cell(result.label), f"{_cell(result.dataset.name)}, {_cell(result.dataset.split)}"]
        rows.append(" | ".join([*cells, *("" if value is None else f"{value:.1f}" for value in top1)]))
        shown.append(result)
    if not rows:
        return ""
    header = ["protocol | test clips of | trained | random init | raw coordinates", "---|---|---|---|---"]
    table = [f"| {row} |" for row in (*header, *rows)]
    by_data: dict[str, list[Result]] = {}
    for result in shown:
        by_data.setdefault(f"{result.dataset.name}, {result.dataset.split}", []).append(result)
    warnings = [
        f"- {_cell(f'{data}: {worse}', 2000)}" for data, own in by_data.items() if (worse := join_warnings(own))
    ]
    return "\n".join(["Top-1 accuracy of the frozen encoder, in per cent:", "", *table, "", *warnings, "", ""])


def _cell(text: object, characters: int = 400) -> str:
    """Escape a text for a cell of a table, or a line, in Markdown."""
    return html.escape(plain(text, characters), quote=False).replace("|", "\\|")
