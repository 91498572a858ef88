"""The company of the demonstration, its customers, what they owe and what they pay. All of it is invented."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

CREDITOR = "atelier-dubois"
FIRST_DAY, LAST_DAY = date(2026, 1, 2), date(2026, 3, 31)
NO_BANK_FILES = (date(2026, 2, 16), date(2026, 2, 20))  # the week in which nobody fetched them
DEAD_DOMAIN, SHY_DOMAIN = "kerjean.example", "saint-aubin.example"
ACCOUNT, TOKEN = "AC" + "0" * 32, "de" * 16  # with a Twilio of our own
SHORT_NUMBER = "38123"  # the sender of our texts: people can answer it
DEAD_MOBILE, STOPPING_MOBILE = "+33600000016", "+33600000017"


class Customer(Struct, frozen=True):
    """A line of the customer file. `kind` is the word of the accounting program, empty where nobody filled it in.

    `phone` is for calls, `mobile` for short texts: one number, or several between slashes.
    """

    code: str
    name: str
    kind: str
    street: str = ""
    town: str = ""
    contact: str = ""
    email: str = ""
    siren: str = ""
    phone: str = ""
    mobile: str = ""


class Invoice(Struct, frozen=True):
    """A line of the sales journal, in cents."""

    number: str
    customer: str
    issued_on: date
    due_on: date
    cents: int
    work: str
    order: str = ""


class Transfer(Struct, frozen=True):
    """A line of the bank statement. Without an invoice it pays the oldest."""

    customer: str
    booked_on: date
    cents: int
    invoice: str = ""


class CreditNote(Struct, frozen=True):
    """A line of the credit notes."""

    number: str
    customer: str
    issued_on: date
    cents: int
    invoice: str


CUSTOMERS = (
    Customer("C01", "Boulangerie Durand", "entreprise", "3 PLACE DES LICES", "35000 RENNES", "Anne Durand",
             "anne@boulangerie-durand.example"),
    Customer("C02", "Cabinet Morel Architectes", "entreprise", "18 QUAI LAMENNAIS", "35000 RENNES", "Paul Morel",
             "compta@morel-archi.example"),
    Customer("C03", "Garage Leroy", "entreprise", "41 ROUTE DE LORIENT", "35000 RENNES", "Luc Leroy",
             "garage.leroy@poste.example"),
    Customer("C04", "Hôtel des Halles", "entreprise", "7 RUE JULES SIMON", "35000 RENNES", "Direction",
             "direction@hotel-des-halles.example", mobile="06 00 00 00 04"),
    Customer("C05", "Imprimerie Kerjean", "entreprise", "ZA DES TROIS MARCHES", "35740 PACE", "Comptabilité",
             f"facturation@{DEAD_DOMAIN}"),
    Customer("C06", "Fleuriste Jardin d'Hiver", "entreprise", "22 RUE DE NEMOURS", "35000 RENNES", "Sarah Petit",
             "bonjour@jardin-d-hiver.example"),
    Customer("C07", "Pharmacie du Parlement", "entreprise", "5 RUE SAINT-GEORGES", "35000 RENNES", "Mme Vasseur",
             "gestion@pharmacie-parlement.example"),
    Customer("C08", "Mme Hélène Rivière", "particulier", "14 ALLEE DES TILLEULS", "35700 RENNES", "",
             "helene.riviere@courriel.example"),
    Customer("C09", "Commune de Saint-Aubin-des-Prés", "public", "1 PLACE DE LA MAIRIE", "35140 SAINT-AUBIN-DES-PRES",
             "Service finances", f"finances@{SHY_DOMAIN}"),
    Customer("C10", "Menuiserie Le Bihan", "entreprise"),
    Customer("C11", "Les Amis du Canal", "", "2 CHEMIN DE HALAGE", "35830 BETTON", "",
             "tresorier@amis-du-canal.example"),
    Customer("C12", "Groupe Valmont Promotion", "entreprise", "90 BOULEVARD DE LA LIBERTE", "35000 RENNES",
             "Comptabilité fournisseurs", "fournisseurs@valmont-promotion.example", "123456782",
             phone="02 61 91 00 12"),
    Customer("C13", "Traiteur Belle-Île", "entreprise", "6 QUAI DE LA GARE", "56400 AURAY", "Yann Le Goff",
             "yann@traiteur-belle-ile.example"),
    Customer("C14", "Librairie Page Blanche", "entreprise", "11 RUE DE LA MONNAIE", "35000 RENNES"),
    Customer("C15", "Transports Guéguen", "entreprise", "ZI SUD-EST, RUE DE LA RIGOURDIERE", "35510 CESSON-SEVIGNE",
             "Mme Guéguen", "compta@transports-gueguen.example", phone="02 61 91 00 15"),
    Customer("C16", "Cycles Le Gall", "entreprise", "28 RUE SAINT-HELIER", "35000 RENNES", "Erwan Le Gall",
             "erwan@cycles-le-gall.example", mobile="06 00 00 00 16 / 06 00 00 00 26"),
    Customer("C17", "Brasserie du Port", "entreprise", "4 QUAI CHATEAUBRIAND", "35000 RENNES", "Malo Kervella",
             "malo@brasserie-du-port.example", mobile="06 00 00 00 17"),
    Customer("C18", "Cabinet dentaire Lemoine", "entreprise", "9 BOULEVARD DE SEVIGNE", "35000 RENNES", "Mme Lemoine",
             "cabinet@lemoine-dentaire.example", phone="02 61 91 00 18"),
)  # fmt: skip


def _invoice(number: str, customer: str, issued: str, due: str, cents: int, work: str, order: str = "") -> Invoice:
    return Invoice(f"FA-{number}", customer, date.fromisoformat(issued), date.fromisoformat(due), cents, work, order)


OLD_INVOICES = (
    _invoice("2025-081", "C01", "2025-11-05", "2025-12-05", 61_200, "Vitrine réfrigérée, habillage"),
    _invoice("2025-082", "C03", "2025-11-06", "2025-12-08", 43_000, "Porte d'atelier, réparation"),
    _invoice("2025-083", "C04", "2025-11-07", "2025-12-08", 215_000, "Banque d'accueil"),
    _invoice("2025-084", "C05", "2025-11-12", "2025-12-12", 38_500, "Étagères, deux travées"),
    _invoice("2025-085", "C06", "2025-11-14", "2025-12-15", 52_000, "Plan de travail en chêne"),
    _invoice("2025-086", "C07", "2025-11-18", "2025-12-18", 74_000, "Tiroirs pour officine"),
    _invoice("2025-087", "C14", "2025-11-20", "2025-12-22", 29_000, "Échelle de bibliothèque"),
    _invoice("2025-088", "C15", "2025-11-24", "2025-12-24", 96_000, "Mobilier de bureau"),
    _invoice("2025-089", "C16", "2025-11-25", "2025-12-26", 31_000, "Porte-cycles mural"),
    _invoice("2025-090", "C17", "2025-11-26", "2025-12-26", 44_000, "Plateaux de tables"),
    _invoice("2025-091", "C18", "2025-11-27", "2025-12-29", 58_000, "Meuble de stérilisation"),
    _invoice("2025-095", "C12", "2025-11-28", "2025-12-31", 1_248_000, "Hall d'entrée, lot menuiserie, situation 1"),
    _invoice("2025-096", "C12", "2025-12-01", "2025-12-31", 792_000, "Hall d'entrée, lot menuiserie, situation 2"),
    _invoice("2025-097", "C17", "2025-12-05", "2026-01-05", 68_000, "Banquettes de la terrasse"),
    _invoice("2025-098", "C18", "2025-12-05", "2026-01-05", 87_500, "Banque d'accueil"),
    _invoice("2025-101", "C03", "2025-12-09", "2026-01-08", 89_050, "Comptoir d'accueil"),
    _invoice("2025-102", "C04", "2025-12-10", "2026-01-09", 348_000, "Têtes de lit, six chambres"),
    _invoice("2025-103", "C04", "2025-12-10", "2026-01-09", 86_000, "Porte de service"),
    _invoice("2025-104", "C08", "2025-12-12", "2026-01-12", 46_000, "Bibliothèque sur mesure, solde"),
    _invoice("2025-099", "C16", "2025-12-12", "2026-01-12", 54_000, "Établi d'atelier"),
    _invoice("2025-105", "C05", "2025-12-15", "2026-01-14", 72_000, "Table de façonnage"),
    _invoice("2025-106", "C01", "2025-12-15", "2026-01-15", 64_000, "Présentoirs à pain"),
    _invoice("2025-107", "C06", "2025-12-17", "2026-01-16", 96_000, "Étals extérieurs"),
    _invoice("2025-108", "C10", "2025-12-19", "2026-01-19", 35_000, "Usinage de moulures"),
    _invoice("2025-109", "C07", "2025-12-19", "2026-01-20", 98_000, "Comptoir, trois modules"),
    _invoice("2025-110", "C14", "2025-12-22", "2026-01-21", 61_000, "Tables de présentation"),
    _invoice("2025-111", "C02", "2025-12-22", "2026-01-22", 240_000, "Maquette et meubles à plans"),
    _invoice("2025-112", "C09", "2025-12-26", "2026-01-26", 520_000, "Portes de la salle des fêtes", "BC 2025-0417"),
    _invoice("2025-113", "C11", "2025-12-29", "2026-01-28", 27_500, "Panneau d'affichage"),
    _invoice("2025-114", "C13", "2025-12-30", "2026-01-30", 134_000, "Buffets pliants"),
)

NEW_INVOICES = (
    _invoice("2026-001", "C15", "2026-01-09", "2026-02-09", 218_000, "Vestiaires du personnel"),
    _invoice("2026-002", "C01", "2026-01-16", "2026-02-16", 59_800, "Meuble de caisse"),
    _invoice("2026-003", "C02", "2026-01-20", "2026-02-20", 115_000, "Table de réunion"),
    _invoice("2026-004", "C07", "2026-01-27", "2026-02-27", 41_000, "Pose du comptoir"),
    _invoice("2026-005", "C06", "2026-01-28", "2026-03-05", 74_000, "Vitrine du fond"),
    _invoice("2026-006", "C14", "2026-01-29", "2026-03-02", 33_000, "Rayonnage jeunesse"),
    _invoice("2026-007", "C03", "2026-01-29", "2026-03-10", 96_500, "Bureau d'accueil"),
    _invoice("2026-008", "C17", "2026-01-29", "2026-02-27", 39_000, "Tabourets de bar"),
    _invoice("2026-009", "C18", "2026-01-29", "2026-03-16", 64_500, "Tiroirs à instruments"),
)


def _transfer(customer: str, booked: str, cents: int, invoice: str = "") -> Transfer:
    return Transfer(customer, date.fromisoformat(booked), cents, f"FA-{invoice}" if invoice else "")


OLD_TRANSFERS = (
    _transfer("C01", "2025-12-05", 61_200, "2025-081"),
    _transfer("C03", "2025-12-09", 43_000, "2025-082"),
    _transfer("C04", "2025-12-08", 215_000, "2025-083"),
    _transfer("C05", "2025-12-12", 38_500, "2025-084"),
    _transfer("C06", "2025-12-16", 52_000, "2025-085"),
    _transfer("C07", "2025-12-18", 74_000, "2025-086"),
    _transfer("C14", "2025-12-22", 29_000, "2025-087"),
    _transfer("C15", "2025-12-29", 96_000, "2025-088"),
    _transfer("C16", "2025-12-26", 31_000, "2025-089"),
    _transfer("C17", "2025-12-29", 44_000, "2025-090"),
    _transfer("C18", "2025-12-29", 58_000, "2025-091"),
)

TRANSFERS = (
    _transfer("C01", "2026-01-15", 64_000, "2025-106"),
    _transfer("C03", "2026-01-15", 89_050, "2025-101"),
    _transfer("C02", "2026-01-21", 240_000, "2025-111"),
    _transfer("C04", "2026-01-22", 434_000),
    _transfer("C17", "2026-01-22", 68_000, "2025-097"),
    _transfer("C06", "2026-01-23", 50_000, "2025-107"),
    _transfer("C05", "2026-01-26", 72_000, "2025-105"),
    _transfer("C14", "2026-01-26", 61_000, "2025-110"),
    _transfer("C16", "2026-01-27", 54_000, "2025-099"),
    _transfer("C18", "2026-01-30", 87_500, "2025-098"),
    _transfer("C06", "2026-02-03", 46_000, "2025-107"),
    _transfer("C07", "2026-02-03", 80_000, "2025-109"),
    _transfer("C08", "2026-02-09", 46_000, "2025-104"),
    _transfer("C11", "2026-02-10", 27_500, "2025-113"),
    _transfer("C01", "2026-02-16", 59_800, "2026-002"),
    _transfer("C02", "2026-02-19", 115_000, "2026-003"),
    _transfer("C07", "2026-02-26", 41_000, "2026-004"),
    _transfer("C14", "2026-03-02", 33_000, "2026-006"),
    _transfer("C09", "2026-03-03", 520_000, "2025-112"),
    _transfer("C06", "2026-03-04", 74_000, "2026-005"),
    _transfer("C13", "2026-03-06", 134_000, "2025-114"),
    _transfer("C15", "2026-03-11", 218_000, "2026-001"),
    _transfer("C17", "2026-03-13", 39_000, "2026-008"),
)

CREDIT_NOTE = CreditNote("AV-2026-001", "C07", date(2026, 1, 27), 18_000, "FA-2025-109")
INVOICES = (*OLD_INVOICES, *NEW_INVOICES)
NAMES = {customer.code: customer.name for customer in CUSTOMERS}
