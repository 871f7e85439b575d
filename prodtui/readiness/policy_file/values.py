"""Values as people write them in a policy: shares, durations, weights, days, criteria."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from prodtui.model import duration
from prodtui.readiness.criteria import UNITS, Bound, Criteria, bound, scaled
from prodtui.readiness.load_rule import LoadThreshold

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z%]*)")
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(?:s|(min))\s*")


def _number(value: object) -> Fraction | None:
    """The number as it is written: 0.1 is a tenth, not the binary fraction nearest to it."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return Fraction(str(value)) if usable else None


def _weight(value: object) -> Fraction:
    number = _number(value)
    if number is None or number < 0:
        raise ValueError("a number from 0 on")
    return number


def _points(value: object) -> Fraction:
    number = _number(value)
    if number is None or not 0 <= number <= 100:
        raise ValueError("a score from 0 to 100")
    return number


def share(value: object) -> Fraction:
    """A ratio 0..1 of `90%` or 0.9. Raises ValueError."""
    number = _number(value)
    if isinstance(value, str) and (written := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)):
        number = Fraction(written[1]) / 100
    if number is None or not 0 <= number <= 1:
        raise ValueError('a share such as "90%" or 0.9')
    return number


def seconds(value: object) -> float:
    """Seconds of a duration above 0. Raises ValueError."""
    length = duration.seconds(value)
    if not 0 < length < math.inf:
        raise ValueError('a duration such as "500ms", "2s", "1m30s" or "7d"')
    return length


def amount(value: object) -> float:
    """A number from 0 on in the check's unit, of `20ms`, `0.5%` or 3. Raises ValueError."""
    number = _number(value)
    if number is not None and number >= 0:
        return float(number)
    if isinstance(value, str) and (written := _AMOUNT.fullmatch(value.strip())) and written[2] in UNITS:
        return scaled(written[1], written[2])
    raise ValueError('a number from 0 on with a unit, such as "20ms" or "0.5%"')


def _rate(value: object) -> float:
    number = _number(value)
    if isinstance(value, str) and (written := _RATE.fullmatch(value)):
        number = Fraction(written[1]) / (60 if written[2] else 1)
    if number is None or number <= 0:
        raise ValueError('requests a second above 0, such as "200/s" or "30/min"')
    return float(number)


def _threshold(value: object) -> LoadThreshold:
    return LoadThreshold.of(value if isinstance(value, str) else "")


def _scale(value: object) -> float:
    number = _number(value)
    if isinstance(value, str) and (written := re.fullmatch(r"\s*(\d+)\s*/\s*([1-9]\d*)\s*", value)):
        number = Fraction(int(written[1]), int(written[2]))
    if number is None or number <= 0:
        raise ValueError('a factor above 0, such as 0.5 or "1/60"')
    return float(number)


def _inside(value: object) -> float:
    number = share(value)
    if not 0 < number < 1:
        raise ValueError('an objective between 0 and 1, both excluded, such as "99.9%"')
    return float(number)


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a day such as 2026-11-20")


def _criteria(value: object) -> Criteria:
    """A list of criteria (one set), or a list of such lists. Every one that can't be read is an error of its own."""
    if not isinstance(value, list) or not value:
        raise ValueError('a list of criteria, such as ["< 250ms"], or of sets of them')
    nested = isinstance(value[0], list)
    wrong: list[InitErrorDetails] = []
    sets: list[tuple[Bound, ...]] = []
    for index, texts in enumerate(value if nested else [value]):
        if not isinstance(texts, list) or not texts:
            wrong.append(_about('a set of criteria, such as ["< 250ms"]', (index,), texts))
            continue
        bounds: list[Bound] = []
        for position, text in enumerate(texts):
            place = (index, position) if nested else (position,)
            try:
                bounds.append(bound(text) if isinstance(text, str) else _not_text())
            except ValueError as error:
                wrong.append(_about(str(error).removeprefix("expected ").partition("; got ")[0], place, text))
        sets.append(tuple(bounds))
    if wrong:
        raise ValidationError.from_exception_data("criteria", wrong, hide_input=True)
    return Criteria(tuple(sets))


def _not_text() -> Bound:
    raise ValueError('a criterion as text, such as "< 250ms"')


def _about(text: str, place: tuple[int, ...], value: object) -> InitErrorDetails:
    # The text may hold braces, which a template would read as placeholders.
    error = PydanticCustomError("value_error", "{error}", {"error": text})
    return InitErrorDetails(type=error, loc=place, input=value)


Weight = Annotated[Fraction, PlainValidator(_weight, json_schema_input_type=float)]
Points = Annotated[Fraction, PlainValidator(_points, json_schema_input_type=float)]
Share = Annotated[Fraction, PlainValidator(share, json_schema_input_type=str | float)]
Objective = Annotated[float, PlainValidator(_inside, json_schema_input_type=str | float)]
Seconds = Annotated[float, PlainValidator(seconds, json_schema_input_type=str | float)]
Amount = Annotated[float, PlainValidator(amount, json_schema_input_type=str | float)]
Rate = Annotated[float, PlainValidator(_rate, json_schema_input_type=str | float)]
Threshold = Annotated[LoadThreshold, PlainValidator(_threshold, json_schema_input_type=str)]
Scale = Annotated[float, PlainValidator(_scale, json_schema_input_type=str | float)]
Day = Annotated[date, PlainValidator(_day, json_schema_input_type=date | str)]
CriteriaSets = Annotated[Criteria, PlainValidator(_criteria, json_schema_input_type=list[str] | list[list[str]])]
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]
