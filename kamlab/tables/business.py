"""Our own business with an account: conditions, contracts, service, won and lost business, opportunities."""

from __future__ import annotations

from dataclasses import replace

from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.ledger import ACCOUNT_ALIASES, PRODUCT_ALIASES, account_id

# fmt: off

CONDITIONS = Table(
    "conditions",
    Both("Konditionen", "Conditions"),
    Both(
        "Was vom Listenpreis abgeht oder dazukommt, bis zum Nettonettopreis: Rabatte, Boni, Skonti, Zuschüsse, Frachten, Zuschläge.",
        "What goes off or onto the list price down to the net-net price: discounts, bonuses, cash discounts, allowances, freight, surcharges.",
    ),
    (
        account_id(),
        Column(
            "type", Kind.CHOICE, Both("Konditionsart", "Type of condition"), Both("Art der Kondition", "type of the condition"), required=True, example="Bonus", aliases=("Kondition", "Art", "KSCHL", "Condition Type"),
            allowed=(
                Choice("discount", Both("Rabatt", "discount")), Choice("bonus", Both("Bonus", "bonus")),
                Choice("cash_discount", Both("Skonto", "cash discount")), Choice("allowance", Both("Zuschuss", "allowance")),
                Choice("freight", Both("Fracht", "freight")), Choice("surcharge", Both("Zuschlag", "surcharge")),
            ),
        ),
        Column("rate", Kind.SHARE, Both("Satz", "Rate"), Both("Satz als Anteil am Umsatz", "rate as a share of the revenue"), example="0,03", aliases=("Prozentsatz", "Konditionssatz", "KBETR", "Percentage")),
        Column("amount", Kind.MONEY, Both("Betrag", "Amount"), Both("Betrag im Zeitraum, positiv geschrieben", "amount in the period, written as a positive number"), low=0, example="18.500,00", aliases=("Wert", "Konditionswert", "KWERT", "Value")),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum, für den die Kondition gilt", "period that the condition holds for"), required=True, example="2025", aliases=("Periode", "Jahr", "Year")),
        Column("reason", Kind.TEXT, Both("Anlass", "Reason"), Both("wofür die Kondition gewährt wird", "what the condition is granted for"), example=Both("Jahresabnahme über 500.000 €", "Yearly purchases above €500,000"), aliases=("Grund", "Begründung", "Bemerkung", "Comment")),
    ),
    either=(("rate", "amount"),),
)

CONTRACTS = Table(
    "contracts",
    Both("Verträge", "Contracts"),
    Both(
        "Rahmenverträge und Mindestabnahmen: Laufzeit, Jahreswert, Aussicht auf Verlängerung.",
        "Framework contracts and minimum volumes: term, value a year, prospects of renewal.",
    ),
    (
        Column("contract_id", Kind.ID, Both("Vertragsnummer", "Contract number"), Both("Nummer des Vertrags", "number of the contract"), required=True, example="RV-2024-08", aliases=("Vertrag", "Vertragsnr", "Kontrakt", "Rahmenvertrag", "VBELN", "Contract", "Contract ID", "ContractNumber")),
        account_id(),
        Column(
            "kind", Kind.CHOICE, Both("Vertragsart", "Kind of contract"), Both("Mindestabnahme, Rahmenvertrag mit Abrufen oder keine Bindung", "minimum volume, framework with call-offs, or no commitment"), required=True, example="Rahmenvertrag", aliases=("Art", "AUART", "Contract Type"),
            allowed=(Choice("minimum_volume", Both("Mindestabnahme", "minimum volume")), Choice("framework", Both("Rahmenvertrag", "framework")), Choice("none", Both("keine Bindung", "none"))),
        ),
        Column("start", Kind.DATE, Both("Beginn", "Start"), Both("erster Tag der Laufzeit", "first day of the term"), required=True, example="01.01.2024", aliases=("Gültig ab", "Vertragsbeginn", "GUEBG", "Valid From", "StartDate", "activeon")),
        Column("end", Kind.DATE, Both("Ende", "End"), Both("letzter Tag der Laufzeit", "last day of the term"), required=True, example="31.12.2026", aliases=("Gültig bis", "Vertragsende", "GUEEN", "Valid To", "EndDate", "expireson")),
        Column("annual_value", Kind.MONEY, Both("Jahreswert", "Annual value"), Both("vereinbarter oder erwarteter Umsatz im Jahr", "revenue agreed or expected a year"), low=0, example="480.000", aliases=("Vertragswert", "Volumen", "Contract Value", "Annual Contract Value")),
        Column("renewal_probability", Kind.SHARE, Both("Aussicht auf Verlängerung", "Renewal probability"), Both("geschätzte Wahrscheinlichkeit der Verlängerung: 0 ausgeschlossen, 1 sicher", "estimated probability of renewal: 0 ruled out, 1 certain"), example="0,8", aliases=("Verlängerungswahrscheinlichkeit", "Verlängerung", "Renewal")),
        Column("tender_date", Kind.DATE, Both("Nächste Ausschreibung", "Next tender"), Both("Tag, an dem der Kunde neu ausschreibt", "day on which the customer tenders anew"), example="01.09.2026", aliases=("Ausschreibung", "Ausschreibungstermin", "Tender")),
    ),
)

