"""Results as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from skgraph.evaluation.pretrained import preprocessing_note
from skgraph.evaluation.results.result import BASELINES, Result, join_warnings
from skgraph.training.diagnostics import collapse_warning


def format_results(results: Sequence[Result]) -> str:
    """Format the accuracy, in per cent, of trained encoder, random encoder and raw coordinates, a line a protocol."""
    first = results[0]
    data, title = first.dataset, first.headline[1]
    columns = [name for name in BASELINES if any(name in result.baselines for result in results)]
    difference = "; differences: trained less baseline" if columns else ""
    lines = [
        f"{title} (%) on {data.test_clips} test clips of {data.name}, split {data.split}{difference}",
        f"{'protocol':<16}{'trained':>8}" + "".join(f"{BASELINES[name]:>19}" for name in columns),
    ]
    for result in results:
        key = result.headline[0]
        value, line = result.metrics[key], f"{result.label:<16}"
        line += f"{'-' if value is None else f'{value:.1f}':>8}"
        for name in columns:
            metrics = result.baselines.get(name)
            other = None if metrics is None else metrics[key]
            both = value is not None and other is not None  # a mean over no classes is None
            line += f"{other:>12.1f} {value - other:>+6.1f}" if both else f"{'-':>19}"
        lines += [line, *(f"  {detail}" for detail in _details(result))]
    if worse := join_warnings(results):
        lines.append(f"warning: {worse}")
    if first.pretrained_on.origin:
        lines.append(f"weights: {first.pretrained_on.origin}")
    if note := preprocessing_note(first.pretrained_on.preprocessing, data.preprocessing):
        lines.append(note)
    statistics = {"rankme": first.rankme, "feature_std": first.feature_std}
    if warning := collapse_warning({key: value for key, value in statistics.items() if value is not None}):
        lines.append(f"warning: {warning}")
    return "\n".join(lines)


def format_option(value: object) -> str:
    """Format the value of an option for a name or a header: ``0.95``, ``0.5-1``."""
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(format_option, value)) if isinstance(value, list) else str(value)


def _details(result: Result) -> list[str]:
    """Format the metrics beside the headline."""
    lines, metrics = [], result.metrics
    if "top1_by_k" in metrics:
        lines.append("k: " + ", ".join(f"{k} {top1:.1f}" for k, top1 in metrics["top1_by_k"].items()))
    if metrics.get("map_at_0.1") is not None:
        by_iou = ", ".join(f"{iou} {metrics[f'map_at_{iou}']:.1f}" for iou in (0.1, 0.3, 0.5))
        lines.append(f"mAP at IoU {by_iou}; {metrics['frame_accuracy']:.1f} of the frames are right")
    if metrics.get("map") is not None:
        lines.append(
            f"a clip of its class first {metrics['recall1']:.1f}, among five {metrics['recall5']:.1f}; "
            f"mAP {metrics['map']:.1f}"
        )
    if "top1_seeds" in metrics:
        both = [metrics] if result.random_init is None else [metrics, result.random_init]
        spread = ["-" if m["top1_std"] is None else f"{m['top1_std']:.1f}" for m in both]
        labelled, clips = metrics["labelled_clips"][0], result.dataset.train_clips
        lines.append(
            f"mean of {len(metrics['top1_seeds'])} subsets of {labelled} clips ({100 * labelled / clips:.1f} % of "
            f"{clips}), deviation {' and '.join(spread)}"
        )
    if isinstance(best := metrics.get("best"), dict):
        lines.append(f"last epoch; the best, epoch {best['epoch']} by {best['chosen_on']}, has {best['top1']:.1f}")
    return lines
