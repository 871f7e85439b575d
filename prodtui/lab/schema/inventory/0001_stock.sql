CREATE TABLE stock (product_id integer PRIMARY KEY, on_hand integer NOT NULL);
INSERT INTO stock SELECT n, 10 + n % 90 FROM generate_series(1, 500) n;
GRANT SELECT ON stock TO inventory;
