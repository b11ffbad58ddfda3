"""Customer selection and goals: criteria, decisions, the cascade of goals, actions."""

from __future__ import annotations

from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.ledger import account_id

# fmt: off

STATUS = (
    Choice("planned", Both("geplant", "planned")), Choice("running", Both("läuft", "running")),
    Choice("done", Both("erledigt", "done")), Choice("dropped", Both("verworfen", "dropped")),
)

CRITERIA = Table(
    "criteria",
    Both("Kriterien", "Criteria"),
    Both(
        "Bewertungen der Kunden für die Kundenselektion, je Kunde und Kriterium eine Zeile. Gewicht und Richtung eines Kriteriums stehen in den Einstellungen.",
        "Ratings of the accounts for customer selection, one row per account and criterion. A criterion's weight and direction stand in the settings.",
    ),
    (
        account_id(),
        Column("criterion", Kind.TEXT, Both("Kriterium", "Criterion"), Both("Name des Kriteriums, geschrieben wie in den Einstellungen", "name of the criterion, written as in the settings"), required=True, example=Both("Referenzwirkung", "Reference effect"), aliases=("Merkmal", "Auswahlkriterium", "Criteria", "Attribute")),
        Column("value", Kind.NUMBER, Both("Ausprägung", "Value"), Both("Punktzahl oder Messwert des Kunden bei diesem Kriterium", "the account's points or measured value on this criterion"), required=True, unit=Both("Einheit des Kriteriums", "unit of the criterion"), example="4", aliases=("Wert", "Punkte", "Bewertung", "Score", "Points", "Rating")),
        Column("rater", Kind.ID, Both("Bewertet von", "Rated by"), Both("Kürzel der bewertenden Person, kein Name; mehrere bewerten unabhängig voneinander", "code of who rated, no name; several rate independently of each other"), example="R1", aliases=("Bewerter", "Kürzel", "Rater", "Reviewer")),
    ),
)

DECISIONS = Table(
    "decisions",
    Both("Entscheidungen", "Decisions"),
    Both(
        "Beschlüsse zur Auswahl der Schlüsselkunden: wer im Kreis ist, wer nicht und warum.",
        "Decisions on the selection of key accounts: who is in, who is not, and why.",
    ),
    (
        account_id(),
        Column(
            "decision", Kind.CHOICE, Both("Entscheidung", "Decision"), Both("im Kreis der Schlüsselkunden, nicht im Kreis oder beobachten", "in the circle of key accounts, out of it, or watched"), required=True, example="im Kreis", aliases=("Beschluss", "Status", "Verdict"),
            allowed=(Choice("in", Both("im Kreis", "in")), Choice("out", Both("nicht im Kreis", "out")), Choice("watch", Both("beobachten", "watch"))),
        ),
        Column("reason", Kind.TEXT, Both("Begründung", "Reason"), Both("warum so entschieden wurde, in einem Satz", "why it was decided like this, in one sentence"), required=True, example=Both("Zugang zum skandinavischen Markt", "Access to the Scandinavian market"), aliases=("Grund", "Bemerkung", "Rationale", "Comment")),
        Column("date", Kind.DATE, Both("Entschieden am", "Decided on"), Both("Tag des Beschlusses", "day of the decision"), example="18.11.2025", aliases=("Datum", "Beschlussdatum", "Decision Date")),
        Column("by", Kind.TEXT, Both("Entschieden von", "Decided by"), Both("Gremium oder Rolle, kein Name", "body or role, no name"), example=Both("Vertriebsleitung", "Sales management"), aliases=("Gremium", "Wer", "Committee")),
    ),
)

GOALS = Table(
    "goals",
    Both("Ziele", "Goals"),
    Both(
        "Ziele von Unternehmen, Vertrieb, Key Account Management und einzelnen Kunden; jedes weist auf das Ziel, dem es dient.",
        "Goals of the company, of sales, of key account management and of single accounts; each points to the goal that it serves.",
    ),
    (
        Column("goal_id", Kind.ID, Both("Zielnummer", "Goal number"), Both("Nummer des Ziels", "number of the goal"), required=True, example="Z-01", aliases=("Ziel-Nr.", "Goal ID")),
        Column(
            "level", Kind.CHOICE, Both("Ebene", "Level"), Both("wessen Ziel es ist", "whose goal it is"), required=True, example="Kunde", aliases=("Zielebene", "Goal Level"),
            allowed=(
                Choice("company", Both("Unternehmen", "company")), Choice("sales", Both("Vertrieb", "sales")),
                Choice("kam", Both("KAM", "KAM")), Choice("account", Both("Kunde", "account")),
            ),
        ),
        account_id("Kundennummer bei Zielen für einen Kunden, sonst leer", "customer number for goals of an account, else empty", required=False),
        Column("goal", Kind.TEXT, Both("Ziel", "Goal"), Both("was erreicht werden soll, in einem Satz", "what shall be reached, in one sentence"), required=True, example=Both("Zweitlieferant im Werk Leipzig werden", "Become second supplier at the Leipzig plant"), aliases=("Zielbeschreibung", "Beschreibung", "Objective", "Description")),
        Column("indicator", Kind.TEXT, Both("Gemessen an", "Measured by"), Both("Kennzahl, an der das Ziel gemessen wird", "indicator that the goal is measured by"), example=Both("Lieferanteil", "Share of wallet"), aliases=("Kennzahl", "Messgröße", "KPI")),
        Column("start_value", Kind.NUMBER, Both("Ausgangswert", "Start value"), Both("Wert der Kennzahl zu Beginn", "value of the indicator at the start"), unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="0,15", aliases=("Istwert", "Startwert", "Baseline")),
        Column("target_value", Kind.NUMBER, Both("Zielwert", "Target value"), Both("Wert, der erreicht werden soll", "value to be reached"), unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="0,3", aliases=("Sollwert", "Soll", "Target")),
        Column("due", Kind.DATE, Both("Termin", "Due date"), Both("Tag, bis zu dem das Ziel erreicht sein soll", "day by which the goal shall be reached"), example="31.12.2026", aliases=("Fällig", "Bis", "Fällig am", "Deadline")),
        Column("owner_role", Kind.TEXT, Both("Verantwortliche Rolle", "Owner's role"), Both("Rolle, die für das Ziel einsteht, kein Name", "role that answers for the goal, no name"), example="KAM-03", aliases=("Verantwortlich", "Rolle", "Owner")),
        Column(
            "benefit_for", Kind.CHOICE, Both("Nutzen für", "Benefit for"), Both("wem das Ziel nützt", "whom the goal benefits"), example="beide", aliases=("Nutzen", "Benefit"),
            allowed=(Choice("us", Both("uns", "us")), Choice("customer", Both("den Kunden", "the customer")), Choice("both", Both("beide", "both"))),
        ),
        Column("parent_goal", Kind.ID, Both("Übergeordnetes Ziel", "Parent goal"), Both("Nummer des Ziels, dem dieses dient", "number of the goal that this one serves"), example="Z-00", aliases=("Oberziel", "Zahlt ein auf", "Parent")),
    ),
)

