"""The console: the desk's JSON API on a Unix socket; health, metrics and webhooks on a port of its own."""

from relanced.console.desk import VERBS, answer, serve_desk
from relanced.console.serving import serve

__all__ = ["VERBS", "answer", "serve", "serve_desk"]
