"""Fit for key account management and its introduction: answers of the fitness check, phases, risks."""

from __future__ import annotations

from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.potential import ONE_TO_FIVE
from kamlab.tables.selection import STATUS

# fmt: off

FITNESS_ANSWERS = Table(
    "fitness_answers",
    Both("Fitness-Antworten", "Fitness answers"),
    Both(
        "Antworten des Fitness-Checks, je Kürzel und Aussage eine Zeile. In der Regel kommen sie aus den ausgefüllten Fragebögen.",
        "Answers to the fitness check, one row per code and statement. As a rule they come from the filled-in questionnaires.",
    ),
    (
        Column("wave", Kind.ID, Both("Welle", "Wave"), Both("Befragungswelle", "wave of the survey"), required=True, example="2025-1", aliases=("Runde", "Befragung", "Round")),
        Column("rater", Kind.ID, Both("Kürzel", "Rater"), Both("Kürzel der antwortenden Person, kein Name", "code of who answers, no name"), required=True, example="R1", aliases=("Bewerter", "Befragter", "Teilnehmer", "Respondent")),
        Column(
            "view", Kind.CHOICE, Both("Sicht", "View"), Both("Selbstbild oder Fremdbild", "self or external view"), required=True, example="Selbstbild", aliases=("Perspektive", "Perspective"),
            allowed=(Choice("self", Both("Selbstbild", "self")), Choice("external", Both("Fremdbild", "external"))),
        ),
        Column("item", Kind.ID, Both("Aussage", "Item"), Both("Nummer der Aussage im Fragebogen", "number of the statement in the questionnaire"), required=True, example="2.3", aliases=("Frage", "Frage-Nr.", "Nr.", "Question", "Statement")),
        Column(
            "score", Kind.NUMBER, Both("Punktzahl", "Score"), Both("1 trifft nicht zu bis 5 trifft voll zu; k. A., wenn nicht zu beurteilen", "1 does not apply to 5 applies fully; n/a where it cannot be judged"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="3", aliases=("Punkte", "Bewertung", "Antwort", "Answer", "Rating"),
            allowed=(Choice("n/a", Both("k. A.", "n/a")),),
        ),
        Column("comment", Kind.TEXT, Both("Kommentar", "Comment"), Both("Begründung in eigenen Worten", "reason in own words"), example=Both("Ziele sind nur im Vertrieb bekannt", "Goals are known in sales only"), aliases=("Bemerkung", "Anmerkung", "Remark")),
        Column("item_bank", Kind.ID, Both("Fragenkatalog", "Item bank"), Both("Fassung des Fragenkatalogs", "version of the item bank"), example="1.0", aliases=("Katalog", "Fassung", "Version")),
    ),
)

PHASES = Table(
    "phases",
    Both("Einführungsplan", "Introduction plan"),
    Both(
        "Aufgaben der Einführung des Key Account Managements mit Phase, Termin und Stand.",
        "Tasks of introducing key account management with phase, dates and status.",
    ),
    (
        Column(
            "phase", Kind.TEXT, Both("Phase", "Phase"), Both("Phase der Einführung; eigene Phasen sind möglich", "phase of the introduction; phases of your own are possible"), required=True, example="Konzeption", aliases=("Abschnitt", "Etappe", "Stage"),
            allowed=(
                Choice("initialisation", Both("Initialisierung", "initialisation")), Choice("concept", Both("Konzeption", "concept")),
                Choice("testing", Both("Erprobung", "testing")), Choice("roll_out", Both("Einführung", "roll-out")),
                Choice("consolidation", Both("Verstetigung", "consolidation")),
            ),
        ),
        Column("task", Kind.TEXT, Both("Aufgabe", "Task"), Both("was zu tun ist", "what is to be done"), required=True, example=Both("Auswahlkriterien beschließen", "Decide on selection criteria"), aliases=("Arbeitspaket", "Schritt", "Vorgang", "Work Package")),
        Column("start", Kind.DATE, Both("Beginn", "Planned start"), Both("geplanter erster Tag", "first day as planned"), required=True, example="01.02.2026", aliases=("Von", "Anfang", "Begin")),
        Column("end", Kind.DATE, Both("Ende", "Planned end"), Both("geplanter letzter Tag", "last day as planned"), required=True, example="31.03.2026", aliases=("Bis", "Termin", "Finish", "Due")),
        Column("status", Kind.CHOICE, Both("Stand", "Status"), Both("wie weit die Aufgabe ist", "how far the task is"), required=True, example="geplant", aliases=("Bearbeitungsstand", "State"), allowed=STATUS),
        Column("owner_role", Kind.TEXT, Both("Verantwortliche Rolle", "Owner's role"), Both("Rolle, die für die Aufgabe einsteht, kein Name", "role that answers for the task, no name"), example=Both("Vertriebsleitung", "Sales management"), aliases=("Verantwortlich", "Rolle", "Owner")),
        Column("done_on", Kind.DATE, Both("Erledigt am", "Done on"), Both("Tag, an dem die Aufgabe fertig war; leer, solange sie offen ist", "day on which the task was finished; empty while it is open"), example="27.03.2026", aliases=("Fertig am", "Tatsächliches Ende", "Completed")),
    ),
)

RISKS = Table(
    "risks",
    Both("Risiken", "Risks"),
    Both(
        "Was die Einführung gefährden kann, wie wahrscheinlich und wie schwer, und was dagegen getan wird.",
        "What can endanger the introduction, how likely and how severe it is, and what is done about it.",
    ),
    (
        Column("risk", Kind.TEXT, Both("Risiko", "Risk"), Both("was eintreten kann", "what can happen"), required=True, example=Both("Rollenkonflikt mit dem Gebietsvertrieb", "Role conflict with regional sales"), aliases=("Gefahr", "Beschreibung", "Description")),
        Column("probability", Kind.NUMBER, Both("Eintrittswahrscheinlichkeit", "Probability"), Both("1 sehr unwahrscheinlich bis 5 sehr wahrscheinlich", "1 very unlikely to 5 very likely"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="4", aliases=("Wahrscheinlichkeit", "Likelihood")),
        Column("impact", Kind.NUMBER, Both("Auswirkung", "Impact"), Both("1 gering bis 5 sehr schwer", "1 slight to 5 very severe"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="3", aliases=("Schwere", "Tragweite", "Severity")),
        Column("impact_amount", Kind.MONEY, Both("Schadenshöhe", "Impact in money"), Both("möglicher Schaden als Betrag, wenn er sich beziffern lässt", "possible loss as an amount, where it can be put in figures"), low=0, example="150.000", aliases=("Schaden", "Betrag", "Loss", "Amount")),
        Column("action", Kind.TEXT, Both("Gegenmaßnahme", "Action"), Both("was dagegen getan wird", "what is done about it"), example=Both("Abgrenzung schriftlich vereinbaren", "Agree on the delimitation in writing"), aliases=("Maßnahme", "Vorbeugung", "Mitigation")),
        Column("owner_role", Kind.TEXT, Both("Verantwortliche Rolle", "Owner's role"), Both("Rolle, die das Risiko im Blick hat, kein Name", "role that watches the risk, no name"), example=Both("Projektleitung", "Project lead"), aliases=("Verantwortlich", "Rolle", "Owner")),
    ),
)
