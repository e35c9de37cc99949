"""Export an encoder, or a recogniser, for use elsewhere."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.options import check_kinds
from skgraph.errors import ConfigError


@command("export")
def main(cfg: DictConfig) -> None:
    """Write the model of a run in one format."""
    from skgraph.build import open_store
    from skgraph.evaluation.model_folder import CARD, CONFIG, WEIGHTS, Head, save_model_folder
    from skgraph.evaluation.pretrained import PretrainedRun
    from skgraph.recognition import Recogniser
    from skgraph.recognition.exported_program import export_program, program_of
    from skgraph.recognition.model_card import model_card

    config = plain_config(cfg)
    formats, heads = ("safetensors", "onnx", "pt2"), ("none", "linear")
    for key, choices in (("format", formats), ("head", heads)):
        if config[key] not in choices:
            raise ConfigError(f"{key} must be one of {', '.join(choices)}, found '{config[key]}'")
    run = PretrainedRun.open(config["run"])
    form = config["format"]
    out = Path(str(config["out"] or f"{run.folder.name}{'' if form == 'safetensors' else '.' + form}"))
    _check_out(out, form, run.folder)
    check_kinds(Recogniser.fit, {"c": config["c"]}, "export")
    head = run.head
    if config["head"] == "linear" and (head is None or config["dataset"]):
        store, split = open_store(config["dataset"] or run.config["dataset"], write=False)
        fitted = Recogniser.fit(run, store, split, precision="fp32", c=config["c"], progress=True)  # as it will run
        head = Head(fitted.probe, fitted.class_names, fitted.background)
    elif config["head"] == "none":
        head = None
    if form == "safetensors":
        facts = {"step": run.step, "content_hash": run.content_hash, "preprocessing": run.preprocessing}
        save_model_folder(out, run.weights, run.config, run.topology, model_card(run, head), head, **facts)
        print(f"written: {out}: {WEIGHTS}, {CONFIG} and the model card {CARD}")
        return
    facts = {
        "input": ["bodies", run.config["frames"], run.topology.num_joints, run.topology.dim],
        "joints": list(run.topology.joints),
        "topology": run.topology.name,
        "run": run.folder.name,
        "step": run.step,
        "output": "features" if head is None else "logits",
        "class_names": None if head is None else list(head.class_names),
    }
    difference = export_program(
        program_of(run, None if head is None else head.probe),
        out,
        form,
        run.config["frames"],
        run.topology.num_joints,
        run.topology.dim,
        facts,
    )
    print(f"largest difference to PyTorch: {difference:.2g}\nwritten: {out} ({out.stat().st_size / 1e6:.1f} MB)")


def _check_out(out: Path, form: str, run: Path) -> None:
    from skgraph.evaluation.model_folder import is_replaceable

    if run.resolve() in (out.resolve(), *out.resolve().parents):
        raise ConfigError(f"out={out} would write into '{run}', which is exported: say out=... elsewhere")
    if not out.absolute().parent.is_dir():
        raise ConfigError(f"out must lie in a folder that exists, found '{out}'")
    if form != "safetensors":
        if out.suffix != f".{form}" or (out.exists() and not out.is_file()):
            raise ConfigError(f"out must be a file that ends in .{form}, found '{out}'")
    elif out.exists() and not is_replaceable(out):
        raise ConfigError(f"out must be a new folder, or one of an earlier export and nothing else, found '{out}'")


if __name__ == "__main__":
    main()
