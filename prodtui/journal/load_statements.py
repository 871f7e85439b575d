"""The SQL of kept loads, as both SQLite and PostgreSQL read it. Values are numbered: $1, $2."""

from __future__ import annotations

SAVE = "insert into prodtui_loads (id, environment, name, at, body) values ($1, $2, $3, $4, $5)"
DROP_REST = """
delete from prodtui_loads
where environment = $1 and name = $2 and id not in (
    select id from prodtui_loads where environment = $1 and name = $2 order by at desc, id desc limit $3
)
"""
NEWEST = """
select id, body from prodtui_loads where environment = $1 and name = $2 order by at desc, id desc limit $3
"""
NAMES = "select distinct name from prodtui_loads where environment = $1 order by name"
