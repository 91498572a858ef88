"""Planning: facts and a policy in, reminders and messages in the store out. The only wheel that creates messages."""

from relanced.flow.plan.planner import Planner

__all__ = ["Planner"]
