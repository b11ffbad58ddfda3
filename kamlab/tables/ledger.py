"""The ledger and its master data: transactions, accounts, products, and what brings them together."""

from __future__ import annotations

from kamlab.tables.contract import Both, Choice, Column, Kind, Table

# fmt: off

ACCOUNT_ALIASES = (
    "Kundennr", "Kunden-Nr.", "Kunden-Nr", "Kd-Nr", "KdNr", "Kunde", "Debitor", "Debitorennummer", "Debitorennr",
    "Debitoren-Nr.", "Auftraggeber", "KUNAG", "KUNNR", "KNDNR", "Customer ID", "CustomerID", "Customer", "Customer No",
    "Customer No.", "Customer Number", "Cust No", "Sold-to", "Sold-to party", "SoldTo", "Account ID", "AccountId",
    "Account Number", "AccountNumber", "Company ID", "Associated Company ID", "Record ID", "hs_object_id",
)
PRODUCT_ALIASES = (
    "Artikelnr", "Artikel-Nr.", "Artikel", "Artikelnr.", "ArtNr", "Materialnummer", "Material", "MATNR", "Produkt-ID",
    "Sachnummer", "Teilenummer", "Product ID", "ProductID", "Product", "Product Code", "ProductCode", "Item", "Item No",
    "Item No.", "SKU", "hs_sku", "StockCode", "Part Number", "Product2Id", "productnumber",
)


def account_id(
    de: str = "Kundennummer (Standort oder Gruppe)", en: str = "customer number (site or group)", required: bool = True,
) -> Column:
    """Make the column that every table about accounts has."""
    return Column(
        "account_id", Kind.ID, Both("Kundennummer", "Customer number"), Both(de, en), required=required,
        aliases=ACCOUNT_ALIASES, example="0000100234",
    )


