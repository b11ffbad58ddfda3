"""What the customer value says in words: which sentences, with which numbers; and the conventions to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.facts.rhythm import FEWEST_ORDERS
from kamlab.facts.silence import YEARLY
from kamlab.results import Finding, Value
from kamlab.selection.contracted import KINDS
from kamlab.selection.lifetime_gate import FEWEST_ACCOUNTS, FEWEST_LOSSES, REGULAR, SILENT, Gate
from kamlab.selection.retention_classes import FEWEST
from kamlab.selection.valuation import FULL_YEAR, Book
from kamlab.selection.value_backtest import FULL_YEAR as WHOLE

NAMED = 3  # accounts named in a sentence
MOST_VALUABLE = 12  # accounts of which those without a contract are named
COUNTED = {"cuts", "accounts", "named", "hits", "active", "false_alarms", "losses", "losses_named"}
NOT_A_CHANGE = ("chosen", "unlimited")
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Known:
    """All that can be spoken of."""

    histories: Histories
    tables: Tables
    numbers: Mapping[str, int | float | str | None]
    parameters: Mapping[str, float]
    judged: Gate
    agreed: pd.DataFrame
    written: Book
    entered: pd.DataFrame | None
    growth: tuple[float, float]

    @property
    def of(self) -> str:
        """Name the kind of accounts that are looked at one by one, as the end of a key."""
        return "" if self.tables["accounts"]["key_account"].any() else "_a"


def _say(name: str, /, **values: Value) -> Finding:
    return Finding(key=f"customer_value.{name}", values=values)


def findings_of(known: Known) -> list[Finding]:
    """Say what was found, the message of the page first; keys of three parts belong to sections of their own."""
    numbers, listed = known.numbers, known.tables.get("contract_ends", pd.DataFrame({"state": []}))
    ended, ends = (listed[listed["state"] == state] for state in ("ended", "ends"))
    findings = [_title(known, ends)]
    if numbers["value"]:
        findings += [] if known.histories.sales.has_margin else [_say("revenue_based")]
    if len(ended):
        amount = float(ended["annual_value"].sum())
        findings.append(_say(_bare("contracts_ended", amount), count=len(ended), amount=amount))
    findings += _silent(known)
    if numbers["value"]:
        findings += [_range(known, is_told=findings[0].key.endswith("title_ends")), _contracted(known)]
    months = len(known.histories.calendar.complete_months)
    read = "short" if months < 2 * FULL_YEAR else "read" if months >= 3 * FULL_YEAR else "read_two"
    findings += [*_do(known, ended, ends), _say(f"retention.{read}")]
    return [*findings, *_tail(known), *_value_checked(known), *_warning_checked(known), *_sure(known)]


def _title(known: Known, ends: pd.DataFrame) -> Finding:
    numbers, years = known.numbers, int(known.parameters["years"])
    months = len(known.histories.calendar.complete_months)
    if numbers["value"] is None and months < 2 * FULL_YEAR:
        return _say("title_short", months=months, needed=2 * FULL_YEAR)
    if not numbers["value"]:
        return _say("title_none", measure=known.histories.measure)
    value = float(numbers["value"])
    owners = ends.drop_duplicates("account_id")
    if at_end := float(owners["value"].sum()) if len(owners) else 0.0:
        until = (known.histories.end + pd.DateOffset(years=1)).date()
        return _say("title_ends", count=len(owners), at_end=at_end, share=at_end / value, value=value, until=until)
    end = "_year" if years == 1 else ""
    return _say(f"title{end}", count=numbers["accounts"], value=value, years=years, measure=known.histories.measure)


def _range(known: Known, is_told: bool) -> Finding:
    """Say the range of the value; with the value itself where the title speaks of contracts."""
    numbers, years = known.numbers, int(known.parameters["years"])
    values: dict[str, Value] = {"low": numbers["value_low"], "high": numbers["value_high"]}
    if not is_told:
        return _say("range", **values)
    values |= {"count": numbers["accounts"], "years": years, "measure": known.histories.measure}
    return _say("value", **values, value=numbers["value"])


def _bare(name: str, amount: Value) -> str:
    """Choose the sentence without an amount where none is known."""
    return name if amount else f"{name}_bare"


def _first(listed: pd.DataFrame) -> list[str]:
    """Name the first accounts of a list."""
    names = listed.drop_duplicates("account_id")["name"].tolist()
    return names[:NAMED] + ["…"] * (len(names) > NAMED)


def _called(listed: pd.DataFrame) -> list[str]:
    """Name whom to turn to first."""
    names: list[str] = listed["name"].drop_duplicates().head(NAMED).tolist()
    return names


def _contracted(known: Known) -> Finding:
    if known.agreed.empty:
        return _say("no_contracts")
    share, framework = (known.numbers[f"{part}_share"] for part in ("contracted", "framework"))
    return _say("parts.contracted", share=share, framework=framework, rest=known.numbers["expected_share"])


def _silent(known: Known) -> list[Finding]:
    """Say who is unusually silent of those that are looked at one by one, and of whom that cannot be said."""
    grain = known.histories.calendar.grain
    if "unusual" not in known.tables:
        return [_say("rhythm.coarse", reason=f"value.grain.{grain}")]
    accounts, unusual = known.tables["accounts"], known.tables["unusual"]
    watched = accounts["key_account"] if not known.of else accounts["class"] == "A"
    if not watched.any():
        return []
    is_calm = unusual.empty
    values: dict[str, Value] = {} if is_calm else {"count": len(unusual), "names": _first(unusual)}
    findings = [_say(f"{'calm' if is_calm else 'unusual'}{known.of}", **values)]
    few = int((watched & accounts["usual_gap"].isna()).sum())
    return findings + ([_say("rhythm.few", count=few, fewest=FEWEST_ORDERS)] if few else [])


def _tail(known: Known) -> list[Finding]:
    """Say by which rule the others are warned of, and why not by the model."""
    judged = known.judged
    if judged.holds:
        return [_say("tail.holds", count=judged.accounts, losses=judged.losses, days=int(known.parameters["days"]))]
    facts: dict[str, dict[str, Value]] = {
        "accounts": {"count": judged.accounts, "fewest": FEWEST_ACCOUNTS},
        "losses": {"count": judged.losses, "fewest": FEWEST_LOSSES, "days": SILENT},
        "wide": {"factor": judged.factor},
    }
    said = [_say(f"tail.{failed}", **facts.get(failed, {})) for failed in judged.failed]
    return [_say("tail.fails"), *said, *([_say("tail.rule")] if "tail" in known.tables else [])]


def _value_checked(known: Known) -> list[Finding]:
    """Say how far the rule of this page was off in the past, in which direction, and which rule was best."""
    checks = known.tables["value_checks"]
    if checks.empty:
        return [_say("sure.value_short", needed=2 * FULL_YEAR)]
    months, longest = int(checks["months"].min()), int(checks["months"].max())
    rules = {str(row["rule"]): row for row in checks[checks["months"] == months].to_dict("records")}
    own = rules["retention"]
    off = {f"{rule}_total": float(row["error_signed"]) for rule, row in rules.items()}
    off |= {f"{rule}_each": float(row["error_accounts"]) for rule, row in rules.items()}
    counts = {"count": int(own["cuts"]), "apart": int(own["apart"]), "too_low": int(own["too_low"])}
    findings = [_say("sure.value", months=months, **counts, **off)]
    if "lifetime" in rules:
        findings.append(_say("checked.lifetime", **off))
    findings.append(_say(f"checked.best_{min(rules, key=lambda rule: rules[rule]['error_accounts'])}"))
    findings += [_say("checked.half")] if months < WHOLE else []
    years = int(known.parameters["years"])
    if longest < years * FULL_YEAR:
        findings.append(_say("checked.horizon", count=years, months=longest, needed=(years + 2) * FULL_YEAR))
    return findings


def _warning_checked(known: Known) -> list[Finding]:
    """Say how often the warnings of the past were right, early and false, beside those of the simplest rule."""
    checks = known.tables.get("warning_checks", pd.DataFrame())
    if checks.empty:
        return [_say("rhythm.warning_short")]
    own, *simple = ({name: int(n) for name, n in row.items() if name in COUNTED} for row in checks.to_dict("records"))
    named, hits, active, false_alarms = (own[name] for name in ("named", "hits", "active", "false_alarms"))
    values: dict[str, Value] = {"months": own["cuts"], "accounts": own["accounts"], "count": named}
    if named:
        values |= {"days": int(known.parameters["days"])} | ({"hits": hits, "share": hits / named} if hits else {})
    findings = [_say("rhythm." + ("warning" if hits else "warning_missed" if named else "warning_none"), **values)]
    if false_alarms:
        came: dict[str, Value] = {"count": false_alarms, "active": active, "share": false_alarms / active}
        findings.append(_say("rhythm.false_alarms", **came, aim=YEARLY))
    elif active:
        findings.append(_say("rhythm.false_none", count=active, aim=YEARLY))
    if own["losses"]:
        found: dict[str, Value] = {"count": own["losses"], "silent": SILENT}
        early: dict[str, Value] = {
            "named": own["losses_named"],
            "before": round(checks["days_before"].fillna(0).iloc[0]),
        }
        is_early = bool(own["losses_named"])
        findings.append(_say(f"checked.losses{'' if is_early else '_missed'}", **found, **(early if is_early else {})))
    if simple and simple[0]["named"]:
        limit = int(checks["silent_from"].iloc[1])
        said: dict[str, Value] = {"count": simple[0]["named"], "hits": simple[0]["hits"], "silent_from": limit}
        findings.append(_say("checked.warning_recency", **said))
        findings += [_say("checked.simple_wins_warning")] if simple[0]["hits"] > hits else []
    return findings + _ranking_checked(known)


def _ranking_checked(known: Known) -> list[Finding]:
    """Say how well the order model ranked all customers at earlier days, beside the longest silence."""
    if "ranking_checks" not in known.tables:
        return []
    rules = {str(row["rule"]): row for row in known.tables["ranking_checks"].to_dict("records")}
    ranked = {rule: round(100 * float(row["sorted"])) for rule, row in rules.items()}
    model = rules["lifetime"]
    came = {"predicted": float(model["predicted_inactive"]), "inactive": int(model["inactive"])}
    return [_say("checked.warning_model", **ranked, **came)]


def _sure(known: Known) -> list[Finding]:
    findings = []
    checks = known.tables["value_checks"]
    if len(checks):
        own = checks[checks["rule"] == "retention"].iloc[-1]
        findings.append(_say("sure.covered", months=int(own["months"]), covered=round(100 * float(own["covered"]))))
    if known.numbers["value"]:
        values = known.tables["sensitivity"].set_index("choice")["worth"]
        said = {name: float(values[name] / values["chosen"]) - 1 for name in values.index if name not in NOT_A_CHANGE}
        findings += [_say("sure.wide"), _say("sure.choices", **said)]
        findings.append(_say("checked.growth", **dict(zip(("counted", "believed"), known.growth, strict=True))))
    return findings or [_say("sure.short", needed=2 * FULL_YEAR)]


def _do(known: Known, ended: pd.DataFrame, ends: pd.DataFrame) -> list[Finding]:
    """Say with whom to talk about what, by name: the most urgent first."""
    findings = [] if known.numbers["value"] else [_say("do.longer")]
    for key, contracts in (("ended", ended), ("ends", ends)):
        if len(contracts):
            owners = contracts["account_id"].nunique()
            findings.append(
                _say(f"do.{key}", count=owners, names=_called(contracts), date=contracts["end"].min().date())
            )
    findings += [*_tendered(known), *_to_ask(known), *_unbound(known, ended)]
    return findings + ([_say("do.contracts")] if known.entered is None else [])


def _tendered(known: Known) -> list[Finding]:
    """Name who tenders anew within a year."""
    if "contract_ends" not in known.tables:
        return []
    listed, day = known.tables["contract_ends"], known.histories.end
    anew = listed[listed["tender_date"].gt(day) & listed["tender_date"].le(day + pd.DateOffset(years=1))]
    if anew.empty:
        return []
    ordered = anew.sort_values("tender_date", kind="stable")
    first = ordered["tender_date"].iloc[0].date()
    return [_say("do.tenders", count=ordered["account_id"].nunique(), date=first, names=_called(ordered))]


def _to_ask(known: Known) -> list[Finding]:
    """Name the unusually silent ones of whom sales knows no reason."""
    silent = [known.tables[name] for name in ("unusual", "tail") if "known_reason" in known.tables.get(name, ())]
    open_ = [table[table["known_reason"] == ""] for table in silent]
    asked = pd.concat(open_, ignore_index=True) if open_ else pd.DataFrame()
    return [_say("do.unusual", count=len(asked), names=_called(asked))] if len(asked) else []


def _unbound(known: Known, ended: pd.DataFrame) -> list[Finding]:
    """Name the most valuable accounts that never had a contract, where contracts are known at all."""
    if known.agreed.empty or not known.numbers["value"]:
        return []
    accounts = known.tables["accounts"].head(MOST_VALUABLE)
    free = accounts[accounts["contracted_until"].isna() & ~accounts["account_id"].isin(ended.get("account_id", []))]
    if free.empty:
        return []
    first = free.head(NAMED)
    return [_say("do.unbound", names=first["name"].tolist(), value=float(first["value"].sum()))]


def choices_of(known: Known) -> list[Finding]:
    """Print the conventions that could have been others, and where they mattered."""
    written, parameters = known.written, known.parameters
    years = int(parameters["years"])
    choices = [_say("choice.class_a")] if known.of and known.numbers["unusual"] is not None else []
    choices += [_say("choice.horizon", count=years, rate=parameters["discount_rate"], months=written.months)]
    if known.numbers["value"] is not None:
        choices.append(_say("choice.retention", fewest=FEWEST))
    choices += _of_contracts(known)
    if len(written.not_positive):
        sum_ = float(round(written.not_positive[written.base].sum(), 4))
        measure = known.histories.measure
        choices.append(_say("choice.not_positive", count=len(written.not_positive), sum=sum_, measure=measure))
    if written.silent:
        choices.append(_say("choice.silent", count=written.silent))
    if written.later:
        choices.append(_say("choice.later", count=written.later))
    if not known.judged.failed or set(known.judged.failed) & {"regular", "losses", "accounts"}:
        shape = dict(zip(("shape", "shape_low"), known.judged.shape, strict=True)) if known.judged.shape else {}
        gate: dict[str, Value] = {
            "accounts": FEWEST_ACCOUNTS,
            "losses": FEWEST_LOSSES,
            "days": SILENT,
            "limit": REGULAR,
        }
        choices.append(_say("choice.gate_shape" if shape else "choice.gate", **gate, **shape))
    return choices


def _of_contracts(known: Known) -> list[Finding]:
    """Say how contracts count, and which of them cannot."""
    if known.entered is None:
        return []
    choices = [_say("choice.contracts")] if len(known.agreed) else []
    binding = known.entered[known.entered["kind"].isin(KINDS)]
    ended = int((pd.to_datetime(binding["end"]) <= known.histories.end).sum())
    if ended:
        choices.append(_say("choice.contracts_ended", count=ended))
    if without := len(binding) - ended - len(known.agreed):
        choices.append(_say("choice.contracts_without_value", count=without))
    if unknown := int((~known.agreed["account_id"].isin(known.histories.names.index)).sum()):
        choices.append(_say("choice.contracts_unknown", count=unknown))
    if open_ := int(known.agreed["renewal_probability"].isna().sum()):
        choices.append(_say("choice.contracts_open", count=open_))
    return choices
