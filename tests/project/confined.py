"""Opens a database and typesets a letter without memory that is both written and run, as the unit demands.

Run: python -m tests.project.confined DATABASE
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from contextlib import suppress

PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1


def give_up() -> None:
    """From here on, memory is written or run, never both. Raises RuntimeError when it can be all the same."""
    ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)
    with suppress(PermissionError):
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
        raise RuntimeError("the kernel still gives such memory")


if __name__ == "__main__":
    give_up()
    from tests.project import installed

    installed.main(sys.argv[1])
