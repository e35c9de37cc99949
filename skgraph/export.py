"""Export an encoder, or a recogniser, for use elsewhere."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.files import output_file, output_folder
from skgraph._internal.options import check_kinds
from skgraph.errors import ConfigError


@command("export")
def main(cfg: DictConfig) -> None:
    """Write the model of a run in one format."""
    from skgraph.build import open_store
    from skgraph.evaluation.hub import check_upload, push_to_hub
    from skgraph.evaluation.model_folder import CARD, CONFIG, WEIGHTS, Head, is_replaceable, save_model_folder
    from skgraph.evaluation.pretrained import PretrainedRun
    from skgraph.recognition import Recogniser
    from skgraph.recognition.exported_program import export_program, program_of
    from skgraph.recognition.model_card import model_card

    config = plain_config(cfg)
    for key, choices in (("format", ("safetensors", "onnx", "pt2")), ("head", ("none", "linear"))):
        if config[key] not in choices:
            raise ConfigError(f"{key} must be one of {', '.join(choices)}, found '{config[key]}'")
    form, push_to, licence = (config[key] for key in ("format", "push_to", "license"))
    if licence is not None and form != "safetensors":
        raise ConfigError(f"license is for the model card: say format=safetensors, found '{form}'")
    if push_to is not None:
        if form != "safetensors":
            raise ConfigError(f"push_to uploads a model folder: say format=safetensors, found '{form}'")
        if licence is None:
            raise ConfigError("push_to needs license=..., such as license=mit: what may others do with the weights?")
        check_upload(str(push_to))
    run = PretrainedRun.open(config["run"])
    if form == "safetensors":
        out = output_folder(config["out"] or run.folder.name, is_replaceable, "an earlier export", run.folder)
    else:
        out = output_file("out", config["out"] or f"{run.folder.name}.{form}", (f".{form}",), run.folder)
    pool: Any = config["pool"] or "mean"
    bodies: Any = config["bodies"] or "present"
    check_kinds(Recogniser.fit, {"c": config["c"], "pool": pool, "bodies": bodies}, "export")
    head = run.head
    if config["head"] == "linear" and (head is None or config["dataset"]):
        store, split = open_store(config["dataset"] or run.config["dataset"], write=False)
        options = {"c": config["c"], "pool": pool, "bodies": bodies, "precision": "fp32"}  # the precision of its use
        fitted = Recogniser.fit(run, store, split, progress=True, **options)
        head = Head(fitted.probe, fitted.class_names, fitted.background, fitted.pool, fitted.bodies)
    elif config["head"] == "none":
        head = None
    if config["pool"] is not None and (form == "safetensors" if head is None else head.pool != pool):
        takes = "a model folder without a head has none" if head is None else f"the head takes pool={head.pool}"
        raise ConfigError(f"pool={config['pool']}: {takes}")
    if config["bodies"] is not None and (head is None or head.bodies != bodies):
        takes = "only a head has it: say head=linear" if head is None else f"the head takes bodies={head.bodies}"
        raise ConfigError(f"bodies={config['bodies']}: {takes}")
    if form != "safetensors" and head is not None and head.bodies != "present":
        raise ConfigError(f"bodies={head.bodies}: a program takes one body at a time: say format=safetensors")
    if form == "safetensors":
        metadata = {key: getattr(run, key) for key in ("step", "content_hash", "preprocessing", "origin", "trained_on")}
        address = out.name if push_to is None else f"hf:{push_to}"
        card = model_card(run, head, address, None if licence is None else str(licence))
        save_model_folder(out, run.weights, run.config, run.topology, card, head, **metadata)
        print(f"written: {out}: {WEIGHTS}, {CONFIG} and the model card {CARD}")
        if push_to is not None:
            print(f"uploaded: {push_to_hub(out, str(push_to))}: every command takes run={address}")
        return
    shape = run.config["frames"], run.topology.num_joints, run.topology.dim
    metadata = {
        "input": ["bodies", *shape],
        "joints": list(run.topology.joints),
        "topology": run.topology.name,
        "run": run.folder.name,
        "step": run.step,
        "origin": run.origin,
        "pool": pool if head is None else head.pool,
        "output": "features" if head is None else "logits",
        "class_names": None if head is None else list(head.class_names),
    }
    program = program_of(run, pool=pool) if head is None else program_of(run, head.probe, head.pool)
    difference = export_program(program, out, form, *shape, metadata)
    print(f"largest difference to PyTorch: {difference:.2g}\nwritten: {out} ({out.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
