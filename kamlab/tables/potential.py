"""What an account could be worth and who decides there: demand, contacts, requirements, market, knowledge."""

from __future__ import annotations

from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.ledger import account_id

# fmt: off

ONE_TO_FIVE = Both("1 bis 5", "1 to 5")

KNOWN_WALLETS = Table(
    "known_wallets",
    Both("Bekannter Bedarf", "Known demand"),
    Both(
        "Was einzelne Kunden im Jahr insgesamt in unseren Warengruppen einkaufen, nach eigener Auskunft oder geschätzt.",
        "What single accounts buy a year in our product groups altogether, by their own statement or estimated.",
    ),
    (
        account_id(),
        Column("demand", Kind.MONEY, Both("Bedarf", "Demand"), Both("Einkauf des Kunden bei allen Lieferanten in unseren Warengruppen, im Jahr", "what the account buys from all suppliers in our product groups, a year"), required=True, low=0, example="1.200.000", aliases=("Einkaufsvolumen", "Gesamtbedarf", "Wallet", "Spend", "Purchasing Volume")),
        Column("year", Kind.PERIOD, Both("Geschäftsjahr", "Fiscal year"), Both("Geschäftsjahr, für das der Bedarf gilt", "fiscal year that the demand holds for"), required=True, example="2025", aliases=("Jahr", "Zeitraum", "Year")),
        Column(
            "source", Kind.CHOICE, Both("Herkunft", "Source"), Both("Auskunft des Kunden oder Schätzung der Betreuung", "the customer's statement or the account manager's estimate"), required=True, example="Kunde", aliases=("Quelle", "Origin"),
            allowed=(Choice("customer", Both("Kunde", "customer")), Choice("estimate", Both("Schätzung", "estimate"))),
        ),
        Column("low", Kind.MONEY, Both("Bedarf mindestens", "Demand at least"), Both("unteres Ende der Spanne", "lower end of the range"), low=0, example="1.000.000", aliases=("Von", "Untergrenze", "Minimum")),
        Column("high", Kind.MONEY, Both("Bedarf höchstens", "Demand at most"), Both("oberes Ende der Spanne", "upper end of the range"), low=0, example="1.500.000", aliases=("Bis", "Obergrenze", "Maximum")),
        Column("confirmed", Kind.YES_NO, Both("Bestätigt", "Confirmed"), Both("ob der Kunde die Zahl bestätigt hat", "whether the customer has confirmed the figure"), example="ja", aliases=("Gesichert", "Verified")),
    ),
)

