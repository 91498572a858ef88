"""A file of the books in, rows out: CSV or XLSX, French or English headings, checked line by line, all or nothing."""

from relanced.flow.intake.faults import Fault, IntakeFault
from relanced.flow.intake.headings import FIELDS, KINDS
from relanced.flow.intake.mapping import FileMapping, Layout, Mapping
from relanced.flow.intake.read import read_file

__all__ = ["FIELDS", "KINDS", "Fault", "FileMapping", "IntakeFault", "Layout", "Mapping", "read_file"]