SERVICE = Table(
    "service",
    Both("Lieferservice", "Service"),
    Both(
        "Wie gut wir den Kunden bedienen: Liefertreue, Reklamationen, Reaktionszeit und eigene Kennzahlen je Zeitraum.",
        "How well we serve the account: delivery reliability, complaints, response time and indicators of your own, by period.",
    ),
    (
        account_id(),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum, in dem gemessen wurde", "period that was measured"), required=True, example="2025-Q4", aliases=("Periode", "Monat", "Quartal", "Jahr", "Month", "Quarter", "Year")),
        Column(
            "indicator", Kind.TEXT, Both("Kennzahl", "Indicator"), Both("Liefertreue (Anteil), Reklamationen (Anzahl), Reaktionszeit (Tage) oder eine eigene", "on time (share), complaints (number), response days, or one of your own"), required=True, example="Liefertreue", aliases=("Messgröße", "KPI", "Metric"),
            allowed=(Choice("on_time", Both("Liefertreue", "on time")), Choice("complaints", Both("Reklamationen", "complaints")), Choice("response_days", Both("Reaktionszeit", "response days"))),
        ),
        Column("value", Kind.NUMBER, Both("Istwert", "Actual value"), Both("erreichter Wert; Anteile von 0 bis 1", "value reached; shares from 0 to 1"), required=True, unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="0,94", aliases=("Wert", "Ist", "Actual")),
        Column("target", Kind.NUMBER, Both("Zielwert", "Target value"), Both("vereinbarter oder angestrebter Wert", "value agreed or aimed at"), unit=Both("Einheit der Kennzahl", "unit of the indicator"), example="0,97", aliases=("Soll", "Sollwert", "Ziel", "Goal")),
    ),
)

LOSSES = Table(
    "losses",
    Both("Gewonnen und verloren", "Won and lost business"),
    Both(
        "Gewonnenes und verlorenes Geschäft mit Grund und Wettbewerber.",
        "Business won and lost, with reason and competitor.",
    ),
    (
        account_id(),
        Column("date", Kind.DATE, Both("Entschieden am", "Decided on"), Both("Tag, an dem der Kunde entschieden hat", "day on which the customer decided"), required=True, example="15.10.2025", aliases=("Datum", "Decision Date", "Close Date")),
        Column(
            "kind", Kind.CHOICE, Both("Ausgang", "Outcome"), Both("gewonnen oder verloren", "won or lost"), required=True, example="verloren", aliases=("Ergebnis", "Status", "Result"),
            allowed=(Choice("won", Both("gewonnen", "won")), Choice("lost", Both("verloren", "lost"))),
        ),
        Column("reason", Kind.TEXT, Both("Grund", "Reason"), Both("warum der Kunde so entschieden hat", "why the customer decided like this"), required=True, example=Both("Preis", "Price"), aliases=("Begründung", "Verlustgrund", "Absagegrund", "ABGRU", "Loss Reason", "Closed Lost Reason", "closed_lost_reason")),
        Column("competitor", Kind.TEXT, Both("Wettbewerber", "Competitor"), Both("gegen wen wir gewonnen oder an wen wir verloren haben", "against whom we won or to whom we lost"), example="Antriebswerke Süd", aliases=("Mitbewerber", "Konkurrent", "Rival")),
        Column("value", Kind.MONEY, Both("Jahreswert", "Annual value"), Both("Umsatz im Jahr, um den es ging", "revenue a year that was at stake"), low=0, example="120.000", aliases=("Wert", "Volumen", "Auftragswert", "Amount")),
    ),
)

# In an export of opportunities a record's own id is that of the opportunity, not of the account.
_OF_THE_RECORD = ("Record ID", "hs_object_id")

