"""The rates the State and the ECB publish for each semester, in percent, with the source of every line.

The ECB rate is that of the main refinancing operations in force on 1 January and 1 July (C. com. L441-10 II), series
FM.D.U2.EUR.4F.KR.MRR_FR.LEV. The legal rate (*taux d'intérêt légal*, CMF L313-2) has two values: claims of private
persons, and all other cases. A semester that is not listed is not known here: `with_overrides` adds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class Semester(Struct, frozen=True, order=True):
    """Half a year: `half` is 1 from January to June, 2 from July to December. Written "2026-1"."""

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> Semester:
        """The semester of a day."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @classmethod
    def parse(cls, text: str) -> Semester:
        """A semester from "2026-1". Raises ValueError."""
        year, _, half = text.partition("-")
        if half not in ("1", "2"):
            raise ValueError(f"a semester is written 2026-1 or 2026-2, not {text}")
        return cls(int(year), int(half))

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def __str__(self) -> str:
        return f"{self.year}-{self.half}"


class Reference(StrEnum):
    """Which published rate."""

    ECB = "ecb"  # main refinancing operations of the European Central Bank
    LEGAL_PRIVATE = "legal_private"  # legal rate for claims of private persons
    LEGAL_OTHER = "legal_other"  # legal rate in all other cases: the creditor is a professional


class Published(Struct, frozen=True):
    """What is known of one semester, in percent. None: not known."""

    semester: Semester
    ecb: Decimal | None
    legal_private: Decimal | None
    legal_other: Decimal | None
    source: str

    def percent(self, reference: Reference) -> Decimal | None:
        """One of the three rates."""
        return {
            Reference.ECB: self.ecb,
            Reference.LEGAL_PRIVATE: self.legal_private,
            Reference.LEGAL_OTHER: self.legal_other,
        }[reference]


class Quote(Struct, frozen=True):
    """A rate in percent, the semester it was published for, its source; `known` is False when it only stands in."""

    percent: Decimal
    semester: Semester
    source: str
    known: bool


class RateTable(Struct, frozen=True):
    """The published rates, oldest semester first."""

    rows: tuple[Published, ...]

    def quote(self, reference: Reference, semester: Semester) -> Quote:
        """The rate of that semester, else the last one known before it (else the oldest), not `known`.

        Raises LookupError when the table holds no such rate at all.
        """
        rows = [(row, percent) for row in self.rows if (percent := row.percent(reference)) is not None]
        if not rows:
            raise LookupError(f"no {reference} rate is known")
        row, percent = next((pair for pair in reversed(rows) if pair[0].semester <= semester), rows[0])
        return Quote(percent, row.semester, row.source, row.semester == semester)

    def with_overrides(self, rows: Iterable[Published]) -> RateTable:
        """The table with these rows added; where they speak they win, where they say None the known value stays."""
        merged = {row.semester: row for row in self.rows}
        for row in rows:
            merged[row.semester] = _over(row, merged.get(row.semester))
        return RateTable(tuple(merged[semester] for semester in sorted(merged)))


def _over(new: Published, old: Published | None) -> Published:
    if old is None:
        return new
    return Published(
        new.semester,
        old.ecb if new.ecb is None else new.ecb,
        old.legal_private if new.legal_private is None else new.legal_private,
        old.legal_other if new.legal_other is None else new.legal_other,
        f"{new.source}; {old.source}",
    )


# semester, ECB on 1 January or 1 July, legal rate of private persons, legal rate in other cases, source
_LINES = (
    ("2015-1", "0.05", "4.06", "0.93", "BCE depuis 09/2014 ; aeccompta.com"),
    ("2015-2", "0.05", "4.29", "0.99", "BCE depuis 09/2014 ; aeccompta.com"),
    ("2016-1", "0.05", "4.54", "1.01", "BCE depuis 09/2014 ; onb-france.com"),
    ("2016-2", "0.00", "4.35", "0.93", "BCE décision 10/03/2016 (legifiscal.fr 1029) ; lemondeduchiffre.fr"),
    ("2017-1", "0.00", "4.16", "0.90", "BCE décision 10/03/2016 ; aeccompta.com"),
    ("2017-2", "0.00", "3.94", "0.90", "BCE décision 10/03/2016 ; lextimes.fr"),
    ("2018-1", "0.00", "3.73", "0.89", "BCE décision 10/03/2016 ; bpifrance-creation.fr, pb-avocats.re"),
    ("2018-2", "0.00", "3.60", "0.88", "BCE décision 10/03/2016 ; veegee.fr"),
    ("2019-1", "0.00", "3.40", "0.86", "BCE décision 10/03/2016 ; legifiscal.fr 2007, eyschen-avocat.fr"),
    ("2019-2", "0.00", "3.26", "0.87", "BCE décision 10/03/2016 ; aeccompta.com"),
    ("2020-1", "0.00", "3.15", "0.87", "BCE décision 10/03/2016 ; aeccompta.com"),
    ("2020-2", "0.00", "3.11", "0.84", "BCE décision 10/03/2016 ; cabinet-cec.fr"),
    ("2021-1", "0.00", "3.14", "0.79", "BCE décision 10/03/2016 ; dandrel-avocats.fr"),
    ("2021-2", "0.00", "3.12", "0.76", "BCE décision 10/03/2016 ; dandrel-avocats.fr"),
    ("2022-1", "0.00", "3.13", "0.76", "BCE décision 10/03/2016 ; droit-pratique.fr"),
    ("2022-2", "0.00", "3.15", "0.77", "BCE décision 10/03/2016 (relevé le 27/07/2022) ; notaires2normandie.com"),
    ("2023-1", "2.50", "4.47", "2.06", "BCE série MRR_FR ; notaires2normandie.com, infonet.fr"),
    ("2023-2", "4.00", "6.82", "4.22", "BCE série MRR_FR ; notaires2normandie.com, infonet.fr"),
    ("2024-1", "4.50", "8.01", "5.07", "BCE série MRR_FR ; infonet.fr"),
    ("2024-2", "4.25", "8.16", "4.92", "BCE série MRR_FR ; legifiscal.fr 4371"),
    ("2025-1", "3.15", "7.21", "3.71", "BCE série MRR_FR ; legifiscal.fr 4371"),
    ("2025-2", "2.15", "6.65", "2.76", "BCE série MRR_FR (depuis le 11/06/2025) ; legifiscal.fr 4371"),
    ("2026-1", "2.15", "6.67", "2.62", "BCE maintenu le 05/02/2026 (eunews.it) ; arrêté du 15/12/2025 (juriblio.fr)"),
)

RATES = RateTable(
    tuple(
        Published(Semester.parse(semester), Decimal(ecb), Decimal(private), Decimal(other), source)
        for semester, ecb, private, other, source in _LINES
    )
)
