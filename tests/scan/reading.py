"""One file, written and scanned."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from prodtui.scan.files import File
from prodtui.scan.judgement import judge, settle


def rules_broken(folder: Path, name: str, text: str) -> list[str]:
    """Ids of the rules that the file breaks, in its order."""
    path = folder / name
    path.write_text(dedent(text))
    judged = judge(File(str(path), name, path.suffix))
    assert judged.unreadable is None, judged.unreadable
    return [finding.rule for finding in settle([judged], {})[0]]
