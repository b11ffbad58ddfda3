"""Securing results: plan, satisfaction, indicators of the scorecard."""

from __future__ import annotations

from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.ledger import account_id
from kamlab.tables.potential import ONE_TO_FIVE

# fmt: off

PLAN = Table(
    "plan",
    Both("Plan", "Plan"),
    Both(
        "Planzahlen je Kunde und Zeitraum, gegen die das Ist gestellt wird.",
        "Planned figures per account and period that the actual ones are held against.",
    ),
    (
        account_id(),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum des Plans; Jahre und Quartale sind Geschäftsjahre", "period of the plan; years and quarters are fiscal"), required=True, example="2026", aliases=("Periode", "Planjahr", "Jahr", "Monat", "Month", "Year")),
        Column(
            "metric", Kind.CHOICE, Both("Messgröße", "Metric"), Both("Umsatz, Deckungsbeitrag oder Absatzmenge", "revenue, contribution margin or quantity"), required=True, example="Umsatz", aliases=("Größe", "Kennzahl", "Measure"),
            allowed=(
                Choice("revenue", Both("Umsatz", "revenue")), Choice("contribution_margin", Both("Deckungsbeitrag", "contribution margin")),
                Choice("quantity", Both("Absatzmenge", "quantity")),
            ),
        ),
        Column("value", Kind.NUMBER, Both("Planwert", "Planned value"), Both("geplanter Wert, Beträge in der Währung des Auftrags", "planned value, amounts in the engagement's currency"), required=True, unit=Both("Währung oder Stück", "currency or pieces"), example="520.000", aliases=("Plan", "Plansumme", "Budget", "Quota", "Target")),
    ),
)

SATISFACTION = Table(
    "satisfaction",
    Both("Zufriedenheit", "Satisfaction"),
    Both(
        "Antworten der Zufriedenheitsbefragung: je Person eine Zeile mit der Weiterempfehlung (ohne Merkmal) und je bewertetem Merkmal eine weitere.",
        "Answers to the satisfaction survey: one row per person with the recommendation (no attribute), and one more per attribute rated.",
    ),
    (
        account_id(),
        Column("respondent_id", Kind.ID, Both("Befragtennummer", "Respondent number"), Both("Kürzel der befragten Person, kein Name", "code of who answered, no name"), required=True, example="B-014", aliases=("Befragter", "Teilnehmer", "Antwort-Nr.", "Respondent", "Respondent ID", "Response ID")),
        Column("date", Kind.DATE, Both("Befragt am", "Asked on"), Both("Tag der Antwort", "day of the answer"), required=True, example="22.09.2025", aliases=("Datum", "Antwortdatum", "Response Date", "Submitted")),
        Column("attribute", Kind.TEXT, Both("Merkmal", "Attribute"), Both("was bewertet wird; leer in der Zeile mit der Weiterempfehlung", "what is rated; empty in the row with the recommendation"), example=Both("Technische Beratung", "Technical advice"), aliases=("Leistungsmerkmal", "Frage", "Question", "Item")),
        Column("recommendation", Kind.NUMBER, Both("Weiterempfehlung", "Recommendation"), Both("Wie wahrscheinlich ist eine Weiterempfehlung? 0 gar nicht bis 10 sehr; nur in der Zeile ohne Merkmal", "How likely is a recommendation? 0 not at all to 10 very; only in the row without an attribute"), unit=Both("0 bis 10", "0 to 10"), low=0, high=10, example="9", aliases=("NPS", "Empfehlung", "NPS Score", "Likelihood to Recommend")),
        Column("performance", Kind.NUMBER, Both("Zufriedenheit mit dem Merkmal", "Performance"), Both("1 unzufrieden bis 5 sehr zufrieden", "1 dissatisfied to 5 very satisfied"), unit=ONE_TO_FIVE, low=1, high=5, example="4", aliases=("Zufriedenheit", "Leistung", "Note", "Bewertung", "Rating")),
        Column("importance", Kind.NUMBER, Both("Wichtigkeit des Merkmals", "Importance"), Both("1 unwichtig bis 5 sehr wichtig", "1 unimportant to 5 very important"), unit=ONE_TO_FIVE, low=1, high=5, example="5", aliases=("Wichtigkeit", "Bedeutung", "Weight")),
    ),
)

INDICATORS = Table(
    "indicators",
    Both("Kennzahlen", "Indicators"),
    Both(
        "Eigene Kennzahlen der Balanced Scorecard, die nicht aus den anderen Tabellen berechnet werden.",
        "Indicators of your own for the balanced scorecard, which are not calculated from the other tables.",
    ),
    (
        Column("indicator", Kind.TEXT, Both("Kennzahl", "Indicator"), Both("Name der Kennzahl mit ihrer Einheit", "name of the indicator with its unit"), required=True, example=Both("Besuche je Schlüsselkunde", "Visits per key account"), aliases=("Messgröße", "KPI", "Metric")),
        Column(
            "perspective", Kind.CHOICE, Both("Perspektive", "Perspective"), Both("Perspektive der Balanced Scorecard", "perspective of the balanced scorecard"), required=True, example="Kunde", aliases=("Dimension", "BSC-Perspektive"),
            allowed=(
                Choice("financial", Both("Finanzen", "financial")), Choice("customer", Both("Kunde", "customer")),
                Choice("process", Both("Prozesse", "process")), Choice("learning", Both("Lernen", "learning")),
            ),
        ),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum, in dem gemessen wurde", "period that was measured"), required=True, example="2025-Q4", aliases=("Periode", "Quartal", "Jahr", "Monat", "Month", "Quarter", "Year")),
        Column("value", Kind.NUMBER, Both("Istwert", "Actual value"), Both("erreichter Wert", "value reached"), required=True, unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="5,2", aliases=("Wert", "Ist", "Actual")),
        Column("target", Kind.NUMBER, Both("Zielwert", "Target value"), Both("angestrebter Wert", "value aimed at"), unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="6", aliases=("Soll", "Sollwert", "Ziel", "Goal")),
        Column(
            "direction", Kind.CHOICE, Both("Richtung", "Direction"), Both("ob höhere oder niedrigere Werte besser sind", "whether higher or lower values are better"), example="höher ist besser", aliases=("Zielrichtung", "Polarity"),
            allowed=(Choice("higher", Both("höher ist besser", "higher is better")), Choice("lower", Both("niedriger ist besser", "lower is better"))),
        ),
    ),
)
