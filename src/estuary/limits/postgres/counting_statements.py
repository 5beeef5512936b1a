"""The statements that count: `limits/window` in SQL, atomic, on the server's own clock.

A counter is a row: the time of each bucket's newest request and how many it holds, oldest first. Times are
seconds of the server's clock, so the clocks of replicas do not matter. The table is unlogged: a crash
of the server empties it, and nothing is written twice.
"""

from estuary.limits.window import BUCKETS

TABLE = "_estuary_rate_limits"

_LOCK = 0x45535452
EXISTS = f"SELECT to_regclass('{TABLE}') IS NOT NULL"
USER = "SELECT quote_ident(current_user)"

# Filled half: a row that changes finds room beside itself, and no index has to learn of it.
CREATE = f"""\
CREATE UNLOGGED TABLE IF NOT EXISTS {TABLE} (
  client text PRIMARY KEY,
  times double precision[] NOT NULL,
  counts bigint[] NOT NULL,
  last double precision NOT NULL,
  closes_at double precision NOT NULL,
  admitted bigint NOT NULL,
  remaining bigint NOT NULL,
  resets_in double precision NOT NULL
) WITH (fillfactor = 50)"""

CREATE_ONCE = f"SELECT pg_advisory_xact_lock({_LOCK}); {CREATE}"
"""One transaction, as the server takes several statements: `IF NOT EXISTS` looks without a lock, and of
those who make a table at the same time all but one would fail."""

_LIMIT, _WINDOW = "$4::bigint", "$5::double precision"
_CLOCK = "extract(epoch FROM clock_timestamp())::double precision"

# The texts contain names and numbers of ours only; what a client sends is a parameter.
COUNT = f"""\
INSERT INTO {TABLE} AS kept
SELECT client,
  CASE WHEN admits = 0 THEN '{{}}' ELSE ARRAY[now] END,
  CASE WHEN admits = 0 THEN '{{}}' ELSE ARRAY[admits * cost] END,
  now, now + {_WINDOW} / {BUCKETS}, admits, {_LIMIT} - admits * cost, {_WINDOW}
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked (client, hits, cost),
  LATERAL (SELECT least(hits, {_LIMIT} / cost) AS admits) AS decision, (SELECT {_CLOCK} AS now) AS clock
ORDER BY client
ON CONFLICT (client) DO UPDATE SET (times, counts, last, closes_at, admitted, remaining, resets_in) = (
  SELECT
    CASE WHEN admits = 0 THEN live.times WHEN begins THEN live.times || now
         ELSE live.times[:live.buckets - 1] || now END,
    CASE WHEN admits = 0 THEN live.counts WHEN begins THEN live.counts || admits * cost
         ELSE live.counts[:live.buckets - 1] || live.counts[live.buckets] + admits * cost END,
    CASE WHEN admits = 0 THEN kept.last ELSE now END,
    CASE WHEN admits > 0 AND begins THEN now + {_WINDOW} / {BUCKETS} ELSE kept.closes_at END,
    admits,
    greatest(0, {_LIMIT} - live.used - admits * cost),
    {_WINDOW} - (now - CASE WHEN live.buckets > (CASE WHEN begins THEN 0 ELSE 1 END) THEN live.times[1]
                     WHEN admits = 0 THEN coalesce(live.times[1], now) ELSE now END)
  FROM
    -- A clock that was set back a little stands still; set back by more than a window, it begins again.
    (SELECT CASE WHEN kept.last - real >= {_WINDOW} THEN real ELSE greatest(real, kept.last) END AS now
     FROM (SELECT {_CLOCK} AS real OFFSET 0) AS its) AS clock,
    LATERAL (
      SELECT coalesce(array_agg(time ORDER BY place), '{{}}') AS times,
             coalesce(array_agg(count ORDER BY place), '{{}}') AS counts,
             coalesce(sum(count), 0)::bigint AS used, count(*)::int AS buckets
      FROM unnest(kept.times, kept.counts) WITH ORDINALITY AS bucket (time, count, place)
      WHERE now - time < {_WINDOW} AND time <= now
    ) AS live,
    -- What a hit costs is not in the row that was to be inserted, but what its hits would have used is.
    -- Where none would have passed this is an empty array, and any cost does.
    LATERAL (SELECT coalesce(excluded.counts[1] / nullif(excluded.admitted, 0), 1) AS cost) AS asked,
    LATERAL (
      SELECT greatest(0, least(excluded.admitted, ({_LIMIT} - live.used) / cost)) AS admits,
             live.buckets = 0 OR now >= kept.closes_at AS begins
    ) AS decision
)
RETURNING client, admitted, remaining, resets_in"""  # noqa: S608 - as above
"""Parameters: the clients, how often each asks, what that costs it, the limit, the window in seconds."""

FORGET = f"""\
DELETE FROM {TABLE} WHERE client IN (
  SELECT client FROM {TABLE} WHERE last < {_CLOCK} - $1::double precision
  LIMIT 10000 FOR UPDATE SKIP LOCKED
)"""  # noqa: S608 - as above
"""Parameter: the window in seconds. What another one is counting just now is left alone."""
