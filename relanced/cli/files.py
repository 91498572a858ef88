"""Files that a command writes: the place is tried before anything is asked, the name given once the file is whole."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from relanced.cli.printing import Failed


@contextmanager
def new_file(path: Path, again: str = "") -> Iterator[IO[bytes]]:
    """A file that goes by `path` when the context ends, for its owner alone; none if nothing was written.

    Raises Failed when the place is taken or cannot be written; `again` says how to ask once more if it fails late.
    """
    if path.exists():
        raise Failed(f"{path} exists already: name another file", 2)
    unfinished: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            yield file
        if unfinished.stat().st_size:
            unfinished.replace(path)
            click.echo(f"written: {path}", err=True)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}{again if unfinished else ''}") from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def write_files(said: Mapping[str, Any], file: IO[bytes]) -> None:
    """Write what came with an answer."""
    for content in (said.get("files") or {}).values():
        file.write(base64.b64decode(content))
    file.flush()
