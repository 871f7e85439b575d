"""The store's SQL, as both SQLite and PostgreSQL read it. Values are numbered: $1, $2."""

from __future__ import annotations

_COLUMNS = "id, accepted_at, accepted_by, pinned, max_drift, body"

SAVE = """
insert into prodtui_evaluations (id, environment, at, accepted_at, accepted_by, pinned, max_drift, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
DROP_REST = """
delete from prodtui_evaluations
where environment = $1 and accepted_at is null and (at < $2 or id not in (
    select id from prodtui_evaluations where environment = $1 and accepted_at is null
    order by at desc, id desc limit $3
))
"""
DROP_ACCEPTED = """
delete from prodtui_evaluations where environment = $1 and accepted_at is not null and not pinned and at < $2
"""
NEWEST = f"select {_COLUMNS} from prodtui_evaluations where environment = $1 order by at desc, id desc limit $2"  # noqa: S608 — constants only
ACCEPTED = f"""
select {_COLUMNS} from prodtui_evaluations
where environment = $1 and accepted_at is not null and at >= $2
order by at desc, id desc limit $3
"""  # noqa: S608
PINNED = f"select {_COLUMNS} from prodtui_evaluations where environment = $1 and pinned"  # noqa: S608
FIND = f"select {_COLUMNS} from prodtui_evaluations where environment = $1 and id = $2"  # noqa: S608
IDS = "select id from prodtui_evaluations where environment = $1 order by at desc, id desc"
ACCEPT = "update prodtui_evaluations set accepted_at = $2, accepted_by = $3 where id = $1"
UNPIN_OTHERS = """
update prodtui_evaluations set pinned = false
where pinned and environment = (
    select environment from prodtui_evaluations where id = $1 and accepted_at is not null
)
"""
PIN = "update prodtui_evaluations set pinned = true, max_drift = $2 where id = $1 and accepted_at is not null"
FORGET = "delete from prodtui_evaluations where id = $1"
STREAKS = "select body from prodtui_streaks where environment = $1 and at >= $2"
KEEP_STREAKS = """
insert into prodtui_streaks (environment, at, body) values ($1, $2, $3)
on conflict (environment) do update set at = excluded.at, body = excluded.body
"""