ACTIONS = Table(
    "actions",
    Both("Maßnahmen", "Actions"),
    Both(
        "Vereinbarte Maßnahmen je Kunde mit Termin, Stand und dem Deckungsbeitrag, den sie bringen sollen und gebracht haben.",
        "Actions agreed per account with due date, status and the contribution margin that they shall bring and have brought.",
    ),
    (
        Column("action_id", Kind.ID, Both("Maßnahmennummer", "Action number"), Both("Nummer der Maßnahme", "number of the action"), required=True, example="M-012", aliases=("Maßnahmen-Nr.", "Action ID")),
        account_id(),
        Column("title", Kind.TEXT, Both("Maßnahme", "Action"), Both("was getan wird", "what is done"), required=True, example=Both("Erstmuster für Werk Leipzig liefern", "Deliver first samples to the Leipzig plant"), aliases=("Titel", "Bezeichnung", "Beschreibung", "Aufgabe", "Task", "Subject")),
        Column("goal_id", Kind.ID, Both("Dient dem Ziel", "Serves the goal"), Both("Nummer des Ziels, dem die Maßnahme dient", "number of the goal that the action serves"), example="Z-01", aliases=("Ziel", "Zielnummer", "Ziel-Nr.", "Goal", "Goal Number")),
        Column("owner", Kind.TEXT, Both("Verantwortlich", "Owner"), Both("Rolle oder Kürzel, kein Name nötig", "role or code, no name needed"), required=True, example="KAM-03", aliases=("Verantwortliche Rolle", "Wer", "Zuständig", "Assigned To", "Responsible")),
        Column("due", Kind.DATE, Both("Termin", "Due date"), Both("Tag, bis zu dem die Maßnahme erledigt sein soll", "day by which the action shall be done"), required=True, example="31.03.2026", aliases=("Fällig", "Bis", "Fällig am", "Deadline", "ActivityDate")),
        Column("status", Kind.CHOICE, Both("Stand", "Status"), Both("wie weit die Maßnahme ist", "how far the action is"), required=True, example="läuft", aliases=("Bearbeitungsstand", "State"), allowed=STATUS),
        Column("expected_margin", Kind.MONEY, Both("Erwarteter Deckungsbeitrag", "Expected margin"), Both("Deckungsbeitrag je Jahr, den die Maßnahme bringen soll", "contribution margin a year that the action shall bring"), example="40.000", aliases=("Erwarteter DB", "Potenzial", "Plan-DB", "Expected Contribution")),
        Column("booked_margin", Kind.MONEY, Both("Erzielter Deckungsbeitrag", "Booked margin"), Both("Deckungsbeitrag, der bisher auf die Maßnahme zurückgeht", "contribution margin that goes back to the action so far"), example="12.500", aliases=("Erzielter DB", "Gebuchter DB", "Ist-DB", "Booked Contribution")),
        Column(
            "evidence", Kind.CHOICE, Both("Nachweis", "Evidence"), Both("wie gut der erzielte Deckungsbeitrag belegt ist", "how well the booked margin is proved"), example="dokumentiert", aliases=("Beleg", "Beweislage", "Proof"),
            allowed=(Choice("claimed", Both("behauptet", "claimed")), Choice("documented", Both("dokumentiert", "documented")), Choice("booked", Both("gebucht", "booked"))),
        ),
        Column("benefit_customer", Kind.TEXT, Both("Nutzen für den Kunden", "Benefit to the customer"), Both("was der Kunde davon hat", "what the customer gains by it"), example=Both("kürzere Lieferzeit", "shorter lead time"), aliases=("Kundennutzen", "Customer Benefit")),
    ),
)
