"""Who looks after the accounts, with how much effort and which competences; roles and codes, never names."""

from __future__ import annotations

from kamlab.tables.contract import Both, Column, Kind, Table
from kamlab.tables.ledger import account_id
from kamlab.tables.potential import ONE_TO_FIVE

# fmt: off

TEAM = Table(
    "team",
    Both("Kundenteams", "Account teams"),
    Both(
        "Das Selling Center: welche Rollen bei uns einen Kunden betreuen und wem sie beim Kunden gegenüberstehen.",
        "The selling center: which roles on our side look after an account, and whom they face at the customer.",
    ),
    (
        account_id(),
        Column("role", Kind.TEXT, Both("Rolle im Team", "Role in the team"), Both("Rolle oder Kürzel, kein Name", "role or code, no name"), required=True, example="KAM-03", aliases=("Rolle", "Teammitglied", "TeamMemberRole", "Team Role")),
        Column("function", Kind.TEXT, Both("Funktion", "Function"), Both("Abteilung oder Aufgabe bei uns", "department or task on our side"), example=Both("Anwendungstechnik", "Application engineering"), aliases=("Abteilung", "Bereich", "Department")),
        Column("share_of_time", Kind.SHARE, Both("Zeitanteil", "Share of time"), Both("Anteil der Arbeitszeit, der diesem Kunden gilt", "share of the working time that goes to this account"), example="0,2", aliases=("Anteil", "Auslastung", "Allocation")),
        Column("counterpart_contact_id", Kind.ID, Both("Gegenüber beim Kunden", "Counterpart at the customer"), Both("Kontaktnummer der Person, mit der die Rolle spricht", "contact number of the person that the role talks to"), example="C-07", aliases=("Gegenüber", "Kontaktnummer", "Kontakt", "Contact ID", "Counterpart")),
    ),
)

EFFORT = Table(
    "effort",
    Both("Betreuungsaufwand", "Effort"),
    Both(
        "Was die Betreuung eines Kunden kostet, in Stunden oder als Betrag. Personen werden nicht gebraucht; für Stunden gilt ein einheitlicher Satz aus den Einstellungen.",
        "What it takes to look after an account, in hours or as an amount. No persons are needed; hours count at one standard rate of the settings.",
    ),
    (
        account_id(),
        Column("hours", Kind.NUMBER, Both("Stunden", "Hours"), Both("aufgewendete Stunden im Zeitraum", "hours spent in the period"), unit=Both("Stunden", "hours"), low=0, example="36,5", aliases=("Zeit", "Aufwand in Stunden", "Std", "Time Spent")),
        Column("amount", Kind.MONEY, Both("Kosten", "Amount"), Both("Kosten der Betreuung im Zeitraum, wenn sie als Betrag vorliegen", "cost of looking after the account in the period, where it is known as an amount"), low=0, example="2.400", aliases=("Betrag", "Aufwand", "Betreuungskosten", "Cost")),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum, in dem der Aufwand anfiel", "period in which the effort arose"), required=True, example="2025-11", aliases=("Periode", "Monat", "Jahr", "Month", "Year")),
        Column("function", Kind.TEXT, Both("Funktion", "Function"), Both("Abteilung oder Aufgabe, in der der Aufwand anfiel", "department or task in which the effort arose"), example=Both("Innendienst", "Inside sales"), aliases=("Abteilung", "Tätigkeit", "Bereich", "Activity", "Department")),
    ),
    either=(("hours", "amount"),),
)

COMPETENCES = Table(
    "competences",
    Both("Kompetenzen", "Competences"),
    Both(
        "Was eine Rolle können soll und wie weit sie heute ist; Rollen, keine Personen.",
        "What a role should be able to do and how far it is today; roles, not persons.",
    ),
    (
        Column("role", Kind.TEXT, Both("Rolle", "Role"), Both("Rolle, für die das Profil gilt, kein Name", "role that the profile is for, no name"), required=True, example="Key Account Manager", aliases=("Funktion", "Position", "Job Profile")),
        Column("competence", Kind.TEXT, Both("Kompetenz", "Competence"), Both("was die Rolle können soll", "what the role should be able to do"), required=True, example=Both("Verhandlungsführung", "Negotiation"), aliases=("Fähigkeit", "Anforderung", "Skill")),
        Column("target", Kind.NUMBER, Both("Soll", "Target"), Both("nötige Ausprägung: 1 gering bis 5 hoch", "level needed: 1 low to 5 high"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="4", aliases=("Sollwert", "Ziel", "Required")),
        Column("actual", Kind.NUMBER, Both("Ist", "Actual"), Both("heutige Ausprägung: 1 gering bis 5 hoch", "level today: 1 low to 5 high"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="3", aliases=("Istwert", "Stand", "Current")),
    ),
)
