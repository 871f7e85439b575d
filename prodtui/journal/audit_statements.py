"""The audit trail's SQL, as both SQLite and PostgreSQL read it: nothing is ever updated or deleted."""

from __future__ import annotations

_COLUMNS = "number, at, environment, act, body, before, hash"

HEAD = "select number, hash from prodtui_audit order by number desc limit 1"
HASH = "select hash from prodtui_audit where number = $1"
# Only behind the entry that its hash was made with: of several who write at once one comes first.
APPEND = """
insert into prodtui_audit (number, at, environment, act, body, before, hash)
select cast($1 as bigint), $2, $3, $4, $5, $6, $7
where cast($1 as bigint) = 1
    or exists (select 1 from prodtui_audit where number = cast($1 as bigint) - 1 and hash = $6)
on conflict (number) do nothing
"""
AFTER = f"select {_COLUMNS} from prodtui_audit where number > $1 order by number limit $2"  # noqa: S608 — constants only
# An empty environment or act is any.
FOUND = f"""
select {_COLUMNS} from prodtui_audit
where number < $1 and at >= $2 and at <= $3 and (environment = $4 or $4 = '') and (act = $5 or $5 = '')
order by number desc limit $6
"""  # noqa: S608
