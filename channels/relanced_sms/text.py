"""A draft becomes a parcel: one number in E.164 form, one text in the GSM alphabet where French allows."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from relanced.channel import Parcel, TextDraft, Unfit, forbidden_in_text, gsm_text, text_length

# Overseas numbers may be written like the mainland's: the first region in which one exists is meant.
_REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")
_WRITTEN = re.compile(r"\+?[0-9][0-9 .()/-]{2,30}")
_STOP = re.compile(
    r"(?:stop|arret|arretez|arreter|stop ?sms|stop ?all|unsubscribe|desabonnement|desabonner|desinscription)"
    r"(?: (?:sms|tout|svp|merci|stop|[0-9]{5}))*"
)
_LONGEST_STOP = 60


def parcel_of(draft: TextDraft, sender: str, most: int) -> Parcel:
    """The text as it will leave; `most` is the number of segments it may take. Raises `Unfit`."""
    number, text = e164(draft.to), gsm_text(draft.text.replace("\r\n", "\n").strip())
    length = text_length(text)
    if not number:
        raise Unfit("the number is no telephone number in the form +33612345678")
    if not text or not text.replace("\n", "").isprintable():
        raise Unfit("the text is empty, or holds a control character")
    if forbidden := forbidden_in_text(text):
        raise Unfit(f"a short text carries no IBAN and no link: this one holds {forbidden}")
    if length.segments > most:
        raise Unfit(f"the text takes {length.segments} segments in {length.alphabet}: the channel allows {most}")
    envelope = {"from": sender, "alphabet": length.alphabet, "segments": str(length.segments)}
    return Parcel(draft.attempt, number, draft.deadline, (text.encode(),), envelope)


def e164(said: str) -> str:
    """A number as providers want it, overseas France included; empty when it is none."""
    if not _WRITTEN.fullmatch(said):
        return ""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(said, region)
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_valid_number(number) or said.startswith("+"):
            possible = phonenumbers.is_possible_number(number)
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if possible else ""
    return ""


def is_stop(text: str) -> bool:
    """Whether the whole text says stop: « STOP », « Arrêt. », « stop sms »."""
    if len(text) > _LONGEST_STOP:
        return False
    spread = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in spread if not unicodedata.combining(c))
    return _STOP.fullmatch(re.sub(r"[^a-z0-9]+", " ", bare).strip()) is not None
