"""The console: the desk's JSON API on a Unix socket, and health on a port of its own."""

from relanced.console.desk import VERBS, answer, serve_desk

__all__ = ["VERBS", "answer", "serve_desk"]
