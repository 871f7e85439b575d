"""The outbox's SQL, as both SQLite and PostgreSQL read it. A row is one notice for one channel.

The id of a notice ends in `.` and its severity, of its end in `.0`: `model/notice_ids.py`.
"""

from __future__ import annotations

_INCIDENT = "substr(one.id, 1, length(one.id) - 2)"
_IS_OVER = f"""exists (
    select 1 from prodtui_notices ended where ended.channel = one.channel and ended.id = {_INCIDENT} || '.0'
)"""  # noqa: S608 — constants only

# Held to the end of the transaction, so that two that see one event decide one after the other.
ONE_AFTER_THE_OTHER = """
insert into prodtui_leases (environment, holder, until) values ($1, '', 0)
on conflict (environment) do update set holder = excluded.holder
"""
ADD = """
insert into prodtui_notices
    (id, channel, environment, at, tries, due_at, claimed_by, claimed_until, done_at, result, body)
values ($1, $2, $3, $4, 0, $5, '', 0, null, '', $6)
on conflict (id, channel) do nothing
"""
# Not where the same incident, which another one may have seen a moment earlier or later, was told as so severe.
ADD_OPENING = f"""
insert into prodtui_notices
    (id, channel, environment, at, tries, due_at, claimed_by, claimed_until, done_at, result, body)
select $1, $2, $3, $4, 0, $5, '', 0, null, '', $6
where not exists (
    select 1 from prodtui_notices one
    where one.channel = $2 and {_INCIDENT} in ($7, $8, $9) and substr(one.id, length(one.id)) >= $10
    and not {_IS_OVER}
)
on conflict (id, channel) do nothing
"""  # noqa: S608
# Only where it was told that it began; unsent where nobody wants to hear of ends.
ADD_RECOVERY = """
insert into prodtui_notices
    (id, channel, environment, at, tries, due_at, claimed_by, claimed_until, done_at, result, body)
select $1, $2, $3, $4, 0, $5, '', 0, $7, $8, $6
where exists (
    select 1 from prodtui_notices one
    where one.channel = $2 and substr(one.id, 1, length(one.id) - 2) = $9 and one.id <> $1
)
on conflict (id, channel) do nothing
"""
# What waits and is overtaken: by its end, or by the same as more severe. Also what somebody is sending: it is not tried
# again where that fails, and noted as sent where it does not.
OVERTAKE = """
update prodtui_notices set done_at = $5, result = $6
where channel = $1 and done_at is null
and substr(id, 1, length(id) - 2) = $2 and substr(id, length(id)) < $3 and substr(id, length(id)) > $4
"""
DUE = """
select body, tries, due_at from prodtui_notices
where environment = $1 and channel = $2 and done_at is null and due_at <= $3 and claimed_until < $3
order by at, id
"""
NEXT_DUE = """
select min(case when claimed_until > due_at then claimed_until else due_at end) from prodtui_notices
where environment = $1 and channel = $2 and done_at is null
"""
CLAIM = """
update prodtui_notices set claimed_by = $3, claimed_until = $5, tries = tries + 1
where id = $1 and channel = $2 and done_at is null and due_at <= $4 and claimed_until < $4
"""
DONE = "update prodtui_notices set done_at = $3, result = $4, claimed_until = 0 where id = $1 and channel = $2"
LATER = """
update prodtui_notices set due_at = $3, result = $4, claimed_until = 0
where id = $1 and channel = $2 and done_at is null
"""
# The messages of one summary are done at one time.
SENT_AT = """
select distinct done_at from prodtui_notices
where environment = $1 and channel = $2 and done_at > $3 and result like 'sent%'
"""
OPEN = f"""
select one.channel, one.body from prodtui_notices one
where one.environment = $1 and substr(one.id, length(one.id) - 1) in ('.1', '.2', '.3') and not {_IS_OVER}
order by one.at, one.id
"""  # noqa: S608
ENDED = """
select body from prodtui_notices
where environment = $1 and at > $2 and substr(id, length(id) - 1) = '.0'
order by at, id
"""
# What was sent of an incident, to end or answer it.
TOLD = """
select body from prodtui_notices
where environment = $1 and channel = $2 and substr(id, 1, length(id) - 2) = $3
and substr(id, length(id) - 1) in ('.1', '.2', '.3') and result like 'sent%'
order by at, id
"""
LAST = """
select body, tries, due_at, done_at, result from prodtui_notices
where environment = $1 and channel = $2
order by at desc, id desc limit $3
"""
DROP = "delete from prodtui_notices where at < $1"
