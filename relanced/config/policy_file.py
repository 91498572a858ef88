"""A file that holds policies alone, in the words of the configuration: to be tried before it is put to work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from relanced.config.creditors import Creditor
from relanced.config.faults import ConfigFault, Fault, did_you_mean
from relanced.config.load import NAMED
from relanced.config.policies import read_policies, with_defaults
from relanced.config.reading import Reading
from relanced.config.references import check_ladders
from relanced.config.schema import House
from relanced.config.yaml_marks import Broken, parse
from relanced.rules.policy import Policy


def load_policies(raw: bytes, name: str, creditors: Mapping[str, Creditor]) -> tuple[Policy, ...]:
    """The policies of a file called `name`, as these creditors would have them. Raises ConfigFault with every problem.

    What else a configuration may say can stand there too, and is not looked at.
    """
    path = Path(name)
    try:
        document = parse(raw)
    except Broken as e:
        raise ConfigFault([Fault(name, e.mark, "", str(e))]) from None
    if not isinstance(document.root, dict) or "policies" not in document.root:
        raise ConfigFault([Fault(name, document.mark(()), "policies", "is missing")])
    reading = Reading(path, document, with_defaults(document.root))
    _check_keys(reading)
    policies = read_policies(reading)
    _check_names(reading, creditors)
    check_ladders(reading, creditors, policies)
    reading.stop_if_faulty()
    return tuple(policies.values())


def _check_keys(reading: Reading) -> None:
    known = [*NAMED, *(field.alias or name for name, field in House.model_fields.items())]
    for key in reading.values:
        if key not in known:
            reading.fault((key,), f"unknown key{did_you_mean(key, known)}", key=True)


def _check_names(reading: Reading, creditors: Mapping[str, Creditor]) -> None:
    names = reading.names("policies")
    for key, creditor in creditors.items():
        for name in creditor.policies:
            if name not in names:
                reading.fault(
                    ("policies",), f"creditor {key} names {name}, which is not here{did_you_mean(name, names)}"
                )
