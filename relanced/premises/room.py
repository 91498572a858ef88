"""The room on the disk of the house: the last of it is for what comes back."""

from __future__ import annotations

import shutil

from relanced.config import Config
from relanced.rules.audit import RESERVE


def short_of_room(config: Config) -> str:
    """Why nothing new may leave, empty when there is room for it. A letter that left and a reply to it must be told."""
    for folder in (config.state, *([config.store.sqlite.parent] if config.store.sqlite else [])):
        if folder.is_dir() and (free := shutil.disk_usage(folder).free) < RESERVE:
            return f"{free // 1_000_000} MB are left on the disk of {folder}, which are kept for what comes back"
    return ""
