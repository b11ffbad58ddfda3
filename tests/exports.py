"""Exports as ERP and CRM systems write them, made on the spot, each with the right mapping."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

ROWS = 40
Cells = Callable[[int], object]


@dataclass(frozen=True)
class Export:
    """An export: its headings with their cells, the table it is, the mapping that is right, what must stay open."""

    name: str
    table: str
    cells: dict[str, Cells]
    truth: dict[str, str]
    open: tuple[str, ...] = ()
    delimiter: str = ";"
    rows: int = ROWS

    def text(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow(self.cells)
        for row in range(self.rows):
            writer.writerow([cell(row) for cell in self.cells.values()])
        return out.getvalue()


def de(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def customer(row: int) -> str:
    return f"{100200 + row % 7:010d}"


def document(row: int) -> str:
    return f"90{row // 2:08d}"


def line(row: int) -> int:
    return 10 * (row % 2 + 1)


def product(row: int) -> str:
    return f"M-{1000 + row % 5}"


def text(word: str, of: int = 5) -> Cells:
    return lambda row: f"{word} {'ABCDEFGHIJ'[row % of]}"


def day_de(row: int) -> str:
    return f"{row % 28 + 1:02d}.{row % 12 + 1:02d}.2025"


def day_sap(row: int) -> str:
    return f"2025{row % 12 + 1:02d}{row % 28 + 1:02d}"


def day_iso(row: int) -> str:
    return f"2025-{row % 12 + 1:02d}-{row % 28 + 1:02d}"


def later_de(row: int) -> str:
    return f"{row % 28 + 1:02d}.{row % 12 + 1:02d}.2026"


def pieces(row: int) -> int:
    return row % 9 + 1


def net(row: int) -> float:
    return 100 + 37.35 * (row % 11)


def name(row: int) -> str:
    return f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[row % 26]}{'abcdef'[row // 26]}ngel Maschinenbau GmbH"


def guid(row: int) -> str:
    return f"{row:08x}-aaaa-4bbb-8ccc-0123456789ab"


def sf_id(row: int) -> str:
    return f"0015I00000{row:05d}QAA"


def of(*words: object) -> Cells:
    return lambda row: words[row % len(words)]


SAP_BILLING = Export(
    "SAP VBRK joined with VBRP",
    "transactions",
    {
        "MANDT": of("100"),
        "VBELN": document,
        "POSNR": line,
        "FKART": of("F2", "G2"),
        "FKDAT": day_de,
        "ERDAT": later_de,
        "KUNAG": customer,
        "KUNRG": lambda row: f"{900000 + row % 2:010d}",
        "MATNR": product,
        "ARKTX": text("Getriebe"),
        "MATKL": of("GM", "FU"),
        "FKIMG": pieces,
        "VRKME": of("ST"),
        "NETWR": lambda r: de(net(r)),
        "MWSBP": lambda r: de(0.19 * net(r)),
        "WAVWR": lambda r: de(0.6 * net(r)),
        "WAERK": of("EUR"),
        "VKGRP": of("V01", "V02"),
    },
    {
        "account_id": "KUNAG",
        "date": "FKDAT",
        "revenue": "NETWR",
        "quantity": "FKIMG",
        "product_id": "MATNR",
        "product_name": "ARKTX",
        "product_group": "MATKL",
        "cost": "WAVWR",
        "document_id": "VBELN",
        "currency": "WAERK",
        "sales_rep": "VKGRP",
    },
)

SAP_CUSTOMERS = Export(
    "SAP KNA1",
    "accounts",
    {
        "MANDT": of("100"),
        "KUNNR": lambda row: f"{100200 + row:010d}",
        "LAND1": of("DE", "AT", "NL"),
        "NAME1": name,
        "ORT01": text("Ort"),
        "PSTLZ": lambda row: f"0{1067 + row}",
        "REGIO": of("01", "09"),
        "STRAS": text("Werkstraße"),
        "BRSCH": of("MASC", "AUTO"),
        "KONZS": of("K001", "", "K002"),
        "STCEG": lambda row: f"DE{123456789 + row}",
        "KNRZE": of("", "", "0000900001"),
        "UMSA1": lambda row: f"{1_000_000 + row * 1000}",
        "JMZAH": lambda r: 20 + r,
        "ERDAT": day_sap,
    },
    {
        "account_id": "KUNNR",
        "name": "NAME1",
        "group_id": "KONZS",
        "payer_id": "KNRZE",
        "vat_id": "STCEG",
        "street": "STRAS",
        "postal_code": "PSTLZ",
        "city": "ORT01",
        "country": "LAND1",
        "region": "REGIO",
        "sector": "BRSCH",
        "employees": "JMZAH",
        "annual_revenue": "UMSA1",
    },
)

SALESFORCE_ACCOUNTS = Export(
    "Salesforce Account",
    "accounts",
    {
        "Id": sf_id,
        "Name": name,
        "ParentId": lambda row: sf_id(0) if row % 4 == 1 else "",
        "Industry": of("Machinery", "Food"),
        "NumberOfEmployees": lambda row: 50 + row,
        "AnnualRevenue": lambda row: 1_000_000 + row,
        "AccountNumber": lambda row: f"{100200 + row:010d}",
        "BillingStreet": text("Main Street"),
        "BillingCity": text("Town"),
        "BillingState": of("CA", "NY"),
        "BillingPostalCode": lambda row: f"{10000 + row}",
        "BillingCountry": of("US", "CA"),
        "OwnerId": lambda row: f"0055I00000{row % 3:05d}QAA",
        "CreatedDate": day_iso,
        "Website": lambda r: f"www.c{r}.example",
    },
    {
        "account_id": "Id",
        "name": "Name",
        "parent_id": "ParentId",
        "sector": "Industry",
        "employees": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue",
        "street": "BillingStreet",
        "city": "BillingCity",
        "region": "BillingState",
        "postal_code": "BillingPostalCode",
        "country": "BillingCountry",
        "account_manager": "OwnerId",
        "email": "Website",
    },
    delimiter=",",
)

SALESFORCE_LINES = Export(
    "Salesforce closed opportunities with products",
    "transactions",
    {
        "OpportunityId": document,
        "AccountId": lambda row: sf_id(row % 7),
        "CloseDate": day_iso,
        "Product2Id": product,
        "ProductName": text("Drive"),
        "Quantity": pieces,
        "UnitPrice": lambda r: f"{net(r):.2f}",
        "TotalPrice": lambda r: f"{net(r) * pieces(r):.2f}",
        "Amount": lambda r: f"{net(r // 2) * 20:.2f}",
        "CurrencyIsoCode": of("EUR"),
        "OwnerId": lambda row: f"0055I00000{row % 3:05d}QAA",
        "CreatedDate": day_iso,
    },
    {
        "account_id": "AccountId",
        "date": "CloseDate",
        "revenue": "TotalPrice",
        "product_id": "Product2Id",
        "product_name": "ProductName",
        "quantity": "Quantity",
        "currency": "CurrencyIsoCode",
        "sales_rep": "OwnerId",
    },
    delimiter=",",
)

HUBSPOT_COMPANIES = Export(
    "HubSpot companies",
    "accounts",
    {
        "Record ID": lambda row: 15_000_000_000 + row,
        "Company name": name,
        "Company Domain Name": lambda r: f"c{r}.example",
        "Company owner": text("Owner"),
        "Industry": of("MACHINERY", "AUTOMOTIVE"),
        "Number of Employees": lambda r: 10 + r,
        "Annual Revenue": lambda r: 500_000 + r,
        "City": text("Town"),
        "State/Region": of("Bayern", "Hessen"),
        "Postal Code": lambda row: f"{80331 + row}",
        "Country/Region": of("Germany", "Austria"),
        "Street Address": text("Street"),
        "Create Date": day_iso,
        "Last Activity Date": day_iso,
        "Phone Number": lambda r: f"+49 89 {1000 + r}",
    },
    {
        "account_id": "Record ID",
        "name": "Company name",
        "email": "Company Domain Name",
        "sector": "Industry",
        "employees": "Number of Employees",
        "annual_revenue": "Annual Revenue",
        "city": "City",
        "region": "State/Region",
        "postal_code": "Postal Code",
        "country": "Country/Region",
        "street": "Street Address",
        "account_manager": "Company owner",
    },
    delimiter=",",
)

DYNAMICS_ACCOUNTS = Export(
    "Dynamics account",
    "accounts",
    {
        "(Do Not Modify) Row Checksum": guid,
        "accountid": guid,
        "accountnumber": lambda row: f"{100200 + row:010d}",
        "name": name,
        "parentaccountid": lambda row: guid(2) if row % 5 == 0 else "",
        "industrycode": of("Machinery", "Food"),
        "numberofemployees": lambda row: 50 + row,
        "revenue": lambda row: f"{1_000_000 + row}.00",
        "address1_line1": text("Street"),
        "address1_city": text("Town"),
        "address1_postalcode": lambda r: f"{80331 + r}",
        "address1_country": of("Germany", "Austria"),
        "emailaddress1": lambda r: f"einkauf@c{r}.example",
        "ownerid": text("Owner", 3),
        "createdon": day_iso,
    },
    {
        "account_id": "accountid",
        "name": "name",
        "parent_id": "parentaccountid",
        "sector": "industrycode",
        "employees": "numberofemployees",
        "annual_revenue": "revenue",
        "street": "address1_line1",
        "city": "address1_city",
        "postal_code": "address1_postalcode",
        "country": "address1_country",
        "email": "emailaddress1",
        "account_manager": "ownerid",
    },
    delimiter=",",
)

DYNAMICS_INVOICES = Export(
    "Dynamics invoice lines",
    "transactions",
    {
        "invoicenumber": document,
        "customerid": lambda row: guid(row % 7),
        "dateinvoiced": day_iso,
        "productnumber": product,
        "quantity": lambda r: f"{pieces(r)}.00",
        "priceperunit": lambda r: f"{net(r):.2f}",
        "extendedamount": lambda r: f"{net(r) * pieces(r):.2f}",
        "tax": lambda r: f"{net(r) * 0.19:.2f}",
        "transactioncurrencyid": of("EUR"),
        "createdon": day_iso,
    },
    {
        "account_id": "customerid",
        "date": "dateinvoiced",
        "revenue": "extendedamount",
        "quantity": "quantity",
        "product_id": "productnumber",
        "document_id": "invoicenumber",
        "currency": "transactioncurrencyid",
    },
    delimiter=",",
)

GERMAN_LEDGER = Export(
    "German ERP, spoken headings",
    "transactions",
    {
        "Rechnungs-Nr.": document,
        "Pos.": line,
        "Rechnungsdatum": day_de,
        "Lieferdatum": later_de,
        "Kunden-Nr.": customer,
        "Kundenname": lambda row: name(row % 7),
        "Kundengruppe": of("INL", "EXP"),
        "Artikel-Nr.": product,
        "Artikelbezeichnung": text("Motor"),
        "Warengruppe": of("Motoren", "Getriebe"),
        "Menge": pieces,
        "ME": of("Stk"),
        "Umsatz brutto": lambda r: de(1.19 * net(r)),
        "Umsatz netto": lambda r: de(net(r)),
        "DB I": lambda r: de(0.4 * net(r)),
        "Währung": of("EUR"),
        "Vertreter": of("VB-01", "VB-02"),
    },
    {
        "account_id": "Kunden-Nr.",
        "date": "Rechnungsdatum",
        "revenue": "Umsatz netto",
        "quantity": "Menge",
        "product_id": "Artikel-Nr.",
        "product_name": "Artikelbezeichnung",
        "product_group": "Warengruppe",
        "contribution_margin": "DB I",
        "document_id": "Rechnungs-Nr.",
        "currency": "Währung",
        "sales_rep": "Vertreter",
    },
)

GERMAN_PRICES = Export(
    "German web shop, revenue to be calculated",
    "transactions",
    {
        "Bestellnummer": document,
        "Datum": day_de,
        "Kundennummer": customer,
        "Artikelnummer": product,
        "Anzahl": pieces,
        "Einzelpreis netto": lambda r: de(net(r)),
        "Rabatt %": of(0, 5, 10),
    },
    {
        "account_id": "Kundennummer",
        "date": "Datum",
        "revenue": '= Anzahl * "Einzelpreis netto" * (1 - "Rabatt %" / 100)',
        "quantity": "Anzahl",
        "product_id": "Artikelnummer",
    },
)

NAVISION_CUSTOMERS = Export(
    "Business Central customers in German",
    "accounts",
    {
        "Nr.": lambda row: f"D{10000 + row}",
        "Name": name,
        "Adresse": text("Weg"),
        "PLZ-Code": lambda r: f"{80331 + r}",
        "Ort": text("Ort"),
        "Länder-/Regionscode": of("DE", "AT"),
        "Rech. an Deb.-Nr.": of("", "D90001"),
        "USt-IdNr.": lambda row: f"DE{123456789 + row}",
        "Verkäufercode": of("VB1", "VB2"),
        "Branche": of("Bau", "Chemie"),
    },
    {
        "name": "Name",
        "street": "Adresse",
        "city": "Ort",
        "vat_id": "USt-IdNr.",
        "sector": "Branche",
    },
    open=("account_id",),
)

MISSPELT = Export(
    "Headings with slips and additions",
    "transactions",
    {
        "Kundenummer": customer,
        "Rechnungs datum": day_de,
        "Netto-Umsatz in EUR": lambda r: de(net(r)),
        "Mengee": pieces,
        "Artikelnumer": product,
    },
    {
        "account_id": "Kundenummer",
        "date": "Rechnungs datum",
        "revenue": "Netto-Umsatz in EUR",
        "product_id": "Artikelnumer",
        "quantity": "Mengee",
    },
)

EXPORTS = (
    SAP_BILLING,
    SAP_CUSTOMERS,
    SALESFORCE_ACCOUNTS,
    SALESFORCE_LINES,
    HUBSPOT_COMPANIES,
    DYNAMICS_ACCOUNTS,
    DYNAMICS_INVOICES,
    GERMAN_LEDGER,
    GERMAN_PRICES,
    NAVISION_CUSTOMERS,
    MISSPELT,
)
