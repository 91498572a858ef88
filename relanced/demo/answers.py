"""What a customer writes back, as a mail program sends it: in the thread, with our mail quoted below."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from relanced.demo.folder import Folder
from relanced.demo.post import customers_mail, opened, text

ANSWERING = "C03"
ANSWER = """\
Bonjour Madame Dubois,

J'ai bien reçu votre rappel, mais je ne retrouve pas la facture FA-2026-007 de mon côté : je crois
ne l'avoir jamais reçue. Pourriez-vous me la renvoyer ? Je la mets en paiement dès que je l'ai.

Bien cordialement,
Luc Leroy
Garage Leroy
"""
REPLY = """\
Bonjour Monsieur Leroy,

Je vous remercie de m'avoir répondu si vite. La facture FA-2026-007 du 29 janvier 2026 part au courrier
aujourd'hui même, à votre adresse de la route de Lorient.

N'hésitez pas à m'appeler si elle ne vous parvenait pas.
"""
_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def answered(folder: Folder, to: str, now: datetime) -> Path:
    """Answer the last mail that this address got from us. Returns the file in which the answer lies."""
    ours = opened([path for path in customers_mail(folder) if path.name.endswith(f"-{to}.eml")][-1])
    mail = EmailMessage()
    mail["From"], mail["To"] = str(ours["To"]), str(ours["From"])
    mail["Subject"], mail["Date"] = f"Re: {ours['Subject']}", format_datetime(now)
    mail["Message-ID"] = f"<{now:%Y%m%d%H%M}.1@{to.partition('@')[2]}>"
    mail["In-Reply-To"] = str(ours["Message-ID"])
    mail["References"] = " ".join(f"{ours['References'] or ''} {ours['Message-ID']}".split())
    mail.set_content(f"{ANSWER}\n{_quoted(ours)}")
    path = folder.answers / f"{now:%Y-%m-%d}-{to}.eml"
    path.write_bytes(mail.as_bytes())
    return path


def _quoted(ours: EmailMessage) -> str:
    sent: datetime = ours["Date"].datetime
    day = f"{_DAYS[sent.weekday()]} {sent.day} {_MONTHS[sent.month - 1]} {sent.year}"
    said = "\n".join(f"> {line}" for line in text(ours)[1:])
    return f"Le {day} à {sent:%H:%M}, {ours['From']} a écrit :\n\n{said}\n"
