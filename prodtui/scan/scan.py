"""The scan: every production file below the given paths, put to every rule."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec

from prodtui.scan.errors import ScanError
from prodtui.scan.files import File, Unreadable, production_files
from prodtui.scan.judgement import Finding, Judged, Suppressed, judge, settle
from prodtui.scan.options import Options, configured
from prodtui.scan.rules import RULES
from prodtui.scan.rules.rule import Severity

WORTH_A_POOL_BYTES = 3_000_000
"""Below it a tree is read sooner than processes start (half a second)."""
_AT_ONCE = 8

Progress = Callable[[int, int], None]
"""Told the files done, and all files."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan found, and what it covered."""

    roots: tuple[str, ...]
    files: int
    lines: int
    languages: Mapping[str, int]
    """Language -> files."""
    generated: int
    """Files left out because their head says that a program wrote them."""
    findings: tuple[Finding, ...]
    """Worst first, then by place."""
    suppressed: tuple[Suppressed, ...]
    unreadable: tuple[Unreadable, ...]
    off: Mapping[str, str]
    """Rule -> why it is off."""

    @property
    def clean(self) -> bool:
        """Nothing was found, and no file was left unread; one read in part does not count against it."""
        return not self.findings and all(each.partly for each in self.unreadable)


def scan(paths: Sequence[Path], options: Options | None = None, *, progress: Progress | None = None) -> Scan:
    """Scans the paths, each by its own configuration and the options given.

    Raises ScanError for a path that does not exist, a configuration that can't be used, or where there is no
    production source at all: nothing scanned is nothing proved.
    """
    given = options or Options()
    roots = [(path, given | configured(path if path.is_dir() else path.parent)) for path in paths]
    found = [[*production_files(path, chosen)] for path, chosen in roots]
    files = [file for each in found for file in each if isinstance(file, File)]
    if not files:
        named = ", ".join(map(str, paths))
        raise ScanError(f"nothing to scan in {named}: no production source. --include takes in what is left out")
    judged = iter([*_judged(files, progress)])
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    unreadable = [each for several in found for each in several if isinstance(each, Unreadable)]
    read: list[Judged] = []
    off: dict[str, str] = {}
    for (_, chosen), several in zip(roots, found, strict=True):
        own = [next(judged) for each in several if isinstance(each, File)]
        broken, let_pass, lost = settle(own, chosen.off)
        findings += broken
        suppressed += let_pass
        unreadable += lost
        read += own
        off |= chosen.off
    scanned = [each for each in read if not each.generated and (each.lines or each.unreadable is None)]
    return Scan(
        roots=tuple(map(str, paths)),
        files=len(scanned),
        lines=sum(each.lines for each in scanned),
        languages=dict(sorted(Counter(each.language for each in scanned).items())),
        generated=sum(each.generated for each in read),
        findings=tuple(sorted(set(findings), key=_worst_first)),
        suppressed=tuple(suppressed),
        unreadable=tuple(unreadable),
        off=off,
    )


def _worst_first(finding: Finding) -> tuple[bool, str, int, int]:
    return RULES[finding.rule].severity is not Severity.ERROR, finding.path, finding.line, finding.column


def _judged(files: Sequence[File], progress: Progress | None) -> Iterator[Judged]:
    """What each file came to, in their order; in processes of their own where it is much."""
    workers = len(os.sched_getaffinity(0))
    if workers < 2 or sum(_size(file) for file in files) < WORTH_A_POOL_BYTES:
        for number, file in enumerate(files, 1):
            yield judge(file)
            if progress is not None:
                progress(number, len(files))
        return
    # Not forked: the caller may have threads, whose locks a fork would copy as they are.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        for number, each in enumerate(pool.map(judge, files, chunksize=_AT_ONCE), 1):
            yield each
            if progress is not None:
                progress(number, len(files))
    except BrokenProcessPool as error:
        raise ScanError(
            "a scanning process was killed, perhaps for want of memory: scan fewer paths at once"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _size(file: File) -> int:
    try:
        return os.stat(file.path).st_size  # noqa: PTH116 - as above, a Path for each costs
    except OSError:
        return 0
