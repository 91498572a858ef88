"""What lies in the mailbox: the customers' mail, and Claire's own, of which she gets one a morning."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from relanced.demo.folder import Folder

_OURS = "*@atelier-dubois.example.eml"


def customers_mail(folder: Folder) -> list[Path]:
    """What the customers got, in its order."""
    return sorted(set(folder.mailbox.glob("*.eml")) - set(mornings(folder)))


def mornings(folder: Folder) -> list[Path]:
    """The mails that tell our own people their day, in their order."""
    return sorted(folder.mailbox.glob(_OURS))


def opened(path: Path) -> EmailMessage:
    """A mail as a mail program reads it."""
    return message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)


def text(mail: EmailMessage) -> list[str]:
    """Its subject and its text, without empty lines."""
    body = mail.get_body(("plain",))
    said = str(body.get_content()) if isinstance(body, EmailMessage) else ""
    return [f"Objet : {mail['Subject']}", *(line for line in said.splitlines() if line.strip())]


def tables(mail: EmailMessage) -> dict[str, list[str]]:
    """The workbooks that came with it: a line per sheet, with its rows counted."""
    return {str(part.get_filename()): _sheets(part.get_content()) for part in mail.iter_attachments()}


def _sheets(content: bytes) -> list[str]:
    book = load_workbook(BytesIO(content))
    return [f"{sheet.title}: {', '.join(_whom(row) for row in list(sheet.values)[1:])}" for sheet in book.worksheets]


def _whom(row: tuple[object, ...]) -> str:
    _, debtor, cents, currency, *_ = row
    return f"{debtor} {cents:.2f} {currency}" if isinstance(cents, int | float) else str(debtor or "")