CONTACTS = Table(
    "contacts",
    Both("Ansprechpartner", "Contacts"),
    Both(
        "Das Buying Center: wer beim Kunden mitentscheidet, in welcher Rolle, mit welchem Einfluss und welcher Haltung. Rolle und Nummer genügen, Namen braucht es nicht.",
        "The buying center: who has a say at the customer, in which role, with which influence and stance. Role and number are enough, no names are needed.",
    ),
    (
        account_id(),
        Column("contact_id", Kind.ID, Both("Kontaktnummer", "Contact number"), Both("Nummer der Person im CRM-System oder eine eigene", "the person's number in the CRM system, or one of your own"), required=True, example="C-07", aliases=("Kontaktnr", "Ansprechpartner-Nr.", "PARNR", "Contact ID", "ContactId", "contactid")),
        Column("site_id", Kind.ID, Both("Standort", "Site"), Both("Kundennummer des Standorts, an dem die Person arbeitet", "customer number of the site where the person works"), example="0000100234", aliases=("Werk", "Standortnummer", "Plant", "Location")),
        Column(
            "roles", Kind.CHOICES, Both("Rollen im Buying Center", "Roles in the buying center"), Both("eine oder mehrere Rollen, durch Komma getrennt", "one or several roles, separated by commas"), required=True, example="Entscheider, Einkäufer", aliases=("Rolle", "Rollen", "Role", "Roles", "Buying Role", "hs_buying_role"),
            allowed=(
                Choice("initiator", Both("Initiator", "initiator")), Choice("user", Both("Anwender", "user")),
                Choice("buyer", Both("Einkäufer", "buyer")), Choice("influencer", Both("Beeinflusser", "influencer")),
                Choice("decider", Both("Entscheider", "decider")), Choice("gatekeeper", Both("Gatekeeper", "gatekeeper")),
            ),
        ),
        Column("function", Kind.TEXT, Both("Funktion", "Function"), Both("Aufgabe im Unternehmen des Kunden", "task in the customer's company"), example=Both("Leitung Einkauf", "Head of purchasing"), aliases=("Position", "Abteilung", "PAFKT", "Title", "Job Title", "jobtitle", "Department")),
        Column("level", Kind.NUMBER, Both("Hierarchieebene", "Level of hierarchy"), Both("1 Sachbearbeitung bis 5 Geschäftsführung", "1 clerk to 5 managing director"), unit=ONE_TO_FIVE, low=1, high=5, example="4", aliases=("Ebene", "Hierarchie", "Seniority")),
        Column("influence", Kind.NUMBER, Both("Einfluss", "Influence"), Both("Einfluss auf die Kaufentscheidung: 0 keiner, 10 entscheidend", "influence on the buying decision: 0 none, 10 decisive"), unit=Both("0 bis 10", "0 to 10"), low=0, high=10, example="8", aliases=("Einflussstärke", "Power")),
        Column("stance", Kind.NUMBER, Both("Haltung uns gegenüber", "Stance towards us"), Both("−2 ablehnend, 0 neutral, 2 fördernd", "−2 against us, 0 neutral, 2 supporting us"), unit=Both("−2 bis 2", "−2 to 2"), low=-2, high=2, example="1", aliases=("Haltung", "Einstellung", "Attitude", "Stance")),
        Column("reports_to", Kind.ID, Both("Berichtet an", "Reports to"), Both("Kontaktnummer der vorgesetzten Person", "contact number of the superior"), example="C-01", aliases=("Vorgesetzt", "Vorgesetzte", "ReportsToId", "Manager", "parentcontactid")),
        Column("our_contact", Kind.TEXT, Both("Unser Gegenüber", "Our counterpart"), Both("Rolle oder Kürzel dessen, der bei uns den Kontakt hält", "role or code of who keeps the contact on our side"), example="KAM-03", aliases=("Betreuer", "Zuständig", "Contact Owner", "Owner", "OwnerId", "hubspot_owner_id", "ownerid")),
        Column("last_contact", Kind.DATE, Both("Letzter Kontakt", "Last contact"), Both("Tag des letzten Gesprächs", "day of the last conversation"), example="12.11.2025", aliases=("Letzter Besuch", "Letzte Aktivität", "Last Activity", "LastActivityDate", "Last Contacted", "notes_last_contacted", "lastusedincampaign")),
        Column("mentor", Kind.YES_NO, Both("Mentor", "Mentor"), Both("ob die Person uns im Unternehmen des Kunden führt und fördert", "whether the person guides and supports us inside the customer's company"), example="nein", aliases=("Fürsprecher", "Coach", "Champion")),
        Column("delete_after", Kind.DATE, Both("Löschen nach", "Delete after"), Both("Tag, nach dem die Angaben zur Person gelöscht werden", "day after which what is known of the person is deleted"), example="31.12.2027", aliases=("Löschdatum", "Löschfrist", "Retention Date")),
    ),
    key=("account_id", "contact_id"),
)

