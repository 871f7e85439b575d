CREATE TABLE account (
  id integer PRIMARY KEY, balance_cents bigint NOT NULL, authorised_cents bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO account SELECT n, 1000000 FROM generate_series(1, 1000) n;
GRANT SELECT, UPDATE ON account TO payments;
