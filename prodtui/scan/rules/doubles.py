"""Test doubles in production: their definitions, their use, the libraries that make them, and mock data."""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.scan.facts import Source
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.words import said, words

DOUBLE = Rule(
    id="test-double",
    title="a mock, fake, dummy or stub is defined or used",
    why="A double answers without doing the work. What the production tree defines ships, also when only tests use it.",
    remedy="Use the real thing; move the double, if tests need it, to the tests' own folder.",
)
DOUBLE_IMPORT = Rule(
    id="test-double-import",
    title="a library of test doubles is imported",
    why="A mocking or fake-data library in production code puts invented answers where real ones belong.",
    remedy="Move the code that needs it to the tests, or replace it by the real client.",
)
MOCK_DATA = Rule(
    id="mock-data",
    title="mock data is written out",
    why="Invented records that ship are shown or charged as if they were real.",
    remedy="Read the data from where it lives; move samples to the tests' fixtures.",
)
RULES = (DOUBLE, DOUBLE_IMPORT, MOCK_DATA)

_ANYWHERE = frozenset({"mock", "fake", "dummy"})
_MAKERS = frozenset(
    {"create", "make", "build", "get", "use", "generate", "gen", "new", "return", "load", "setup", "init"}
)
# Beside these the words mean something else: stub files and resolvers, fake news, dummy variables of statistics.
_LEGITIMATE = frozenset(
    words(
        """stubs file files source sources generator gen package packages path module info resolver zone area library
        detect detector detection detected news account accounts review reviews useragent agent variable variables
        coding encode encoded encoding classifier interp mode thread process index tensor quant quantize quantized is
        allow disable enable no not without unmock check loader"""
    )
)
_PYTHON = said(
    r"(unittest\.)?mock(\..*)?|pytest_mock(\..*)?|responses(\..*)?|moto(\..*)?|faker(\..*)?|factory(\.\w+)?|factory_boy(\..*)?"
    r"|model_bakery(\..*)?|requests_mock(\..*)?|respx(\..*)?|httpretty(\..*)?|vcr(\..*)?|freezegun(\..*)?"
    r"|time_machine(\..*)?|flexmock(\..*)?|mockito(\..*)?|aioresponses(\..*)?|fakeredis(\..*)?|mongomock(\..*)?"
    r"|pytest_httpx(\..*)?|polyfactory(\..*)?|mimesis(\..*)?"
)
_JAVASCRIPT = said(
    r"sinon(/.*)?|nock|msw(/.*)?|@mswjs/.*|@?faker(-js/faker)?(/.*)?|casual|chance|jest-mock|jest-mock-\w+|@jest/globals"
    r"|vitest|ts-mockito|@?testdouble(/.*)?|mock-fs|fetch-mock(/.*)?|axios-mock-adapter|jest-fetch-mock"
    r"|aws-sdk-client-mock|mockdate|miragejs|proxyquire|rewire|mock-socket|ioredis-mock|node-mocks-http|@ngneat/falso"
    r"|(.*/)?(__mocks__|mocks|fakes)(/.*)?"
)
_GO = said(
    r"go\.uber\.org/mock/gomock|github\.com/golang/mock/gomock|github\.com/stretchr/testify/mock"
    r"|github\.com/data-dog/go-sqlmock|net/http/httptest|testing/(fstest|iotest)|github\.com/jarcoal/httpmock"
    r"|.*/gock(\.v\d+)?|github\.com/brianvoe/gofakeit(/.*)?|github\.com/(go-faker|bxcodec)/faker(/.*)?"
    r"|github\.com/alicebob/miniredis(/.*)?|github\.com/pashagolub/pgxmock(/.*)?|.*/(mock|mocks|fake|fakes)"
)
_LIBRARIES = {"Python": _PYTHON, "JavaScript": _JAVASCRIPT, "TypeScript": _JAVASCRIPT, "Go": _GO}
_DOUBLING_CALL = said(
    r"(jest|vi)\.(fn|mock|spyOn|doMock)|sinon\.(stub|mock|spy|fake)", r"(unittest\.)?mock\.(Mock|patch)"
)


def judge(source: Source) -> Iterator[Violation]:
    """Definitions, uses, imports and data."""
    for kind, known in (("class", source.classes), ("function", source.functions)):
        for each in known:
            if _is_class(each.name) if kind == "class" else _is_function(each.name):
                why = f"the {kind} {each.name} is a test double by its name, and ships with the release"
                yield Violation(rule=DOUBLE.id, line=each.line, column=each.column, why=why)
    for call in source.calls:
        last = call.text.rpartition(".")[2].lstrip("[]*&")
        if _DOUBLING_CALL.fullmatch(call.text) or (_is_class(last) and last[:1].isupper()):
            why = f"{last} is made here: a test double stands in for the real thing"
            yield Violation(rule=DOUBLE.id, line=call.line, column=call.column, why=why)
    libraries = _LIBRARIES[source.language]
    for imported in source.imports:
        if libraries.fullmatch(imported.text):
            why = f"{imported.text} is for tests, and is imported by code that ships"
            yield Violation(rule=DOUBLE_IMPORT.id, line=imported.line, column=imported.column, why=why)
    for table in source.tables:
        if _is_doubled(set(words(table.text))):
            why = f"{table.text} is data made up and written out in code that ships"
            yield Violation(rule=MOCK_DATA.id, line=table.line, column=table.column, why=why)


def _is_doubled(parts: set[str]) -> bool:
    return bool(parts & _ANYWHERE) and not parts & _LEGITIMATE


def _is_class(name: str) -> bool:
    """Ends or begins with the word; `…Stub` is left alone, as remote procedure calls name their clients so."""
    parts = words(name)
    if len(parts) < 2 or _LEGITIMATE & set(parts):
        return False
    return parts[0] in _ANYWHERE or parts[-1] in _ANYWHERE or parts[0] == "stub"


def _is_function(name: str) -> bool:
    parts = words(name)
    if len(parts) < 2 or _LEGITIMATE & set(parts):
        return False
    maker = parts[0] in _MAKERS and (bool(_ANYWHERE & set(parts)) or "stub" in parts)
    return parts[0] in _ANYWHERE or parts[0] == "stub" or maker
