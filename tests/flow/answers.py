"""What debtors and their machines write back to a mail of the company."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count

from tests.flow.clock import PARIS
from tests.flow.company import Company
from tests.flow.relay import Mail

OURS = "compta@atelier-dubois.example"
_NUMBERS = count(1)


def letter(company: Company, text: str, sender: str, subject: str = "Votre relance", **heads: str) -> bytes:
    """A mail that somebody writes."""
    message = EmailMessage()
    written = company.clock.now().astimezone(PARIS)
    usual = {"From": sender, "To": OURS, "Subject": subject, "Date": format_datetime(written)}
    for name, value in {**usual, "Message-ID": f"<a{next(_NUMBERS)}@client.example>", **heads}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def reply(company: Company, mail: Mail, text: str, sender: str = "", **heads: str) -> bytes:
    """The answer to a mail, as a mail program writes it."""
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    body = f"{text}\n\nLe jeu. 5 mars 2026 à 09:30, Claire Dubois <{OURS}> a écrit :\n\n{quoted}\n"
    heads = {"In-Reply-To": mail.message_id, "References": mail.message_id, **heads}
    return letter(company, body, sender or mail.to, f"Re: {mail.subject}", **heads)


def bounce(
    mail: Mail,
    said: str = "550 5.1.1 User unknown",
    action: str = "failed",
    to: str = "",
    attempt: str | None = None,
    message_id: str = "",
) -> bytes:
    """A report of delivery (RFC 3464), as Postfix writes it."""
    named = mail.attempt if attempt is None else attempt
    envelope = f"Original-Envelope-Id: {named}\n" if named else ""
    status = said.split()[1]
    returned = f"From: {OURS}\nTo: {mail.to}\nSubject: x\nMessage-ID: {message_id or mail.message_id}\n"
    return f"""From: MAILER-DAEMON@mx.client.example (Mail Delivery System)
To: {OURS}
Subject: Undelivered Mail Returned to Sender
Date: Thu, 5 Mar 2026 09:31:00 +0100
Message-ID: <b{next(_NUMBERS)}@mx.client.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example
{envelope}
Final-Recipient: rfc822; {to or mail.to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}
--b
Content-Type: text/rfc822-headers

{returned}
--b--
""".encode()


def away(company: Company, mail: Mail, text: str, **heads: str) -> bytes:
    """An automatic answer."""
    heads = {"Auto-Submitted": "auto-replied", "In-Reply-To": mail.message_id, **heads}
    return letter(company, text, mail.to, f"Réponse automatique : {mail.subject}", **heads)


def challenge(company: Company, mail: Mail) -> bytes:
    """A doorkeeper wants somebody to prove being human."""
    text = (
        "Bonjour,\nVotre message est en attente. Pour qu'il soit remis, cliquez sur le lien suivant pour vous "
        "authentifier : https://mailinblack.example/auth/abc\nMailinblack\n"
    )
    heads = {"In-Reply-To": mail.message_id, "Auto-Submitted": "auto-generated"}
    return letter(company, text, "no-reply@mailinblack.example", "Authentification requise", **heads)


def opened(mail: Mail) -> bytes:
    """A receipt for reading (RFC 8098)."""
    return f"""From: {mail.to}
To: {OURS}
Subject: Lu : {mail.subject}
Date: Thu, 5 Mar 2026 11:00:00 +0100
Message-ID: <r{next(_NUMBERS)}@client.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain

Votre message a ete lu.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {mail.to}
Original-Message-ID: {mail.message_id}
Disposition: manual-action/MDN-sent-manually; displayed

--b--
""".encode()


def complaint(mail: Mail) -> bytes:
    """A report of abuse (RFC 5965)."""
    return f"""From: feedback@orange.example
To: {OURS}
Subject: Abuse report
Date: Thu, 5 Mar 2026 11:00:00 +0100
Message-ID: <c{next(_NUMBERS)}@orange.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Orange/1.0
Version: 1
Original-Rcpt-To: {mail.to}

--b
Content-Type: text/rfc822-headers

From: {OURS}
To: {mail.to}
Message-ID: {mail.message_id}
X-Relanced-Attempt: {mail.attempt}

--b--
""".encode()