TRANSACTIONS = Table(
    "transactions",
    Both("Umsätze", "Transactions"),
    Both(
        "Die Umsatzzeilen des ERP-Systems: je Rechnungs- oder Gutschriftsposition eine Zeile. Aus ihnen stammt jeder Euro.",
        "The sales lines of the ERP system, one per position of an invoice or credit note. Every euro comes from here.",
    ),
    (
        account_id("Kundennummer (Standort, Auftraggeber)", "customer number (site, sold-to party)"),
        Column(
            "date", Kind.DATE, Both("Belegdatum", "Document date"),
            Both("Tag der Faktura; bei Jahres- oder Monatszahlen der Zeitraum", "day of the invoice; the period where figures are by year or month"),
            required=True, example="15.03.2025",
            aliases=("Datum", "Fakturadatum", "Rechnungsdatum", "Buchungsdatum", "Buchungstag", "FKDAT", "BUDAT", "BLDAT", "ERDAT", "Invoice Date", "InvoiceDate", "Date", "Posting Date", "Billing Date", "Order Date", "OrderDate", "Jahr", "Monat", "Geschäftsjahr", "Periode", "Year", "Month", "closedate", "CloseDate", "actualclosedate", "dateinvoiced"),
        ),
        Column(
            "revenue", Kind.MONEY, Both("Nettoumsatz", "Net revenue"),
            Both("Nettoumsatz ohne Umsatzsteuer, Vorzeichen wie gebucht", "net revenue without VAT, signed as booked"),
            required=True, example="1.234,50",
            aliases=("Umsatz", "Umsatz netto", "Nettowert", "Netto", "Nettobetrag", "Betrag", "Erlös", "Erlöse", "Warenwert", "NETWR", "FKIMG_NETWR", "DMBTR", "Revenue", "Net Value", "Net Amount", "NetAmount", "Sales", "Net Sales", "Amount", "Turnover", "Line Total", "TotalPrice", "extendedamount", "hs_total_amount"),
        ),
        Column("quantity", Kind.NUMBER, Both("Absatzmenge", "Quantity"), Both("verkaufte Menge, Vorzeichen wie gebucht", "quantity sold, signed as booked"), unit=Both("Stück oder andere Mengeneinheit", "pieces or another unit"), example="25", aliases=("Menge", "Stück", "Stückzahl", "Anzahl", "Fakturamenge", "FKIMG", "Quantity", "Qty", "Units", "Pieces", "OrderQty")),
        Column("product_id", Kind.ID, Both("Artikelnummer", "Product number"), Both("Nummer des Artikels", "number of the product"), example="A-10017", aliases=PRODUCT_ALIASES),
        Column("product_name", Kind.TEXT, Both("Artikelbezeichnung", "Product name"), Both("Bezeichnung des Artikels", "name of the product"), example=Both("Kegelradgetriebe K2", "Bevel gearbox K2"), aliases=("Bezeichnung", "Artikeltext", "Artikelname", "ARKTX", "MAKTX", "Materialkurztext", "Product Name", "ProductName", "Description", "Item Description", "Product Description")),
        Column("product_group", Kind.TEXT, Both("Warengruppe", "Product group"), Both("Gruppe, in der Artikel zusammengefasst werden", "group that products are summed up in"), example=Both("Getriebe", "Gearboxes"), aliases=("Artikelgruppe", "Produktgruppe", "Produkthierarchie", "Sparte", "MATKL", "MVGR1", "PRODH", "SPART", "Product Group", "Product Family", "Family", "Category", "Product Category", "Product Line")),
        Column("cost", Kind.MONEY, Both("Variable Kosten", "Variable cost"), Both("variable Kosten der Zeile, Vorzeichen wie der Umsatz", "variable cost of the line, signed as the revenue"), example="820,00", aliases=("Kosten", "Herstellkosten", "Einstandswert", "Wareneinsatz", "Verrechnungswert", "WAVWR", "Cost", "COGS", "Cost of Goods Sold", "Total Cost", "Cost Amount")),
        Column("contribution_margin", Kind.MONEY, Both("Deckungsbeitrag", "Contribution margin"), Both("Deckungsbeitrag I der Zeile", "contribution margin I of the line"), example="414,50", aliases=("DB", "DB I", "DB1", "DB 1", "Rohertrag", "Marge", "Contribution Margin", "Margin", "Gross Margin", "Gross Profit", "CM1")),
        Column("document_id", Kind.ID, Both("Belegnummer", "Document number"), Both("Nummer der Rechnung oder Gutschrift", "number of the invoice or credit note"), example="9000012345", aliases=("Belegnr", "Beleg", "Beleg-Nr.", "Rechnungsnummer", "Rechnungsnr", "Faktura", "Fakturanummer", "VBELN", "BELNR", "Invoice", "Invoice No", "InvoiceNo", "Invoice Number", "Document No.", "Billing Document", "Order ID", "OrderID", "SalesOrderID", "invoicenumber")),
        Column("currency", Kind.CURRENCY, Both("Währung", "Currency"), Both("ISO-Code; andere Währungen als die des Auftrags brauchen die Tabelle Währungskurse", "ISO code; others than the engagement's need the table of currency rates"), example="EUR", aliases=("Währg", "Waehrg", "Whg", "Belegwährung", "WAERK", "WAERS", "Currency", "CurrencyIsoCode", "Currency Code", "transactioncurrencyid", "deal_currency_code")),
        Column("sales_rep", Kind.TEXT, Both("Vertreter", "Sales representative"), Both("Rolle oder Kürzel, kein Name nötig; wird nur mit Vereinbarung ausgewertet", "role or code, no name needed; analysed only under an agreement"), example="VB-07", aliases=("Verkäufer", "Außendienst", "Vertriebsmitarbeiter", "VKGRP", "PERNR", "Sales Rep", "Salesperson", "Owner", "OwnerId", "hubspot_owner_id", "ownerid")),
    ),
)

