"""What PostgreSQL is asked: SELECTs only, on catalogs and statistics views. Verified on 18; from 14 on."""

from __future__ import annotations

SERVER = """
with sessions as (
    select state, xact_start, state_change, pid
    from pg_stat_activity
    where backend_type = 'client backend'
), replication as (
    select
        replay_lag,
        -- Without news of it the lag column stays as last reported. Standbys report at least every 10 s
        -- (wal_receiver_status_interval), so silence counts only beyond that.
        case
            when not pg_is_in_recovery() and replay_lsn < pg_current_wal_lsn()
                and clock_timestamp() - reply_time > interval '15 s'
            then clock_timestamp() - reply_time
        end as silence
    from pg_stat_replication
    where state is distinct from 'backup'
)
select
    current_user::text as role,
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') as sees_all,
    extract(epoch from clock_timestamp())::float8 as clock,
    (
        select coalesce(array_agg(datname::text order by datname), '{}')
        from pg_database where datallowconn and not datistemplate
    ) as databases,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as usable,
    (select count(*) from sessions)::int as sessions,
    (select sum(numbackends) from pg_stat_database)::int as backends,
    (
        select extract(epoch from clock_timestamp() - min(xact_start))::float8
        from sessions where pid <> pg_backend_pid()
    ) as oldest_transaction_s,
    (
        select extract(epoch from clock_timestamp() - min(state_change))::float8
        from sessions where state like 'idle in transaction%'
    ) as idle_in_transaction_s,
    (select sum(deadlocks) from pg_stat_database)::int8 as deadlocks,
    (select max(age(datfrozenxid)) from pg_database)::int8 as xid_age,
    current_setting('autovacuum_freeze_max_age')::int8 as freeze_max_age,
    (select count(*) from replication)::int as replicas,
    (select extract(epoch from greatest(max(replay_lag), max(silence)))::float8 from replication) as replica_lag_s,
    pg_is_in_recovery() as in_recovery,
    -- With the two positions equal everything received is replayed; the time since the last transaction then only says
    -- that the primary is idle. Whether anything is received at all is the receiver's word, below.
    case
        when not pg_is_in_recovery() then null
        when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
        else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8
    end as replay_lag_s,
    (
        select bool_or(
            status = 'streaming'
            -- A receiver whose primary hangs says "streaming" until wal_receiver_timeout ends it; it asks for a sign
            -- of life at half of that.
            and (
                current_setting('wal_receiver_timeout')::interval = interval '0'
                or clock_timestamp() - last_msg_receipt_time < 0.75 * current_setting('wal_receiver_timeout')::interval
            )
        )
        from pg_stat_wal_receiver
    ) as receiver_streaming
"""
"""One row for the server. Without pg_read_all_stats other roles' sessions have NULL for a state and a backend_type."""

LONG_TRANSACTION_S = 30
LONG_IDLE_S = 5
MOST_SESSIONS = 200
LONGEST_QUERY = 2048

# pg_blocking_pids takes the lock manager's locks: only those that wait for a lock are asked about, and pg_locks is read
# only for them.
SESSIONS = f"""
with waiting as materialized (
    select pid, pg_blocking_pids(pid) as blocked_by
    from pg_stat_activity
    where wait_event_type = 'Lock'
), blocked as materialized (
    select
        waiting.*,
        -- NULL for a moment after the wait has begun
        coalesce(extract(epoch from clock_timestamp()
            - (select min(waitstart) from pg_locks where pg_locks.pid = waiting.pid and not granted)), 0) as blocked_s
    from waiting
    where cardinality(blocked_by) > 0
), shown as (
    select
        activity.*,
        blocked.blocked_by,
        blocked.blocked_s,
        activity.pid in (select unnest(blocked_by) from blocked) as blocks
    from pg_stat_activity as activity left join blocked using (pid)
    where activity.pid <> pg_backend_pid()
)
select
    pid,
    coalesce(datname::text, '') as database,
    coalesce(usename::text, '') as "user",
    coalesce(application_name, '') as application,
    coalesce(state, '') as state,
    coalesce(wait_event_type || ':' || wait_event, '') as wait,
    blocked_by,
    blocked_s::float8 as blocked_s,
    extract(epoch from xact_start)::float8 as transaction_at,
    left(query, {LONGEST_QUERY}) as query,
    count(*) over ()::int as total
from shown
where blocks
    or blocked_by is not null
    or backend_type = 'client backend' and xact_start < clock_timestamp() - interval '{LONG_TRANSACTION_S} s'
    or state like 'idle in transaction%' and state_change < clock_timestamp() - interval '{LONG_IDLE_S} s'
order by blocks desc, blocked_s desc nulls last, xact_start nulls last, pid
limit {MOST_SESSIONS}
"""  # noqa: S608 — the numbers above are ours
"""The sessions worth showing: those that block first, then the blocked by their wait, then old transactions."""

ROLES = """
select
    activity.datname::text as database,
    activity.usename::text as role,
    activity.usename = session_user as ours,
    roles.rolsuper as superuser,
    roles.rolcreaterole as createrole,
    roles.rolcreatedb as createdb,
    roles.rolreplication as replication,
    roles.rolbypassrls as bypassrls,
    count(*)::int as sessions,
    (count(*) filter (where ssl.ssl))::int as encrypted,
    (count(*) filter (where activity.client_addr is null))::int as local
from pg_stat_activity as activity
    left join pg_stat_ssl as ssl using (pid)
    left join pg_roles as roles on roles.rolname = activity.usename
where activity.datname is not null and activity.usename is not null
    -- Of others' sessions a role without pg_read_all_stats sees this as NULL.
    and coalesce(activity.backend_type, 'client backend') = 'client backend'
group by 1, 2, 3, 4, 5, 6, 7, 8
order by 1, 2
"""
"""The roles that have sessions in each database. Without pg_read_all_stats the counts of other roles say nothing."""
