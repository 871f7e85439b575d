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

# The journal. A row is a mark, or a batch of what followed on it; numbers are without gaps in the order of writing.
ADD = """
insert into prodtui_journal (environment, number, mark, at, until, size, body)
select $1, $2, $3, $4, $5, $6, $7
where exists (select 1 from prodtui_leases where environment = $1 and holder = $8)
on conflict (environment, number) do nothing
"""
ADD_EVENT = """
insert into prodtui_events (environment, number, place, at, body)
select $1, $2, $3, $4, $5
where exists (select 1 from prodtui_leases where environment = $1 and holder = $6)
on conflict (environment, number, place) do nothing
"""
NEWEST_NUMBER = "select coalesce(max(number), 0) from prodtui_journal where environment = $1"
MARK_BEFORE = """
select number, body from prodtui_journal
where environment = $1 and mark and at <= $2
order by at desc, number desc limit 1
"""
FIRST_MARK = "select number, body from prodtui_journal where environment = $1 and mark order by number limit 1"
LAST_MARK = "select number, body from prodtui_journal where environment = $1 and mark order by number desc limit 1"
AFTER_MARK = """
select number, body from prodtui_journal
where environment = $1 and number > $2 and at <= $3 and number < coalesce(
    (select min(number) from prodtui_journal where environment = $1 and mark and number > $2), $4
)
order by number
"""
TAIL = """
select number, mark, body from prodtui_journal where environment = $1 and number > $2 order by number limit $3
"""
FIRST_AT = "select at from prodtui_journal where environment = $1 order by number limit 1"
LAST_UNTIL = "select until from prodtui_journal where environment = $1 order by number desc limit 1"
EVENT_AFTER = "select min(at) from prodtui_events where environment = $1 and at > $2"
EVENT_BEFORE = "select max(at) from prodtui_events where environment = $1 and at < $2"
EVENTS = """
select body from prodtui_events where environment = $1 and at >= $2 and at <= $3
order by at desc, number desc, place desc limit $4
"""
ENVIRONMENTS = "select distinct environment from prodtui_journal order by environment"
SECOND_MARK = """
select number, at from prodtui_journal where environment = $1 and mark order by number limit 1 offset 1
"""
DROP_BEFORE = "delete from prodtui_journal where environment = $1 and number < $2"
DROP_EVENTS_BEFORE = "delete from prodtui_events where environment = $1 and number < $2"
DROP_ACKNOWLEDGED = "delete from prodtui_acknowledgements where environment = $1 and at < $2"
KEPT_BYTES = "select coalesce(sum(size), 0) from prodtui_journal where environment = $1"

ACKNOWLEDGE = """
insert into prodtui_acknowledgements (environment, at, by_whom, about, note) values ($1, $2, $3, $4, $5)
"""
ACKNOWLEDGED = """
select at, by_whom, about, note from prodtui_acknowledgements
where environment = $1 and at <= $2
order by at desc limit $3
"""

# The lease. In a file the lock beside it decides; in a team's server the row does, by the server's own clock.
SEIZE = """
insert into prodtui_leases (environment, holder, until) values ($1, $2, 0)
on conflict (environment) do update set holder = excluded.holder
"""
CLAIM = """
insert into prodtui_leases (environment, holder, until) values ($1, $2, extract(epoch from now()) + $3)
on conflict (environment) do update set holder = excluded.holder, until = excluded.until
where prodtui_leases.holder = excluded.holder or prodtui_leases.until < extract(epoch from now())
"""
KEEP_SEIZED = "update prodtui_leases set until = 0 where environment = $1 and holder = $2"
RENEW = """
update prodtui_leases set until = extract(epoch from now()) + $3 where environment = $1 and holder = $2
"""
RELEASE = "update prodtui_leases set until = 0 where environment = $1 and holder = $2"
