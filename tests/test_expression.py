"""The small language of the settings: what it means, what it refuses and where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement.expression import (
    Calculation,
    Comparison,
    Constant,
    ExpressionError,
    Heading,
    IsMissing,
    Junction,
    Not,
    StartsWith,
    headings,
    is_expression,
    parse,
    parse_condition,
    parse_value,
)

A, B, C = Heading("A"), Heading("B"), Heading("C")


def number(text: str) -> Constant:
    return Constant(Decimal(text))


def is_one(heading: Heading) -> Comparison:
    return Comparison("=", heading, number("1"))


@pytest.mark.parametrize("text", ["= Menge * Preis", "=Menge*Preis", "  =  Menge\t*\nPreis  ", "Menge * Preis"])
def test_the_equals_sign_and_blanks_do_not_matter(text: str) -> None:
    assert parse(text) == Calculation("*", Heading("Menge"), Heading("Preis"))


def test_a_setting_is_an_expression_only_with_its_equals_sign() -> None:
    assert [is_expression(text) for text in ("= A", " =A", "A", "A = 1", "")] == [True, True, False, False, False]


def test_times_binds_tighter_than_plus() -> None:
    assert parse("A + B * C") == Calculation("+", A, Calculation("*", B, C))


def test_minus_and_division_work_from_the_left() -> None:
    assert parse("A - B - C") == Calculation("-", Calculation("-", A, B), C)
    assert parse("A / B / C") == Calculation("/", Calculation("/", A, B), C)


def test_brackets_come_first() -> None:
    assert parse("A * (1 - B)") == Calculation("*", A, Calculation("-", number("1"), B))


def test_signs_in_front_turn_the_value_around() -> None:
    minus = Calculation("-", number("0"), A)
    assert [parse(text) for text in ("-A", "--A", "+-A", "- - -A")] == [minus, A, minus, minus]
    assert parse("B * -A") == Calculation("*", B, minus)


def test_and_binds_tighter_than_or() -> None:
    assert parse("A = 1 or B = 1 and C = 1") == Junction("or", is_one(A), Junction("and", is_one(B), is_one(C)))


def test_not_binds_tighter_than_and() -> None:
    assert parse("not A = 1 and B = 1") == Junction("and", Not(is_one(A)), is_one(B))


def test_two_nots_cancel_out() -> None:
    assert parse("not not A = 1") == is_one(A)


def test_conditions_can_stand_in_brackets() -> None:
    assert parse("not (A = 1 or B = 1)") == Not(Junction("or", is_one(A), is_one(B)))


@pytest.mark.parametrize("relation", ["=", "<>", "<", "<=", ">", ">="])
def test_every_relation_is_known(relation: Any) -> None:
    assert parse(f"A{relation}1") == Comparison(relation, A, number("1"))


@pytest.mark.parametrize("text", ["A IS Missing", "A is missing", "A  Is\tMISSING"])
def test_words_of_the_language_may_be_capitals(text: str) -> None:
    assert parse(text) == IsMissing(A)


def test_starts_with_looks_at_the_beginning() -> None:
    assert parse("Beleg starts with 'C'") == StartsWith(Heading("Beleg"), "C")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A = 'it''s'", "it's"),
        ("A = ''''", "'"),
        ("A = ''", ""),
        ("A = 'say \"x\"'", 'say "x"'),
        ("A = 'Müller & Söhne'", "Müller & Söhne"),
    ],
)
def test_a_doubled_quote_in_a_text_is_one(text: str, value: str) -> None:
    assert parse(text) == Comparison("=", A, Constant(value))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Customer ID"', "Customer ID"),
        ('"Netto ""neu"""', 'Netto "neu"'),
        ('"Preis (€) / Stück"', "Preis (€) / Stück"),
        ('"and"', "and"),
        ("Erlöse_brutto", "Erlöse_brutto"),
        ("Straße.Nr", "Straße.Nr"),
        ("Ümsatz2", "Ümsatz2"),
        ("_x", "_x"),
    ],
)
def test_headings_may_have_umlauts_and_in_quotes_anything(text: str, name: str) -> None:
    assert parse(text) == Heading(name)


def test_numbers_are_exact() -> None:
    assert parse("0.1") == Constant(Decimal("0.1"))
    assert parse("12345678901234.123456789012") == number("12345678901234.123456789012")


@pytest.mark.parametrize("text", ["123456789012345", "0.1234567890123"])
def test_numbers_that_a_factor_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="more than 14 digits before or 12 after"):
        parse(text)


def test_a_day_is_a_date_and_not_a_subtraction() -> None:
    assert parse("D < 2010-12-10") == Comparison("<", Heading("D"), Constant(date(2010, 12, 10)))
    assert parse("2010 - 12") == Calculation("-", number("2010"), number("12"))


def test_headings_are_named_in_reading_order() -> None:
    text = "A = 1 and (not B starts with 'x' or C is missing or D + E * A > 0)"
    assert list(headings(parse(text))) == ["A", "B", "C", "D", "E", "A"]


