"""Debtors of an import and the ways to reach them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from relanced.rules.model import Road
from relanced.rules.rows import Batch, ContactRow, DebtorRow
from relanced.store.intake.kept import called
from relanced.store.intake.ledger import Known, Ledger, address_key
from relanced.store.journal import Entry
from relanced.store.tables import addresses, cases


async def write_debtors(ledger: Ledger, batch: Batch) -> None:
    """Add and change debtors; one named only by an invoice is added under its key."""
    moved = [row for row in batch.debtors if _debtor(ledger, row)]
    for invoice in batch.invoices:
        if invoice.debtor not in ledger.debtors:
            _debtor(ledger, DebtorRow(invoice.line, invoice.debtor, name=invoice.debtor))
    for met in await ledger.flush(cases):
        ledger.entries.append(Entry(met["id"], "debtor met", {"key": met["debtor_key"]}, ledger.by))
    for row in batch.debtors:
        kept = ledger.debtors[row.key]["kept"]
        if row.address and len(row.address) >= 2 and "address" not in kept:
            _postal_address(ledger, ledger.debtors[row.key], "\n".join(row.address), row in moved)
    await ledger.flush(addresses)


def _debtor(ledger: Ledger, row: DebtorRow) -> bool:
    """Whether a debtor we knew lives elsewhere now."""
    said = {k: v for k, v in _values(row).items() if v is not None}
    known = ledger.debtors.get(row.key)
    if known is None:
        key = {"creditor": ledger.creditor, "debtor_key": row.key, "look_at": ledger.now}
        fresh = {"name": row.key, "address": [], "tags": [], "closed": [], **said, **key}
        ledger.debtors[row.key] = ledger.add("debtors", cases, fresh)
        return False
    moved = "address" in said and said["address"] != known["address"] and "address" not in known["kept"]
    ledger.change("debtors", cases, known, said)
    return moved


def _values(row: DebtorRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "segment": row.segment.value if row.segment else None,
        "siren": row.siren,
        "address": list(row.address) if row.address is not None else None,
        "postcode": postcode(row.address) if row.address is not None else None,
        "language": row.language,
        "tags": list(row.tags) if row.tags is not None else None,
        "excluded": row.excluded,
        "policy_wanted": row.policy,
        "owner": row.owner,
    }


def postcode(address: tuple[str, ...]) -> str:
    """The five digits that open the last line, or the one before it when the country stands last."""
    for line in reversed(address[-2:]):
        if line[:5].isdigit() and len(line) > 5:
            return line[:5]
    return ""


def _postal_address(ledger: Ledger, debtor: Known, place: str, moved: bool) -> None:
    """The postal address is a road like another; one that was left is not written to, until somebody moves back."""
    known = _address(ledger, debtor["id"], Road.LETTER, place, debtor["name"], 0, "none")
    if moved and known["dead_since"]:
        ledger.change("contacts", addresses, known, {"dead_since": None})
    for (case_id, road, where), other in ledger.addresses.items():
        former = case_id == debtor["id"] and road == Road.LETTER and where != place
        if former and other["dead_since"] is None:
            ledger.change("contacts", addresses, other, {"dead_since": ledger.today})


async def write_contacts(ledger: Ledger, rows: Iterable[ContactRow]) -> None:
    """Add and change the ways to reach a debtor."""
    for row in rows:
        debtor = ledger.debtors.get(row.debtor)
        if debtor is None:
            words = f"contact: debtor {row.debtor!r} is unknown: import debtors first"
            ledger.faults.append((row.line, words))
        else:
            _address(ledger, debtor["id"], row.road, row.where, row.name, row.rank, row.consent.value)
    await ledger.flush(addresses)


def _address(ledger: Ledger, case_id: int, road: Road, place: str, name: str, rank: int, consent: str) -> Known:
    said: dict[str, Any] = {"name": name, "rank": rank}
    said |= {"consent": consent} if consent != "none" else {}
    key = address_key(case_id, road.value, place)
    known = ledger.addresses.get(key)
    if known is None:
        place_of = {"case_id": case_id, "road": road.value, "place": place}
        known = ledger.addresses[key] = ledger.add("contacts", addresses, {**place_of, **said})
    elif known["removed_on"]:
        ledger.kept.append(f"kept by {known['kept']['removed_on']['by']}: contacts {called(known)}: stays removed")
    elif not (known["consent"] == "withdrawn" and consent == "given"):  # only a person gives a refusal back
        ledger.change("contacts", addresses, known, said)
    return known
