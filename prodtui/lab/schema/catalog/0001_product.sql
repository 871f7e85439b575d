CREATE TABLE product (id integer PRIMARY KEY, name text NOT NULL, price_cents integer NOT NULL);
INSERT INTO product SELECT n, 'Product ' || n, 100 + (n * 37) % 9000 FROM generate_series(1, 500) n;
GRANT SELECT ON product TO catalog;