REFUSED = [
    ("", 1, "found '…'"),
    ("=", 2, "found '…'"),
    ("= A +", 6, "found '…'"),
    ("= A B", 5, "unexpected 'B'"),
    ("= (A", 5, r"'\)' expected, found '…'"),
    ("= A)", 4, r"unexpected '\)'"),
    ("= A * * B", 7, r"found '\*'"),
    ("= A == 1", 6, "found '='"),
    ("= A != 1", 5, "cannot read '!= 1'"),
    ("= A ; B", 5, "cannot read '; B'"),
    ("= 'open", 3, "cannot read ''open'"),
    ('= "open', 3, "cannot read '\"open'"),
    ('= ""', 3, "cannot read '\"\"'"),
    ("= 1,5", 4, "cannot read ',5'"),
    ("= 1.", 3, "cannot read '1.'"),
    ("= 12abc", 3, "cannot read '12abc'"),
    ("= D < 2010-02-30", 7, "2010-02-30 is no day of the calendar"),
    ("= A is B", 8, "'missing' expected, found 'B'"),
    ("= A starts 'x'", 12, "'with' expected"),
    ("= A starts with B", 17, "'text' expected, found 'B'"),
    ("= 1 is missing", 3, "a heading was expected before these words"),
    ("= A + 1 starts with 'x'", 3, "a heading was expected before these words"),
    ("= and = 1", 3, "a heading, number, 'text' or date expected, found 'and'"),
    ("= A and B = 1", None, "a condition was expected"),
    ("= A = 1 and B", None, "a condition was expected"),
    ("= not A", None, "a condition was expected"),
    ("= (A = 1) + 1", None, "only numbers can be calculated with"),
    ("= A * 'x'", None, "only numbers can be calculated with"),
    ("= -'x'", None, "only numbers can be calculated with"),
    ("= A - 2010-12-10", None, "only numbers can be calculated with"),
    ("= (A = 1) = 1", 3, "conditions are joined by and/or, not compared"),
    ("= A < B < C", None, "unexpected '<'|two headings"),
    ("= A = B", 3, "two headings have no type to compare by"),
    ("= 'x' = 1", 3, "cannot be compared with each other"),
    ("= A + 1 = 'x'", 3, "cannot be compared with each other"),
]


@pytest.mark.parametrize(("text", "position", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_its_position(text: str, position: int | None, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        parse(text)
    assert 1 <= refused.value.position <= len(text) + 1
    assert position in (None, refused.value.position)


@pytest.mark.parametrize("text", ["__import__('os')", "lambda: 1", "A[0]", "A; drop table x", "{A}", "`A`"])
def test_nothing_but_the_language_is_understood(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_heading_may_have_points_inside_and_is_only_looked_up() -> None:
    assert parse("A.__class__") == Heading("A.__class__")


def test_a_value_is_no_condition_and_a_condition_no_value() -> None:
    with pytest.raises(ExpressionError, match="a value was expected"):
        parse_value("= A = 1")
    with pytest.raises(ExpressionError, match="a condition was expected"):
        parse_condition("= A + 1")


def test_forty_brackets_are_understood() -> None:
    assert parse("(" * 40 + "A" + ")" * 40) == A


@pytest.mark.parametrize("text", ["(" * 400, "not (" * 100 + "A = 1" + ")" * 100, "((" * 30 + "A" + "))" * 30])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="nested too deeply"):
        parse(text)


@pytest.mark.parametrize("text", ["not " * 400 + "A = 1", "-" * 400 + "A"])
def test_long_rows_of_signs_are_understood(text: str) -> None:
    assert parse(text) in (is_one(A), A)


@pytest.mark.parametrize("text", [" + ".join("A" * 5_000), " and ".join(["A = 1"] * 5_000), "(" * 100_000])
def test_endless_expressions_are_refused_and_not_recursed_into(text: str) -> None:
    with pytest.raises(ExpressionError, match="too long"):
        list(headings(parse(text)))


def test_a_list_of_a_hundred_exceptions_is_not_too_long() -> None:
    assert len(list(headings(parse(" or ".join(f"A = '{at}'" for at in range(100)))))) == 100


PIECES = st.sampled_from(
    [
        *("A", '"B C"', "'x'", "''", "1", "2.5", "2010-12-10", "9999-99-99", "is missing", "starts with 'x'"),
        *(
            "+",
            "-",
            "*",
            "/",
            "(",
            ")",
            "=",
            "<",
            "<>",
            ">=",
            "and",
            "or",
            "not",
            "missing",
            "\N{NO-BREAK SPACE}",
            "'",
            '"',
        ),
    ]
)


@given(text=st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=15).map(" ".join)))
@settings(derandomize=True, max_examples=400, deadline=None)
def test_any_text_is_either_parsed_or_refused_with_a_position_inside(text: str) -> None:
    try:
        names = list(headings(parse(text)))
    except ExpressionError as error:
        names, position = [], error.position
    else:
        position = 1
    assert all(names)
    assert 1 <= position <= len(text) + 1


NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12)


@given(name=NAMES, text=st.text(max_size=12))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_any_heading_and_any_text_can_be_quoted(name: str, text: str) -> None:
    source = "\"{}\" = '{}'".format(name.replace('"', '""'), text.replace("'", "''"))
    assert parse(source) == Comparison("=", Heading(name), Constant(text))
