CREATE TABLE refund (
  id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES account, amount_cents integer NOT NULL, reason text NOT NULL
);
INSERT INTO refund SELECT n, n * 7, 100 + (n * 53) % 9000, 'parcel returned' FROM generate_series(1, 40) n;
GRANT SELECT ON refund TO payments;
