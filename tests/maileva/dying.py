"""Processes that hand one letter over, and are killed in the middle. Reads ``URL ATTEMPT`` lines, prints their pids."""

from __future__ import annotations

import asyncio
import os
import sys

from tests.maileva.letters import channel, letter, yes


async def hand_over(url: str, attempt: str) -> None:
    """What a daemon does with one letter."""
    door = channel(url)
    await door.submit(door.compose(letter(attempt)), yes)


def main() -> None:
    """Fork for each line; say the pid, and how it ended."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(hand_over(*line.split()))
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