ACCOUNTS = Table(
    "accounts",
    Both("Kunden", "Accounts"),
    Both(
        "Stammdaten der Kunden, je Kundennummer eine Zeile. Machen aus Nummern Namen und aus Standorten Unternehmensgruppen.",
        "Master data, one row per customer number. They turn numbers into names and sites into corporate groups.",
    ),
    (
        account_id("Kundennummer (Standort)", "customer number (site)"),
        Column("name", Kind.TEXT, Both("Name", "Name"), Both("Name des Unternehmens", "name of the company"), example="Muster Maschinenbau GmbH", aliases=("Kundenname", "Name 1", "NAME1", "Firma", "Firmenname", "Company Name", "CompanyName", "Account Name", "Customer Name", "Company")),
        Column("group_id", Kind.ID, Both("Unternehmensgruppe", "Corporate group"), Both("Nummer der Unternehmensgruppe (Konzern)", "number of the corporate group"), example="K-017", aliases=("Konzern", "Konzernnummer", "Gruppe", "Kundengruppe Konzern", "KONZS", "Group", "Group ID", "Corporate Group", "Ultimate Parent", "Ultimate Parent ID")),
        Column("parent_id", Kind.ID, Both("Muttergesellschaft", "Parent company"), Both("Kundennummer der Muttergesellschaft", "customer number of the parent company"), example="0000100200", aliases=("Mutter", "Übergeordneter Kunde", "HKUNNR", "Parent", "Parent ID", "ParentId", "Parent Account", "Parent Account ID", "Parent Company ID", "hs_parent_company_id", "parentaccountid")),
        Column("payer_id", Kind.ID, Both("Regulierer", "Payer"), Both("Kundennummer dessen, der zahlt; Einkaufsverbände sind Regulierer, nie Kunden", "customer number of who pays; buying associations are payers, never accounts"), example="0000900001", aliases=("Zahler", "Regulierer-Nr.", "KUNRG", "KNRZE", "Zentralregulierer", "Payer", "Payer ID", "Bill-to", "Bill-to party")),
        Column("vat_id", Kind.TEXT, Both("USt-IdNr.", "VAT id"), Both("Umsatzsteuer-Identifikationsnummer; dient Vorschlägen für Unternehmensgruppen", "VAT identification number; serves proposals for corporate groups"), example="DE123456789", aliases=("UStIdNr", "USt-ID", "Umsatzsteuer-ID", "STCEG", "VAT", "VAT ID", "VAT Number", "VAT Reg No")),
        Column("email", Kind.TEXT, Both("E-Mail", "E-mail"), Both("Adresse oder Domain des Unternehmens; nur die Domain wird verwendet", "address or domain of the company; only the domain is used"), example="einkauf@muster.example", aliases=("Email", "Mail", "E-Mail-Adresse", "SMTP_ADDR", "Email Address", "Website", "Webseite", "Domain", "Company Domain Name", "emailaddress1", "websiteurl")),
        Column("street", Kind.TEXT, Both("Straße", "Street"), Both("Straße und Hausnummer", "street and number"), example="Werkstraße 12", aliases=("Strasse", "Straße und Hausnummer", "STRAS", "Anschrift", "Adresse", "Address", "Street Address", "Billing Street", "BillingStreet", "address1_line1")),
        Column("postal_code", Kind.ID, Both("Postleitzahl", "Postal code"), Both("Postleitzahl, führende Nullen bleiben", "postal code, leading zeros stay"), example="01067", aliases=("PLZ", "PSTLZ", "Zip", "ZIP Code", "Postcode", "Postal Code", "PostalCode", "BillingPostalCode", "address1_postalcode")),
        Column("city", Kind.TEXT, Both("Ort", "City"), Both("Ort", "city"), example="Dresden", aliases=("Stadt", "ORT01", "City", "Town", "BillingCity", "address1_city")),
        Column("country", Kind.TEXT, Both("Land", "Country"), Both("Land, als Name oder ISO-Code", "country, as a name or ISO code"), example="DE", aliases=("Ländercode", "Länderschlüssel", "LAND1", "Country", "Country/Region", "Country Code", "BillingCountry", "address1_country")),
        Column("region", Kind.TEXT, Both("Region", "Region"), Both("Gebiet innerhalb des Landes oder Vertriebsgebiet", "area within the country or sales area"), example=Both("Nord", "North"), aliases=("Bundesland", "Gebiet", "Vertriebsgebiet", "REGIO", "BZIRK", "State", "State/Region", "Territory", "Sales Territory", "BillingState")),
        Column("sector", Kind.TEXT, Both("Branche", "Sector"), Both("Branche des Kunden", "sector of the customer"), example=Both("Fördertechnik", "Conveyor technology"), aliases=("Industrie", "Wirtschaftszweig", "BRSCH", "Branchenschlüssel", "Industry", "industrycode", "Segment")),
        Column("employees", Kind.NUMBER, Both("Beschäftigte", "Employees"), Both("Beschäftigte des Kunden", "employees of the customer"), unit=Both("Personen", "people"), low=0, example="420", aliases=("Mitarbeiter", "Mitarbeiterzahl", "Anzahl Mitarbeiter", "JMZAH", "Employees", "Number of Employees", "NumberOfEmployees", "numberofemployees")),
        Column("annual_revenue", Kind.MONEY, Both("Jahresumsatz des Kunden", "Annual revenue of the customer"), Both("was der Kunde selbst im Jahr umsetzt", "what the customer itself turns over a year"), example="85.000.000", aliases=("Jahresumsatz", "Umsatz des Kunden", "UMSA1", "Annual Revenue", "AnnualRevenue", "annualrevenue", "revenue")),
        Column("key_account_since", Kind.DATE, Both("Schlüsselkunde seit", "Key account since"), Both("Tag, an dem die Betreuung als Schlüsselkunde begann", "day on which care as a key account began"), example="01.01.2023", aliases=("KAM seit", "KAM_seit", "Key Account seit", "Key Account Since")),
        Column("key_account_until", Kind.DATE, Both("Schlüsselkunde bis", "Key account until"), Both("Tag, an dem sie endete; leer, wenn sie läuft", "day on which it ended; empty while it runs"), example="30.06.2025", aliases=("KAM bis", "KAM_bis", "Key Account bis", "Key Account Until")),
        Column("account_manager", Kind.TEXT, Both("Betreuung", "Account manager"), Both("Rolle oder Kürzel dessen, der den Kunden betreut", "role or code of who takes care of the account"), example="KAM-03", aliases=("Kundenbetreuer", "Betreuer", "Key Account Manager", "KAM", "Account Manager", "Account Owner", "Owner", "OwnerId", "hubspot_owner_id", "ownerid")),
        Column("max_supplier_share", Kind.SHARE, Both("Höchster Lieferanteil", "Highest supplier share"), Both("höchster Anteil, den der Kunde laut Einkaufspolitik einem Lieferanten gibt", "highest share that the customer's sourcing policy gives one supplier"), example="0,6", aliases=("Max_Lieferanteil", "Max. Lieferanteil", "Max Supplier Share")),
    ),
    key=("account_id",),
)

