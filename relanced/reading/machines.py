"""Machines that write no report: automatic answers, doorkeepers, lists, copies. Who remains is a person."""

from __future__ import annotations

from msgspec import Struct

from relanced.reading.flat import any_of, flat, line_of
from relanced.reading.signs import Signs
from relanced.reading.verdict import Intent, Kind

_LONGEST = 8 * 1024  # characters of a text that are searched
_DOORKEEPERS = any_of(
    r"mail ?in ?black|spam ?arrest|boxbe|bluebottle|choicemail|\btmda\b|alto ?spam|mailwasher|sendio|vaderetro"
)
_PROVE = any_of(r"cliqu\w+", r"click\w*", r"suiv\w+ (?:le|ce) lien", r"follow (?:the|this) link", r"captcha")
_HELD = any_of(
    r"authentifi",
    r"verifi\w+ (?:que|votre)|verify (?:your|that)|prove that you",
    r"confirm\w* (?:que vous|votre (?:adresse|identit|exp)|your|that you)|valid\w+ votre",
    r"en attente (?:de|d'|dans)|(?:sera|soit|etre) (?:remis|delivr|transmis|distribu)",
    r"(?:will be|to be) delivered|held (?:for|in)",
    r"humain|human|robot",
)
_TAKEN = any_of(
    r"(?:avons|ai|a) bien recu (?:votre|ta)|bien ete (?:recue?|prise? en compte|enregistr)",
    r"accus\w+ (?:de )?reception",
    r"votre (?:demande|message|mail|e-mail|courriel|ticket)(?: \S+)? (?:a|est|sera)\b",
    r"has been (?:received|created|registered)|we have received your",
    r"thank you for (?:contacting|your (?:email|message))",
    r"nous (?:reviendrons|vous repondrons)|dans les meilleurs delais",
    r"message automatique|automatically generated|ne pas repondre|do not reply",
)
_AWAY = any_of(
    r"\babsente?s?\b|absence|conges?\b|vacances|hors du bureau|de retour|en deplacement",
    r"fermee?s? (?:du|jusqu|pour)|fermeture annuelle",
    r"out of (?:the )?office|on (?:annual |maternity )?leave|on (?:holiday|vacation)|away from",
)
_GONE = any_of(
    r"ne (?:travaille|fait|fais) plus (?:partie|dans|chez|pour|au)",
    r"a quitte (?:l'entreprise|la societe|ses fonctions|notre)",
    r"n'est plus (?:en fonction|dans|valide|utilisee?|active?|relevee)",
    r"adresse (?:sera|est|a ete) (?:bientot )?(?:supprim|desactiv|ferm)",
    r"no longer (?:works|with|employed)|has left",
)
_GRAVE = frozenset({Intent.PAID, Intent.DISPUTES, Intent.INSOLVENT})  # advertisements say none of these


class Machine(Struct, frozen=True):
    """Which machine it is, and by what sign."""

    kind: Kind
    reason: str


class _Seen(Struct, frozen=True):
    """What is looked at: signs, the flat text, the text as it was written, and what it seems to say."""

    signs: Signs
    text: str
    written: str
    intent: Intent | None
    named: bool

    @property
    def meant(self) -> bool:
        """It says something that only a person can know."""
        return self.named or self.intent not in (None, Intent.THANKS_ONLY)


def machine_behind(signs: Signs, text: str, intent: Intent | None, *, named: bool) -> Machine | None:
    """The machine that wrote a message which is no report; None for a person.

    `text`: its own words, without quotations; `intent`: what they seem to say. `named`: they name a reference of ours.
    """
    seen = _Seen(signs, flat(text[:_LONGEST]), text[:_LONGEST], intent, named)
    asks = (_copy, _doorkeeper, _receipt, _answering, _ticket, _notice)
    return next(filter(None, (ask(seen) for ask in asks)), None)


def _copy(seen: _Seen) -> Machine | None:
    return Machine(Kind.AUTOMATIC, "our own message: it has X-Relanced-Attempt") if seen.signs.ours else None


def _doorkeeper(seen: _Seen) -> Machine | None:
    """A known doorkeeper that asks for a click, or a machine that asks for it in a doorkeeper's words."""
    signs, text = seen.signs, seen.text
    held = _HELD.search(text)
    if signs.answering_machine or not (held and _PROVE.search(text) and "http" in text):
        return None
    named = f"{signs.sender} {signs.title} {signs.headers.raw('message-id')[:300].lower()} {text}"
    if _DOORKEEPERS.search(named) or signs.machine or signs.nobody:
        return Machine(Kind.CHALLENGE, f"a doorkeeper: {line_of(seen.written, held)}")
    return None


def _receipt(seen: _Seen) -> Machine | None:
    begins = seen.text.lstrip().startswith(("votre message", "your message"))
    if seen.signs.says_read and (seen.signs.machine or begins):
        return Machine(Kind.READ_RECEIPT, f"a read receipt in words: « {seen.signs.subject[:100]} »")
    return None


def _answering(seen: _Seen) -> Machine | None:
    """An answering machine that says so, or any machine in the words of one."""
    signs, away = seen.signs, _GONE.search(seen.text) or _AWAY.search(seen.text)
    speaks = signs.says_away or (away and signs.answers and not seen.meant)
    titled = signs.titled_by_program and not seen.meant
    if not signs.answering_machine and not titled and not (signs.machine and not signs.daemon and speaks):
        return None
    told = away or _TAKEN.search(seen.text)
    said = line_of(seen.written, told) if told else f"« {signs.subject[:100]} »"
    return Machine(Kind.AUTO_REPLY, f"an automatic answer: {said}")


def _ticket(seen: _Seen) -> Machine | None:
    """Ticket programs write auto-generated over the answers of people too: only an acknowledgement is a machine's."""
    answers = seen.signs.machine and seen.signs.answers and not seen.signs.daemon
    if answers and not seen.meant and (taken := _TAKEN.search(seen.text)):
        return Machine(Kind.AUTO_REPLY, f"an acknowledgement: {line_of(seen.written, taken)}")
    return None


def _notice(seen: _Seen) -> Machine | None:
    """A list, a notice, a server: unless it answers us or speaks of our invoices, for then a person should see it."""
    signs = seen.signs
    ours = signs.answers or seen.named or seen.intent in _GRAVE
    if ours and not signs.daemon and seen.text.strip():
        return None
    signed = {
        "a mail server": signs.daemon,
        "it says that a machine sent it": signs.machine,
        "it was sent to a list": signs.list,
        "its sender reads no answers": signs.nobody,
    }
    return next((Machine(Kind.AUTOMATIC, what) for what, is_so in signed.items() if is_so), None)
