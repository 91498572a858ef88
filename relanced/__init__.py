"""relanced gets invoices paid and keeps the customer."""

__version__ = "0.1.0"