PRODUCTS = Table(
    "products",
    Both("Artikel", "Products"),
    Both("Stammdaten der Artikel, je Artikelnummer eine Zeile.", "Master data of the products, one row per product number."),
    (
        Column("product_id", Kind.ID, Both("Artikelnummer", "Product number"), Both("Nummer des Artikels", "number of the product"), required=True, example="A-10017", aliases=PRODUCT_ALIASES),
        Column("name", Kind.TEXT, Both("Bezeichnung", "Name"), Both("Bezeichnung des Artikels", "name of the product"), example=Both("Kegelradgetriebe K2", "Bevel gearbox K2"), aliases=("Artikelbezeichnung", "Artikeltext", "Artikelname", "MAKTX", "Materialkurztext", "Product Name", "ProductName", "Description", "Item Description")),
        Column("product_group", Kind.TEXT, Both("Warengruppe", "Product group"), Both("Gruppe, in der Artikel zusammengefasst werden", "group that products are summed up in"), example=Both("Getriebe", "Gearboxes"), aliases=("Artikelgruppe", "Produktgruppe", "Produkthierarchie", "Sparte", "MATKL", "PRDHA", "SPART", "Product Group", "Product Family", "Family", "Category", "CategoryID", "Product Category")),
        Column("cost", Kind.MONEY, Both("Variable Kosten je Stück", "Variable cost per piece"), Both("variable Kosten je Stück", "variable cost per piece"), example="32,80", aliases=("Herstellkosten", "Einstandspreis", "Standardpreis", "STPRS", "Kosten je Stück", "Unit Cost", "Standard Cost", "Cost")),
        Column("successor_id", Kind.ID, Both("Nachfolgeartikel", "Successor"), Both("Artikelnummer des Nachfolgers", "product number of the successor"), example="A-10018", aliases=("Nachfolger", "Nachfolgematerial", "NFMAT", "Ersatzartikel", "Successor", "Replaced by", "Superseded by")),
    ),
    key=("product_id",),
)

ACCOUNT_MAPPING = Table(
    "account_mapping",
    Both("Umschlüsselung", "Renumbered accounts"),
    Both("Alte Kundennummern und die neuen, die sie ersetzt haben.", "Old customer numbers and the new ones that replaced them."),
    (
        Column("old_id", Kind.ID, Both("Alte Kundennummer", "Old customer number"), Both("alte Kundennummer", "old customer number"), required=True, example="4711", aliases=("Alt", "Alte Nummer", "Altnummer", "Old ID", "Old Number", "From ID", "ALTKN")),
        Column("account_id", Kind.ID, Both("Neue Kundennummer", "New customer number"), Both("neue Kundennummer", "new customer number"), required=True, example="0000100234", aliases=("Neu", "Neue Nummer", "New ID", "New Number", "To ID", "KUNNR")),
        Column("from", Kind.DATE, Both("Gültig ab", "Valid from"), Both("Tag der Umstellung; zur Auskunft, eine alte Nummer gilt immer als die neue", "day of the change; for information, an old number always counts as the new one"), example="01.07.2024", aliases=("Ab", "Datum", "Valid From", "Date")),
    ),
    key=("old_id",),
)

