"""Weights in the layout of their authors, against a forward pass that is written out from the papers."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

import pytest
import torch
from torch.nn import functional as F

from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluate import main as evaluate_main
from skgraph.evaluation import PretrainedRun, compare, embed, load_encoder
from skgraph.evaluation.model_folder import save_model_folder
from skgraph.evaluation.published_weights import MAMP, SLIM
from skgraph.recognition.model_card import model_card

D, HEADS, DEPTH, JOINTS = 16, 8, 2, 25


def random_weights(shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {name: 0.3 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def block_shapes(feed_forward):
    shapes = {}
    for i in range(DEPTH):
        linear = {"attn.qkv": (3 * D, D), "attn.proj": (D, D), **feed_forward}
        for name, shape in linear.items():
            shapes |= {f"blocks.{i}.{name}.weight": shape, f"blocks.{i}.{name}.bias": shape[:1]}
        for name in ("norm1", "norm2"):
            shapes |= {f"blocks.{i}.{name}.weight": (D,), f"blocks.{i}.{name}.bias": (D,)}
    return shapes | {"norm.weight": (D,), "norm.bias": (D,)}


def slim_weights():
    shapes = {"cls_token": (1, 1, D), "pos_embed": (1, JOINTS + 1, D), "register_tokens": (1, 4, D)}
    shapes |= {"mask_token": (1, D), "patch_embed.proj.weight": (D, 3, 8, 1), "patch_embed.proj.bias": (D,)}
    return random_weights(shapes | block_shapes({"mlp.w12": (96, D), "mlp.w3": (D, 48)}))


def mamp_weights():
    shapes = {"temp_embed": (1, 4, 1, D), "pos_embed": (1, 1, JOINTS, D), "mask_token": (1, 1, D)}
    shapes |= {"joints_embed.proj.weight": (D, 3, 4, 1), "joints_embed.proj.bias": (D,)}
    shapes |= {"decoder_embed.weight": (D, D), "decoder_blocks.0.norm1.weight": (D,), "decoder_pred.bias": (12,)}
    return random_weights(shapes | block_shapes({"mlp.fc1": (64, D), "mlp.fc2": (D, 64)}))


@pytest.fixture
def slim(tmp_path):
    import safetensors.torch

    folder = tmp_path / "ntu60_xsub"
    folder.mkdir()
    config = {"arch": "vit_tiny", "img_size": [64, JOINTS], "patch_size": [8, 1], "num_register_tokens": 4}
    (folder / "config.json").write_text(json.dumps(config))
    safetensors.torch.save_file(slim_weights(), str(folder / "model.safetensors"))
    return folder


@pytest.fixture
def mamp(tmp_path):
    path = tmp_path / "mamp_xsub.pth"
    torch.save({"model": mamp_weights(), "epoch": 399, "args": argparse.Namespace(lr=1e-3)}, path)
    return path


def attention(w, name, y, turn):
    q, k, v = (y @ w[f"{name}.qkv.weight"].T + w[f"{name}.qkv.bias"]).chunk(3, dim=-1)
    width, mixed = D // HEADS, []
    for h in range(HEADS):
        part = slice(width * h, width * (h + 1))
        scores = turn(q[:, part]) @ turn(k[:, part]).T / width**0.5
        mixed.append(scores.softmax(dim=-1) @ v[:, part])
    return torch.cat(mixed, dim=-1) @ w[f"{name}.proj.weight"].T + w[f"{name}.proj.bias"]


def tokens_of(x, kernel, bias):
    """The convolution of one body ``[T, V, 3]``, a token at a time: ``[T_e, V, D]``."""
    length = kernel.size(2)
    return torch.stack(
        [
            torch.stack(
                [
                    torch.einsum("dcl,lc->d", kernel[..., 0], x[length * t : length * (t + 1), v]) + bias
                    for v in range(JOINTS)
                ]
            )
            for t in range(len(x) // length)
        ]
    )


def slim_forward(w, x):
    """Class token and tokens of one body, by the specification of SLiM."""
    tokens = tokens_of(x, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"]) + w["pos_embed"][0, 1:]
    front = torch.cat([w["cls_token"][0] + w["pos_embed"][0, :1], w["register_tokens"][0]])
    z = torch.cat([front, tokens.flatten(0, 1)])
    time = torch.tensor([0] * 5 + [t for t in range(len(tokens)) for _ in range(JOINTS)])
    angle = torch.outer(time, 10000.0 ** -torch.arange(0, D // HEADS, 2).div(D // HEADS)).repeat(1, 2)

    def turn(q):
        return q * angle.cos() + torch.cat([-q[:, q.size(1) // 2 :], q[:, : q.size(1) // 2]], dim=1) * angle.sin()

    for i in range(DEPTH):
        block = f"blocks.{i}"
        y = F.layer_norm(z, (D,), w[f"{block}.norm1.weight"], w[f"{block}.norm1.bias"], 1e-6)
        z = z + attention(w, f"{block}.attn", y, turn)
        y = F.layer_norm(z, (D,), w[f"{block}.norm2.weight"], w[f"{block}.norm2.bias"], 1e-6)
        gate, value = (y @ w[f"{block}.mlp.w12.weight"].T + w[f"{block}.mlp.w12.bias"]).chunk(2, dim=-1)
        z = z + F.silu(gate) * value @ w[f"{block}.mlp.w3.weight"].T + w[f"{block}.mlp.w3.bias"]
    z = F.layer_norm(z, (D,), w["norm.weight"], w["norm.bias"], 1e-6)
    return z[0], z[5:]


def mamp_forward(w, x):
    tokens = tokens_of(x, w["joints_embed.proj.weight"], w["joints_embed.proj.bias"])
    z = (tokens + w["temp_embed"][0] + w["pos_embed"][0]).flatten(0, 1)
    for i in range(DEPTH):
        block = f"blocks.{i}"
        y = F.layer_norm(z, (D,), w[f"{block}.norm1.weight"], w[f"{block}.norm1.bias"])
        z = z + attention(w, f"{block}.attn", y, lambda q: q)
        y = F.layer_norm(z, (D,), w[f"{block}.norm2.weight"], w[f"{block}.norm2.bias"])
        hidden = F.gelu(y @ w[f"{block}.mlp.fc1.weight"].T + w[f"{block}.mlp.fc1.bias"])
        z = z + hidden @ w[f"{block}.mlp.fc2.weight"].T + w[f"{block}.mlp.fc2.bias"]
    return F.layer_norm(z, (D,), w["norm.weight"], w["norm.bias"])


def body(frames):
    return torch.randn(frames, JOINTS, 3, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_slim_computes_what_its_specification_says(slim):
    class_token, tokens = load_encoder(slim).encode_grid(body(64)[None])
    expected_class, expected = slim_forward(slim_weights(), body(64))
    assert torch.allclose(class_token[0], expected_class, atol=1e-5)
    assert torch.allclose(tokens[0], expected, atol=1e-5)


@torch.no_grad()
def test_mamp_computes_what_its_paper_says(mamp):
    assert torch.allclose(load_encoder(mamp)(body(16)[None])[0], mamp_forward(mamp_weights(), body(16)), atol=1e-5)


def test_mamp_in_half_precision_and_as_bare_weights(mamp):
    torch.save({name: value.half() for name, value in mamp_weights().items()}, mamp)
    weights = PretrainedRun.open(mamp).weights
    assert weights["norm.weight"].dtype == torch.float32
    assert torch.allclose(weights["norm.weight"], mamp_weights()["norm.weight"], atol=1e-3)


@pytest.mark.parametrize("published", ["slim", "mamp"])
def test_they_are_evaluated_embedded_and_exported_with_their_source(published, store, tmp_path, request):
    path = request.getfixturevalue(published)
    origin = {"slim": SLIM, "mamp": MAMP}[published]
    (result,) = compare(path, store, "xsub", ["knn"], "cpu", progress=False)
    assert result.pretrained_on.origin == origin and result.random_init
    features = embed(path, store).x
    assert features.shape == (48, D)
    run = PretrainedRun.open(path)
    assert origin in model_card(run)
    metadata = {key: getattr(run, key) for key in ("step", "content_hash", "preprocessing", "origin")}
    save_model_folder(tmp_path / "mine", run.weights, run.config, run.topology, model_card(run), **metadata)
    assert PretrainedRun.open(tmp_path / "mine").origin == origin
    assert torch.equal(embed(tmp_path / "mine", store).x, features)


def test_a_file_is_evaluated_in_one_command(mamp, store_path, run_folder, monkeypatch, capsys):
    unevaluated = shutil.ignore_patterns("evaluation")
    shutil.copytree(run_folder, mamp.with_suffix(""), ignore=unevaluated)  # a run of the same name is another one
    arguments = [f"run={mamp}", "protocol=knn", "dataset=store", f"dataset.root={store_path}", "device=cpu"]
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    evaluate_main()
    assert f"weights: {MAMP}" in capsys.readouterr().out
    (result,) = mamp.parent.glob("mamp_xsub/evaluation/knn_*/result.json")
    assert json.loads(result.read_text())["config"]["name"] == "mamp_xsub"


def test_the_hub_has_a_folder_for_each_protocol(slim, monkeypatch):
    class Hub:
        @staticmethod
        def snapshot_download(repo_id, allow_patterns):
            assert repo_id == "JeonghyeokDo/SLiM" and allow_patterns[0].startswith("ntu6")
            return str(slim.parent)

    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub)
    run = PretrainedRun.open("hf:JeonghyeokDo/SLiM/ntu60_xsub")
    assert run.config["frames"] == 64 and run.origin == SLIM and run.folder == slim
    with pytest.raises(
        ConfigError, match=r"'hf:JeonghyeokDo/SLiM' has no ntu61/model\.safetensors: expected ntu61/mod"
    ):
        PretrainedRun.open("hf:JeonghyeokDo/SLiM/ntu61")


@pytest.mark.parametrize("name", ["gpt2", "", "o/", "o//x", "o/m/..", "o/m/../x", "o/m/*", "../m"])
def test_names_that_are_not_of_the_hub(name):
    with pytest.raises(ConfigError, match="a model of the Hugging Face Hub is hf:owner/model or hf:owner/model/folder"):
        PretrainedRun.open(f"hf:{name}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cls_token": None}, r"'cls_token' must be a tensor of shape \[1, 1, 16\], found NoneType"),
        ({"cls_token": torch.zeros(1, 1, 1)}, r"'cls_token' must be .* \[1, 1, 16\], found \[1, 1, 1\]"),
        ({"pos_embed": torch.zeros(2, 26, D)}, r"'pos_embed' must be .* \[1, any, any\], found \[2, 26, 16\]"),
        ({"patch_embed.proj.weight": torch.zeros(D, 3, 8, 2)}, r"shape \[16, 3, any, 1\], found \[16, 3, 8, 2\]"),
        ({"blocks.1.mlp.w3.bias": torch.zeros(2, 2)}, r"'blocks\.1\.mlp\.w3\.bias' must be .* found \[2, 2\]"),
        ({"register_tokens": None}, "num_register_tokens 0, as the weights have, found"),
        ({"blocks.0.ls1.gamma": torch.ones(D)}, r"holds weights that this encoder does not have: 'blocks\.0\.ls1"),
        ({"pos_embed": torch.zeros(1, 18, D)}, r"img_size \[a multiple of 8, 17\].*, found"),
        ({"norm.bias": torch.full((D,), torch.nan)}, "'norm.bias' is not a tensor of finite numbers"),
        ({"blocks.0.norm1.bias": torch.zeros(D + 1)}, "does not match the model"),
    ],
)
def test_weights_that_are_not_slims(slim, change, message):
    import safetensors.torch

    tensors = {k: v for k, v in (slim_weights() | change).items() if v is not None}
    safetensors.torch.save_file(tensors, str(slim / "model.safetensors"))
    with pytest.raises(CheckpointError, match=message):
        load_encoder(slim)


@pytest.mark.parametrize(
    "changed",
    [
        {"arch": "vit_huge"},
        {"img_size": 64},
        {"img_size": [64.0, 25]},
        {"img_size": [0, 25]},
        {"img_size": [-8, 25]},
        {"img_size": [60, 25]},
        {"img_size": [64, 17]},
        {"patch_size": [4, 1]},
        {"num_register_tokens": 0},
    ],
)
def test_sizes_that_are_not_slims(slim, changed):
    config = json.loads((slim / "config.json").read_text())
    (slim / "config.json").write_text(json.dumps(config | changed))
    with pytest.raises(
        CheckpointError, match=r"config\.json' must have arch vit_tiny, img_size \[a multiple of 8, 25\], .* found"
    ):
        PretrainedRun.open(slim)


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x04."])
def test_damaged_checkpoints(mamp, content):
    mamp.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"mamp_xsub\.pth' is damaged, or holds more than weights"):
        PretrainedRun.open(mamp)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model": mamp_weights(), "args": Evil()}, "is damaged, or holds more than weights"),
        ({"model": mamp_weights() | {3: torch.ones(1)}}, "does not have: '3'"),
        ([1], "is no checkpoint of MAMP: it lacks 'joints_embed.proj.weight'"),
        ({"state_dict": {}}, "is no checkpoint of MAMP"),
        ({"model": mamp_weights() | {"temp_embed": "x"}}, r"'temp_embed' must be .* \[1, any, 1, any\], found str"),
        ({"model": mamp_weights() | {"fc.weight": torch.ones(1)}}, r"does not have: 'fc\.weight'"),
    ],
)
def test_checkpoints_that_are_not_mamps(mamp, content, message):
    torch.save(content, mamp)
    with pytest.raises(CheckpointError, match=message):
        PretrainedRun.open(mamp)
