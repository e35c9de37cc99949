"""Contract checks for custom encoders and objectives."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from skgraph.errors import ContractError, first_line
from skgraph.training.optimizer import check_gradients


def check_encoder(encoder: nn.Module, frames: int, channels: int = 3) -> None:
    """Check that a module is an encoder: ``encoder(joints [B, T, V, C], visible [B, K] | None) -> tokens [B, n, D]``.

    Args:
        encoder: with the attributes ``dim`` (``D``) and ``grid`` (``(T_e, V)``); not modified.
        frames: frames of its input, ``T``.
        channels: coordinates of a joint, ``C``.

    Raises:
        ContractError: a wrong shape, a hidden joint that reaches the output, bodies that reach each other, an output in
            another order than ``visible``, a parameter without a gradient, or a state dict that does not round-trip.
    """
    name = type(encoder).__name__
    dim, grid = getattr(encoder, "dim", None), getattr(encoder, "grid", None)
    if not isinstance(dim, int) or not isinstance(grid, tuple) or len(grid) != 2:
        raise ContractError(f"{name} needs dim (its width) and grid (patches in time, joints), found {dim} and {grid}")
    patches, vertices = grid
    if not all(isinstance(size, int) and size > 0 for size in grid):
        raise ContractError(f"{name}.grid must be two whole numbers above 0, patches in time and joints, found {grid}")
    if not isinstance(frames, int) or frames < 1 or frames % patches:
        raise ContractError(f"{name}.grid has {patches} patches in time, which do not divide the {frames} frames")
    module = copy.deepcopy(encoder).eval()
    encode = _guarded(module, f"{name}.forward")
    joints, visible = _example(2, frames, grid, channels)

    tokens = encode(joints)
    if not isinstance(tokens, Tensor) or tokens.dtype != torch.float32:
        raise ContractError(f"{name}(joints) must be a float32 tensor, found {getattr(tokens, 'dtype', type(tokens))}")
    if tokens.shape != (2, patches * vertices, dim):
        raise ContractError(f"{name}(joints) must be {[2, patches * vertices, dim]}, found {[*tokens.shape]}")
    seen = encode(joints, visible)
    if seen.shape != (*visible.shape, dim):
        raise ContractError(f"{name}(joints, visible) must be {[*visible.shape, dim]}, found {[*seen.shape]}")
    if not (tokens.isfinite().all() and seen.isfinite().all()):
        raise ContractError(f"{name} makes tokens that are not finite")

    hidden = torch.ones(2, patches * vertices).scatter_(1, visible, 0.0).view(2, patches, 1, vertices, 1)
    hidden = hidden.expand(-1, -1, frames // patches, -1, -1).flatten(1, 2)  # [B, T, V, 1]
    if not torch.equal(encode(joints + 100 * torch.randn_like(joints) * hidden, visible), seen):
        raise ContractError(f"{name} leaks: the values of hidden joints change the tokens")
    if torch.equal(encode(joints + (1 - hidden), visible), seen):
        raise ContractError(f"{name} does not read its input: visible joints moved and the tokens did not change")
    if not torch.allclose(encode(joints[1:], visible[1:]), seen[1:], atol=1e-4):
        raise ContractError(f"{name} mixes the bodies of a batch, in evaluation mode")
    if not torch.allclose(encode(joints, visible.flip(1)), seen.flip(1), atol=1e-4):
        raise ContractError(f"{name} must return tokens in the order of visible")

    module.train()
    _check_gradients(module, lambda: encode(joints, visible).square().sum(), name)
    _check_state(encoder, lambda other: _guarded(other.eval(), f"{name}.forward")(joints, visible), name)


def check_objective(objective: nn.Module, frames: int, channels: int = 3) -> None:
    """Check that a module is an objective (see :class:`~skgraph.objectives.Objective`).

    Args:
        objective: objective with its encoder; not modified.
        frames: frames of a view, ``T``.
        channels: coordinates of a joint, ``C``.

    Raises:
        ContractError: a missing attribute, a loss that is no finite scalar, logs that would keep the graph alive, a
            parameter without a gradient, or a state dict that does not round-trip.
    """
    name = type(objective).__name__
    views: Any = getattr(objective, "num_views", None)
    encoder: Any = getattr(objective, "encoder", None)
    whole = isinstance(views, int) and not isinstance(views, bool)
    if not hasattr(encoder, "grid") or not isinstance(encoder, nn.Module) or not whole or views < 1:
        raise ContractError(f"{name} needs an encoder (a module with a grid) and num_views (at least 1)")
    if not callable(getattr(objective, "after_step", None)):
        raise ContractError(f"{name} needs after_step(progress)")
    module: Any = copy.deepcopy(objective).train()
    forward = _guarded(module, f"{name}.forward")
    batch = _example_views(objective, encoder.grid, frames, channels)

    result = forward(*batch)
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], dict):
        raise ContractError(f"{name} must return (loss, logs), found {type(result).__name__}")
    loss, logs = result
    if not isinstance(loss, Tensor) or loss.shape != () or not loss.isfinite() or not loss.requires_grad:
        raise ContractError(f"{name}: the loss must be a finite scalar with a gradient, found {loss}")
    for key, value in logs.items():
        if not isinstance(value, Tensor) or value.requires_grad or value.numel() != 1 or not value.isfinite():
            raise ContractError(f"{name}: logs['{key}'] must be a detached scalar tensor, and finite, found {value}")
    _check_gradients(module, lambda: forward(*batch)[0], name)
    before = {key: value.clone() for key, value in module.named_parameters() if value.requires_grad}
    _guarded(module.after_step, f"{name}.after_step")(0.5)
    for key, value in module.named_parameters():
        if value.requires_grad and not torch.equal(before[key], value):
            raise ContractError(f"{name}.after_step changes '{key}', which the optimiser trains")

    def loss_of(other: nn.Module) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # seeds what the objective draws, as a training does in every step
            return _guarded(other.eval(), f"{name}.forward")(*batch)[0]

    _check_state(objective, loss_of, name)


def _guarded(call: Callable[..., object], name: str) -> Callable[..., Any]:
    """Return a call of custom code whose errors become ContractErrors."""

    def guarded(*inputs: object) -> Any:
        try:
            return call(*inputs)
        except Exception as error:  # custom code may raise anything
            raise ContractError(f"{name} failed with {type(error).__name__}: {first_line(error)}") from error

    return guarded


def _example(batch: int, frames: int, grid: Any, channels: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    tokens = math.prod(grid)
    joints = torch.randn(batch, frames, grid[1], channels, generator=generator)
    visible = torch.rand(batch, tokens, generator=generator).argsort(dim=1)[:, : max(2, tokens // 10)]
    return joints, visible


def _example_views(objective: Any, grid: Any, frames: int, channels: int) -> tuple[Any, Any, Any]:
    """Return views and masks of four bodies in the form that an objective takes."""
    joints, visible = _example(4, frames, grid, channels)
    views = objective.num_views
    if getattr(objective, "mask_ratio", None) is not None:
        sizes = [(views, frames), *((views * crop.number, crop.frames) for crop in objective.local_crops)]
        crops = [joints[:, :length].repeat(count, 1, 1, 1, 1) for count, length in sizes]
        hidden = [torch.rand(count, 4, length * grid[0] // frames * grid[1]) < 0.7 for count, length in sizes]
        return [x + 0.01 * torch.randn_like(x) for x in crops], [~mask for mask in hidden], hidden
    masked = torch.ones(4, math.prod(grid), dtype=torch.bool).scatter_(1, visible, False).nonzero()[:, 1].view(4, -1)
    if getattr(objective, "own_masks", False):
        visible, masked = (ids.expand(views, -1, -1) for ids in (visible, masked))
    return torch.stack([joints + 0.01 * torch.randn_like(joints) for _ in range(views)]), visible, masked


def _check_gradients(module: nn.Module, loss: Callable[[], Tensor], name: str) -> None:
    module.zero_grad(set_to_none=True)
    value = loss()
    if not value.requires_grad:
        raise ContractError(f"{name} has no parameter that requires a gradient")
    value.backward()
    check_gradients(module)


def _check_state(module: nn.Module, output: Callable[[nn.Module], Tensor], name: str) -> None:
    """Check that the output depends on nothing but the state dict."""
    for path, submodule in module.named_modules():
        for key, value in vars(submodule).items():
            if isinstance(value, Tensor) or (isinstance(value, (list, tuple)) and any(map(torch.is_tensor, value))):
                where = f"{path}.{key}" if path else key
                raise ContractError(f"{name} holds the tensor '{where}' outside its state dict: register it")
    original, other = copy.deepcopy(module), copy.deepcopy(module)
    state = original.state_dict()
    constants = {key: value.clone() for key, value in original.named_buffers() if key not in state}
    with torch.no_grad():
        for tensor in other.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(0.1)
    other.load_state_dict(state)
    first = output(original)
    for key, value in original.named_buffers():
        if key in constants and not torch.equal(value, constants[key]):
            raise ContractError(f"{name} changes its buffer '{key}' and does not save it: its state dict lacks it")
    if not torch.equal(first, output(other)):
        raise ContractError(f"{name}: loading its own state dict into another copy gives another output")
