"""The SQL of rollouts, as both SQLite and PostgreSQL read it. Values are numbered: $1, $2.

Whoever drives a rollout says so in its row and renews that; only the driver writes its body. What other terminals want
waits in the row until the driver has taken it, or another one drives it: what was asked of one is asked of nobody else.
"""

from __future__ import annotations

_COLUMNS = "body, driver, driven_until, wanted"

BEGIN = """
insert into prodtui_rollouts (id, environment, service, started_at, ended_at, driver, driven_until, wanted, body)
values ($1, $2, $3, $4, null, $5, $6, '', $7)
on conflict do nothing
"""
TAKE = """
update prodtui_rollouts set driver = $2, driven_until = $4, wanted = ''
where id = $1 and ended_at is null and (driver in ($2, $5) or driven_until < $3)
"""
SAVE = """
update prodtui_rollouts set body = $3, ended_at = $4, driven_until = $5 where id = $1 and driver = $2
"""
RENEW = """
update prodtui_rollouts set driven_until = $3 where id = $1 and driver = $2 returning wanted
"""
RELEASE = "update prodtui_rollouts set driven_until = 0 where id = $1 and driver = $2"
WANT = "update prodtui_rollouts set wanted = $2 where id = $1 and ended_at is null and wanted = ''"
TAKEN = "update prodtui_rollouts set wanted = '' where id = $1 and wanted = $2"
OPEN = f"""
select {_COLUMNS} from prodtui_rollouts where environment = $1 and ended_at is null order by started_at
"""  # noqa: S608 — constants only
LATELY = f"""
select {_COLUMNS} from prodtui_rollouts
where environment = $1 and (ended_at is null or ended_at > $2) order by started_at desc, id desc
"""  # noqa: S608
FIND = f"select {_COLUMNS} from prodtui_rollouts where environment = $1 and id = $2"  # noqa: S608
NEWEST = f"""
select {_COLUMNS} from prodtui_rollouts where environment = $1 and $2 in ('', service)
order by started_at desc, id desc limit $3
"""  # noqa: S608