OPPORTUNITIES = Table(
    "opportunities",
    Both("Verkaufschancen", "Opportunities"),
    Both(
        "Verkaufschancen aus dem CRM-System, offene und abgeschlossene, je Chance eine Zeile.",
        "Opportunities of the CRM system, open and closed ones, one row each.",
    ),
    (
        Column("opportunity_id", Kind.ID, Both("Chancennummer", "Opportunity number"), Both("Nummer der Verkaufschance", "number of the opportunity"), required=True, example="006Qy00000AbCdE", aliases=("Verkaufschance", "Chancen-ID", "Opportunity ID", "OpportunityId", "opportunityid", "Opportunity", "Deal ID", "Record ID", "Record ID - Deal", "hs_object_id", "Id")),
        replace(
            account_id("Kundennummer; leer, solange die Chance keinem Kunden zugeordnet ist", "customer number; empty while the opportunity belongs to no account", required=False),
            aliases=(*(heading for heading in ACCOUNT_ALIASES if heading not in _OF_THE_RECORD), "Account", "Account Name", "Potential Customer", "Associated Company", "Associated Company IDs", "parentaccountid", "customerid", "accountid"),
        ),
        Column("product_id", Kind.ID, Both("Artikelnummer", "Product number"), Both("Artikel, um den es vor allem geht", "product that it is mainly about"), example="A-10017", aliases=PRODUCT_ALIASES),
        Column("stage", Kind.TEXT, Both("Verkaufsphase", "Stage"), Both("Phase im Verkaufsprozess, wie das CRM-System sie nennt", "stage of the sales process, as the CRM system calls it"), required=True, example=Both("Angebot", "Proposal"), aliases=("Phase", "Stufe", "Status", "StageName", "Stage Name", "deal_stage", "dealstage", "Deal Stage", "Sales Stage", "salesstage", "stepname", "Pipeline Phase")),
        Column("amount", Kind.MONEY, Both("Auftragswert", "Amount"), Both("erwarteter Umsatz der Chance", "expected revenue of the opportunity"), example="75.000", aliases=("Betrag", "Wert", "Volumen", "Umsatz", "Opportunity Amount", "Deal Amount", "Amount in company currency", "hs_amount_in_home_currency", "close_value", "Est. Revenue", "estimatedvalue", "totalamount", "Actual Revenue", "actualvalue")),
        Column("probability", Kind.SHARE, Both("Wahrscheinlichkeit", "Probability"), Both("Wahrscheinlichkeit des Zuschlags: 0,4 steht für 40 %", "probability of winning: 0.4 stands for 40%"), example="0,4", aliases=("Wahrscheinlichkeit (%)", "Probability (%)", "Deal Probability", "hs_deal_stage_probability", "closeprobability")),
        Column("created", Kind.DATE, Both("Angelegt am", "Created on"), Both("Tag, an dem die Chance entstand", "day on which the opportunity came up"), example="03.02.2025", aliases=("Angelegt", "Erstellt am", "Erstelldatum", "Created", "CreatedDate", "Created Date", "Create Date", "createdate", "hs_createdate", "createdon", "engage_date")),
        Column("closed", Kind.DATE, Both("Abgeschlossen am", "Closed on"), Both("Tag des Zuschlags oder der Absage; leer, solange die Chance offen ist", "day on which it was won or lost; empty while it is open"), example="20.06.2025", aliases=("Abschlussdatum", "Abschluss", "Geschlossen am", "Closed", "CloseDate", "Close Date", "closedate", "close_date", "Actual Close Date", "actualclosedate")),
        Column("won", Kind.YES_NO, Both("Gewonnen", "Won"), Both("ja: Zuschlag; nein: Absage; leer, solange die Chance offen ist", "yes: won; no: lost; empty while it is open"), example="ja", aliases=("Zuschlag", "IsWon", "Is Won", "Is Closed Won", "hs_is_closed_won")),
        Column("sales_rep", Kind.TEXT, Both("Vertreter", "Sales representative"), Both("Rolle oder Kürzel, kein Name nötig; wird nur mit Vereinbarung ausgewertet", "role or code, no name needed; analysed only under an agreement"), example="VB-07", aliases=("Verkäufer", "Inhaber", "Zuständig", "Sales Rep", "sales_agent", "Opportunity Owner", "Deal Owner", "Owner", "OwnerId", "hubspot_owner_id", "ownerid")),
    ),
    key=("opportunity_id",),
)
