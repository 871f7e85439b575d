"""Results nobody measured: random or written-out values, and sleeps in place of work."""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.scan.facts import Function, Origin, Source
from prodtui.scan.rules.hollow import acts
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.words import said, words

RANDOM = Rule(
    id="random-result",
    title="a random number poses as a measurement",
    why="Whoever reads the figure decides on noise.",
    remedy="Measure or fetch the value; where it can't be had, say so (None, an error) instead of inventing one.",
)
CONSTANT = Rule(
    id="constant-result",
    title="a written-out value poses as a measurement or as fetched data",
    why="The figure never changes, whatever the system does.",
    remedy="Read the value from the system; where it can't be had, say so (None, an error).",
)
SIMULATED = Rule(
    id="simulated-work",
    title="work is simulated: a sleep or an admitted placeholder, and then an invented result",
    why="The caller is told that something was done which was not.",
    remedy="Do the work, or raise an error that says it can't be done.",
)
RULES = (RANDOM, CONSTANT, SIMULATED)

_METRICS = frozenset(
    words(
        """cpu memory disk latency throughput bandwidth utilization utilisation usage uptime load temperature humidity
        battery speed traffic metric metrics telemetry rps qps ping balance balances price prices quote inventory stock
        revenue sales weather forecast sentiment confidence prediction errors health status score stats statistics
        connections requests sessions"""
    )
)
_FIGURES = _METRICS - {"status", "health", "score", "errors", "requests", "connections", "sessions", "load", "ping",
                       "metric", "prediction", "stats", "stock", "speed"}  # fmt: skip
_RECORDS = frozenset(
    words(
        """user users order orders customer customers product products transaction transactions invoice invoices payment
        payments account accounts employee employees booking bookings event events alert alerts incident incidents
        message messages notification notifications patient patients ticket tickets post posts comment comments report
        reports item items result results record records data article articles profile health status metrics stats"""
    )
)
_GET = frozenset({"get", "fetch", "read", "measure", "collect", "query", "poll", "retrieve", "load", "current", "check",
                  "monitor", "sample", "calculate", "compute", "search", "find", "lookup", "list"})  # fmt: skip
_PREDICT = frozenset({"predict", "analyze", "analyse", "classify", "detect", "infer", "score"})
_FETCH = frozenset({"fetch", "query", "retrieve", "search", "poll", "get", "load", "find", "list", "read", "collect"})
_MEANT_RANDOM = frozenset(
    words(
        """random rand randomize jitter backoff shuffle noise seed nonce salt uuid id token mock fake dummy simulate
        simulated simulation generate synthetic dice roll pick choose perturb sampler sampling"""
    )
)
_DEFAULTS = frozenset(
    words(
        """default defaults initial empty supported available allowed valid known builtin constants static schema fields
        columns headers options choices config settings types names keys codes labels template templates example help
        min max minimum maximum limit limits threshold sort ordering width height"""
    )
)
_UNITS = frozenset(words("ms us ns s sec secs seconds millis percent pct ratio bytes kb mb gb count total celsius"))
_WAITS = frozenset(
    {"wait", "sleep", "delay", "pause", "throttle", "tick", "idle", "linger", "debounce", "backoff", "poll"}
)
_ADMITS = said(
    r"\bin (a |the )?(real|actual|production)\b.{0,30}\b(would|should|could|app|implementation|code|world|system)\b",
    r"\bsimulat(e|es|ed|ing)\b", r"\b(mock|fake|dummy|hard-?coded|made-?up|placeholder) "
    r"(data|response|result|results|value|values|implementation|api|call|return|for now|for demo)",
    r"\bfor (now|demo purposes|demonstration)\b,? ?(just |we |simply )*(return|use|pretend|assume)",
    r"\bplaceholder implementation\b", r"\breplace (this )?with (a |the )?(real|actual)\b",
)  # fmt: skip
_INVENTED = Origin.CONSTANT | Origin.RANDOM


def judge(source: Source) -> Iterator[Violation]:
    """At most one violation a function: the most telling."""
    for function in source.functions:
        found = _simulated(function) or _random(function) or _constant(function)
        if found is not None:
            rule, why = found
            yield Violation(rule=rule.id, line=function.line, column=function.column, why=why)


def _asks(function: Function) -> bool:
    """Its name says that it measures or fetches: a verb of asking and a measured thing, or that thing alone."""
    parts = function.words
    if not parts:
        return False
    measured = bool(_METRICS & set(parts))
    thing = next((part for part in reversed(parts) if part not in _UNITS), "")
    return (parts[0] in _GET and measured) or parts[0] in _PREDICT or (measured and thing in _METRICS)


def _random(function: Function) -> tuple[Rule, str] | None:
    if not _asks(function) or _MEANT_RANDOM & set(function.words):
        return None
    body = function.body
    if Origin.RANDOM not in body.result or Origin.OUTSIDE in body.result | body.reads:
        return None
    return RANDOM, f"{function.name} says it measures, and returns a random value"


def _constant(function: Function) -> tuple[Rule, str] | None:
    parts = set(function.words)
    if not parts or parts & _DEFAULTS:
        return None
    figure = bool(parts & _FIGURES) and _asks(function)
    records = function.words[0] in _FETCH and len(parts) > 1 and bool(parts & _RECORDS)
    if not figure and not records:
        return None
    body = function.body
    if not _written_out(body.result) or Origin.OUTSIDE in body.reads or Origin.INPUT in body.reads & ~body.result:
        return None
    if body.records or (figure and body.number):
        return CONSTANT, f"{function.name} says it asks for something, and returns what is written in it"
    return None


def _written_out(result: Origin) -> bool:
    return Origin.CONSTANT in result and not result & (Origin.OUTSIDE | Origin.RANDOM)


def _simulated(function: Function) -> tuple[Rule, str] | None:
    if _WAITS & set(function.words) or not (function.words or function.comments):
        return None
    admitted = _ADMITS.search(function.comments) or _ADMITS.search(function.doc)
    if admitted is None and not _asks_or_acts(function):
        return None
    body = function.body
    if Origin.OUTSIDE in body.reads | body.result or not (body.result & _INVENTED or body.approves):
        return None
    if admitted is not None and (
        body.sleeps or Origin.RANDOM in body.result or body.records or body.approves or body.number
    ):
        return SIMULATED, f'{function.name} returns an invented result; it says itself "{_excerpt(admitted[0])}"'
    if body.sleeps and (body.records or body.approves or Origin.RANDOM in body.result):
        return SIMULATED, f"{function.name} sleeps where the work would be, and returns an invented result"
    return None


def _asks_or_acts(function: Function) -> bool:
    return bool(function.words) and (function.words[0] in _GET or function.words[0] in _PREDICT or acts(function))


def _excerpt(said_: str) -> str:
    return " ".join(said_.split())[:60]