REQUIREMENTS = Table(
    "requirements",
    Both("Anforderungen", "Requirements"),
    Both(
        "Was ein Kunde von seinen Lieferanten verlangt, wie wichtig es ihm ist und wie gut wir und der beste Wettbewerber es erfüllen.",
        "What an account demands of its suppliers, how important it is, and how well we and the best competitor meet it.",
    ),
    (
        account_id(),
        Column("requirement", Kind.TEXT, Both("Anforderung", "Requirement"), Both("was verlangt wird", "what is demanded"), required=True, example=Both("Lieferung binnen 48 Stunden", "Delivery within 48 hours"), aliases=("Forderung", "Erwartung", "Need")),
        Column(
            "kind", Kind.CHOICE, Both("Art der Anforderung", "Kind of requirement"), Both("Muss, Soll oder Begeisterung", "must, should or delight"), example="Muss", aliases=("Art", "Kategorie", "Kano", "Category"),
            allowed=(Choice("must", Both("Muss", "must")), Choice("should", Both("Soll", "should")), Choice("delight", Both("Begeisterung", "delight"))),
        ),
        Column("importance", Kind.NUMBER, Both("Wichtigkeit", "Importance"), Both("1 unwichtig bis 5 sehr wichtig, aus Sicht des Kunden", "1 unimportant to 5 very important, in the customer's view"), required=True, unit=ONE_TO_FIVE, low=1, high=5, example="5", aliases=("Bedeutung", "Gewicht", "Weight", "Priority")),
        Column("our_performance", Kind.NUMBER, Both("Unsere Leistung", "Our performance"), Both("1 schlecht bis 5 sehr gut", "1 poor to 5 very good"), unit=ONE_TO_FIVE, low=1, high=5, example="3", aliases=("Wir", "Eigene Leistung", "Us")),
        Column("best_competitor", Kind.NUMBER, Both("Bester Wettbewerber", "Best competitor"), Both("Leistung des besten Wettbewerbers: 1 schlecht bis 5 sehr gut", "performance of the best competitor: 1 poor to 5 very good"), unit=ONE_TO_FIVE, low=1, high=5, example="4", aliases=("Wettbewerb", "Wettbewerber", "Competition")),
        Column("source", Kind.TEXT, Both("Quelle", "Source"), Both("woher wir das wissen", "how we know"), example=Both("Jahresgespräch 2025", "Annual review 2025"), aliases=("Herkunft", "Origin")),
    ),
)

SUPPLIER_RATINGS = Table(
    "supplier_ratings",
    Both("Lieferantenbewertungen", "Supplier ratings"),
    Both(
        "Wie der Kunde uns als Lieferanten selbst bewertet: seine Noten und unser Rang unter seinen Lieferanten.",
        "How the customer itself rates us as a supplier: its grades and our rank among its suppliers.",
    ),
    (
        account_id(),
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum, den der Kunde bewertet", "period that the customer rates"), required=True, example="2025", aliases=("Periode", "Jahr", "Year")),
        Column("criterion", Kind.TEXT, Both("Bewertungskriterium", "Rating criterion"), Both("was der Kunde bewertet", "what the customer rates"), required=True, example=Both("Liefertreue", "Delivery reliability"), aliases=("Kriterium", "Merkmal", "Criterion")),
        Column("grade", Kind.TEXT, Both("Note", "Grade"), Both("Note oder Punktzahl, wie der Kunde sie schreibt", "grade or points, as the customer writes them"), required=True, example="B", aliases=("Bewertung", "Punkte", "Rating", "Score")),
        Column("rank", Kind.NUMBER, Both("Rang", "Rank"), Both("unser Rang unter den bewerteten Lieferanten, 1 ist der beste", "our rank among the suppliers rated, 1 is best"), unit=Both("Rang", "rank"), low=1, example="2", aliases=("Platz", "Rangplatz", "Position")),
        Column("suppliers", Kind.NUMBER, Both("Bewertete Lieferanten", "Suppliers rated"), Both("wie viele Lieferanten der Kunde bewertet hat", "how many suppliers the customer has rated"), unit=Both("Lieferanten", "suppliers"), low=1, example="6", aliases=("Anzahl Lieferanten", "Lieferanten", "Number of Suppliers")),
    ),
)

