"""The operator's YAML in, one frozen `Config` out, or `ConfigFault` with every problem and its line and column."""

from relanced.config.channels import Door, InstalledKinds, Kinds
from relanced.config.config import Config
from relanced.config.creditors import BankData, Creditor, Documents, Person, Signature
from relanced.config.faults import ConfigFault, Fault
from relanced.config.imports import IMPORT_FIELDS, FileMapping, ImportMapping
from relanced.config.json_schema import json_schema
from relanced.config.load import load, load_text
from relanced.config.references import DroppedRoad
from relanced.config.schema import Alerts, Desk, LogFormat, Mode
from relanced.config.secrets import Secret, Secrets
from relanced.config.store import Store
from relanced.config.words import Listening, Mailbox

__all__ = [
    "IMPORT_FIELDS",
    "Alerts",
    "BankData",
    "Config",
    "ConfigFault",
    "Creditor",
    "Desk",
    "Documents",
    "Door",
    "DroppedRoad",
    "Fault",
    "FileMapping",
    "ImportMapping",
    "InstalledKinds",
    "Kinds",
    "Listening",
    "LogFormat",
    "Mailbox",
    "Mode",
    "Person",
    "Secret",
    "Secrets",
    "Signature",
    "Store",
    "json_schema",
    "load",
    "load_text",
]
