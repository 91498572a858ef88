"""The daemon: a loop of wheels, signals, systemd."""

from relanced.daemon.daemon import Daemon, run_once

__all__ = ["Daemon", "run_once"]
