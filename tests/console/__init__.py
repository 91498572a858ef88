"""The port for machines."""