GROUP_REVIEWS = Table(
    "group_reviews",
    Both("Gruppenvorschläge", "Group proposals"),
    Both(
        "Die durchgesehene Liste von „kamlab groups“: nur was mit ja beantwortet ist, wird zusammengeführt.",
        "The reviewed list of 'kamlab groups': only what is answered with yes is merged.",
    ),
    (
        Column("proposal", Kind.ID, Both("Vorschlag", "Proposal"), Both("Nummer des Vorschlags; Kunden mit derselben Nummer gehören zusammen", "number of the proposal; accounts with the same number belong together"), required=True, example="V-001"),
        account_id("Kundennummer", "customer number"),
        Column(
            "decision", Kind.CHOICE, Both("Entscheidung", "Decision"), Both("ja: zusammenführen; nein: nie; später: noch offen", "yes: merge; no: never; later: still open"), example="ja",
            allowed=(Choice("yes", Both("ja", "yes")), Choice("no", Both("nein", "no")), Choice("later", Both("später", "later"))),
        ),
        Column("note", Kind.TEXT, Both("Bemerkung", "Note"), Both("eigene Bemerkung; bleibt beim nächsten `kamlab groups` stehen", "a note of your own; kept by the next `kamlab groups`"), example="Vertriebsgesellschaft, laut Vertrieb selbstständig"),
    ),
    key=("proposal", "account_id"),
)

CONTROL_TOTALS = Table(
    "control_totals",
    Both("Hauptbuch", "General ledger"),
    Both(
        "Summen aus Hauptbuch oder Gewinn- und Verlustrechnung, gegen die der Umsatz hier abgestimmt wird.",
        "Totals of the general ledger or the profit-and-loss account that the revenue here is reconciled with.",
    ),
    (
        Column("period", Kind.PERIOD, Both("Zeitraum", "Period"), Both("Zeitraum der Summe; Jahre und Quartale sind Geschäftsjahre", "period of the total; years and quarters are fiscal"), required=True, example="2025", aliases=("Periode", "Jahr", "Monat", "Geschäftsjahr", "Period", "Year", "Month")),
        Column(
            "measure", Kind.CHOICE, Both("Messgröße", "Measure"), Both("Umsatz oder Deckungsbeitrag", "revenue or contribution margin"), required=True, example="Umsatz",
            aliases=("Größe", "Kennzahl", "Measure"),
            allowed=(Choice("revenue", Both("Umsatz", "revenue")), Choice("contribution_margin", Both("Deckungsbeitrag", "contribution margin"))),
        ),
        Column("value", Kind.MONEY, Both("Betrag", "Amount"), Both("Summe laut Quelle", "total according to the source"), required=True, example="48.200.000,00", aliases=("Wert", "Summe", "Saldo", "Value", "Amount", "Total")),
        Column("source", Kind.TEXT, Both("Quelle", "Source"), Both("woher die Zahl stammt", "where the number comes from"), required=True, example=Both("GuV 2025, Konten 8000–8999", "P&L 2025, accounts 8000–8999"), aliases=("Herkunft", "Konto", "Source", "Account")),
    ),
    key=("period", "measure", "source"),
)

CURRENCY_RATES = Table(
    "currency_rates",
    Both("Währungskurse", "Currency rates"),
    Both(
        "Monatskurse: was eine Einheit der fremden Währung in der Währung des Auftrags wert ist.",
        "Monthly rates: what one unit of the foreign currency is worth in the engagement's currency.",
    ),
    (
        Column("currency", Kind.CURRENCY, Both("Fremdwährung", "Foreign currency"), Both("ISO-Code der fremden Währung", "ISO code of the foreign currency"), required=True, example="USD", aliases=("Währung", "Waehrung", "FCURR", "Currency", "Currency Code")),
        Column("month", Kind.MONTH, Both("Monat", "Month"), Both("Monat, in dem der Kurs gilt", "month in which the rate holds"), required=True, example="2025-01", aliases=("Periode", "Month", "Period")),
        Column("rate", Kind.NUMBER, Both("Kurs", "Rate"), Both("Wert einer Einheit der fremden Währung in der Währung des Auftrags, z. B. EUR je USD 0,92 – nicht umgekehrt", "value of one unit of the foreign currency in the engagement's, e.g. EUR per USD 0.92 – not the other way round"), required=True, unit=Both("Auftragswährung je Einheit", "engagement's currency per unit"), low=0, example="0,92", aliases=("Wechselkurs", "UKURS", "Rate", "Exchange Rate")),
    ),
    key=("currency", "month"),
)
