"""Models of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skgraph.errors import ConfigError, first_line
from skgraph.evaluation.model_folder import CARD, CONFIG, WEIGHTS, is_model_folder


def from_hub(name: str) -> Path:
    """Download a model of the Hugging Face Hub into the Hub's cache, and return its folder.

    Args:
        name: ``owner/model``, or ``owner/model/folder`` where a repository has several models.

    Raises:
        ConfigError: no such name or model, or the Hub or its package is not available.
    """
    owner, *rest = name.split("/")
    if not rest or not all(part and part.strip(".") and not set(part) & set("*?[]\\") for part in (owner, *rest)):
        raise ConfigError(
            f"a model of the Hugging Face Hub is hf:owner/model or hf:owner/model/folder, found 'hf:{name}'"
        )
    library = _library(name)
    model, *inside = rest
    files = ["/".join([*inside, file]) for file in (WEIGHTS, CONFIG, CARD)]
    try:
        folder = Path(library.snapshot_download(repo_id=f"{owner}/{model}", allow_patterns=files), *inside)
    except Exception as error:  # network and Hub raise errors of many types
        raise ConfigError(f"'hf:{name}' is not available from the Hugging Face Hub: {first_line(error)}") from error
    if not is_model_folder(folder):
        raise ConfigError(f"'hf:{owner}/{model}' has no {files[0]}: expected {files[0]} and {files[1]}")
    return folder


def check_upload(name: str) -> None:
    """Raise a ConfigError where a model cannot be uploaded to a name: before it is computed and written."""
    owner, slash, model = name.partition("/")
    if not slash or not owner or not model or set(name) & set("*?[]\\: ") or "/" in model:
        raise ConfigError(f"push_to must be owner/model of the Hugging Face Hub, found '{name}'")
    if _library(name).get_token() is None:
        raise ConfigError("push_to needs an account of the Hugging Face Hub: run `hf auth login`, or set HF_TOKEN")


def push_to_hub(folder: Path, name: str) -> str:
    """Upload a model folder to the Hugging Face Hub in one commit, and return its address.

    Args:
        folder: as :func:`~skgraph.evaluation.model_folder.save_model_folder` wrote it.
        name: ``owner/model``; a repository that does not exist is made, a public one.

    Raises:
        ConfigError: there is no model in the folder, or the Hub refuses it.
    """
    check_upload(name)
    if not is_model_folder(folder):
        raise ConfigError(f"'{folder}' holds no model to upload")
    library = _library(name)
    api = library.HfApi()
    try:
        api.create_repo(repo_id=name, exist_ok=True)
        files = [WEIGHTS, CONFIG, CARD]
        api.upload_folder(
            repo_id=name, folder_path=str(folder), allow_patterns=files, commit_message="Model of skgraph"
        )
    except Exception as error:  # network and Hub raise errors of many types
        reason = first_line(error).replace(library.get_token(), "***")
        raise ConfigError(f"'{folder}' is written, but not uploaded to 'hf:{name}': {reason}") from None
    return f"https://huggingface.co/{name}"


def _library(name: str) -> Any:
    """Import ``huggingface_hub``, the extra ``[hub]``."""
    try:
        import huggingface_hub
    except ImportError as error:
        raise ConfigError(f"'hf:{name}' is a model of the Hugging Face Hub: pip install huggingface_hub") from error
    return huggingface_hub
