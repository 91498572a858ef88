"""What left, in words again: the text of a mail or a short text, the pages of a letter, the script of a call."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO

from relanced.channel import CallSheet, Form
from relanced.rules.model import Road

_FORMS = {Road.EMAIL: Form.MAIL, Road.SMS: Form.TEXT, Road.PHONE: Form.CALL}


def form_of(road: Road) -> Form:
    """The form of what goes by a road."""
    return _FORMS.get(road, Form.PAPER)


def in_lines(form: Form, wire: bytes) -> list[str]:
    """The words in these bytes, line by line."""
    return _READ[form](wire)


def _mail(wire: bytes) -> list[str]:
    mail = message_from_bytes(wire, EmailMessage, policy=policy.default)
    body = mail.get_body(("plain",))
    text = body.get_content() if isinstance(body, EmailMessage) else ""
    enclosed = [f"[{part.get_filename()}]" for part in mail.iter_attachments()]
    return [f"Objet : {mail['Subject']}", "", *text.splitlines(), *enclosed]


def pages(pdf: bytes) -> list[str]:
    """The lines on the pages of a letter."""
    from pypdf import PdfReader  # slow to import, and few ask

    return [line for page in PdfReader(BytesIO(pdf)).pages for line in page.extract_text().splitlines()]


def _script(wire: bytes) -> list[str]:
    return CallSheet.read(wire).script.splitlines()


def _text(wire: bytes) -> list[str]:
    return wire.decode("utf-8", "replace").splitlines()


_READ = {Form.MAIL: _mail, Form.PAPER: pages, Form.TEXT: _text, Form.CALL: _script}
