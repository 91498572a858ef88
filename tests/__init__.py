"""The facts relanced keeps to."""