MARKET = Table(
    "market",
    Both("Märkte der Kunden", "Markets of the accounts"),
    Both(
        "Größe und Wachstum der Märkte, in denen unsere Kunden verkaufen, je Kunde oder je Branche.",
        "Size and growth of the markets that our accounts sell in, per account or per sector.",
    ),
    (
        account_id("Kundennummer; leer, wenn die Zeile für eine Branche gilt", "customer number; empty where the row is about a sector", required=False),
        Column("sector", Kind.TEXT, Both("Branche", "Sector"), Both("Branche, geschrieben wie in der Tabelle Kunden; leer, wenn die Zeile für einen Kunden gilt", "sector, written as in the table of accounts; empty where the row is about an account"), example=Both("Fördertechnik", "Conveyor technology"), aliases=("Markt", "Wirtschaftszweig", "Industry", "Segment")),
        Column("year", Kind.PERIOD, Both("Jahr", "Year"), Both("Geschäftsjahr, für das die Angaben gelten", "fiscal year that the figures hold for"), required=True, example="2025", aliases=("Zeitraum", "Geschäftsjahr", "Period")),
        Column("market_size", Kind.MONEY, Both("Marktvolumen", "Market size"), Both("was in diesem Markt im Jahr umgesetzt wird", "what is sold in this market a year"), low=0, example="450.000.000", aliases=("Marktgröße", "Volumen", "Market Volume")),
        Column("market_growth", Kind.NUMBER, Both("Marktwachstum", "Market growth"), Both("Wachstum gegenüber dem Vorjahr: 0,03 steht für 3 %, −0,02 für einen Rückgang um 2 %", "growth against the year before: 0.03 stands for 3%, −0.02 for a decline by 2%"), unit=Both("Anteil je Jahr", "share per year"), low=-1, example="0,03", aliases=("Wachstum", "Growth")),
        Column("account_share", Kind.SHARE, Both("Marktanteil des Kunden", "The account's market share"), Both("Anteil des Kunden an diesem Markt", "share that the account has in this market"), example="0,12", aliases=("Marktanteil", "Market Share")),
        Column("note", Kind.TEXT, Both("Bemerkung", "Note"), Both("was für den Bedarf des Kunden daraus folgt", "what follows for the account's demand"), example=Both("Nachfrage verschiebt sich zu Lagertechnik", "Demand shifts to warehouse technology"), aliases=("Anmerkung", "Kommentar", "Comment")),
    ),
    either=(("account_id", "sector"),),
)

KNOWLEDGE = Table(
    "knowledge",
    Both("Kundenwissen", "Account knowledge"),
    Both(
        "Was wir über einen Kunden wissen, woher und seit wann: die Grundlage des Steckbriefs.",
        "What we know about an account, from where and since when: what the account profile rests on.",
    ),
    (
        account_id(),
        Column("topic", Kind.TEXT, Both("Thema", "Topic"), Both("worum es geht, z. B. Strategie, Standorte, Wettbewerber", "what it is about, e.g. strategy, sites, competitors"), required=True, example=Both("Strategie", "Strategy"), aliases=("Rubrik", "Kategorie", "Category", "Subject")),
        Column("statement", Kind.TEXT, Both("Aussage", "Statement"), Both("was wir wissen, in einem Satz", "what we know, in one sentence"), required=True, example=Both("Baut bis 2027 ein Werk in Polen", "Builds a plant in Poland by 2027"), aliases=("Information", "Inhalt", "Erkenntnis", "Content")),
        Column("source", Kind.TEXT, Both("Quelle", "Source"), Both("woher die Aussage stammt", "where the statement comes from"), required=True, example=Both("Geschäftsbericht 2024", "Annual report 2024"), aliases=("Herkunft", "Origin")),
        Column("date", Kind.DATE, Both("Stand vom", "As of"), Both("Tag, an dem die Aussage galt", "day on which the statement held"), required=True, example="30.06.2025", aliases=("Datum", "Stand", "Date")),
        Column(
            "reliability", Kind.CHOICE, Both("Verlässlichkeit", "Reliability"), Both("A aus erster Hand bis D Hörensagen", "A at first hand to D hearsay"), example="A", aliases=("Güte", "Zuverlässigkeit", "Quality"),
            allowed=(Choice("A", Both("A", "A")), Choice("B", Both("B", "B")), Choice("C", Both("C", "C")), Choice("D", Both("D", "D"))),
        ),
        Column(
            "confirmed", Kind.CHOICE, Both("Bestätigung", "Confirmation"), Both("angenommen oder bestätigt", "assumed or confirmed"), example="bestätigt", aliases=("Bestätigt", "Verified"),
            allowed=(Choice("assumed", Both("angenommen", "assumed")), Choice("confirmed", Both("bestätigt", "confirmed"))),
        ),
    ),
)
