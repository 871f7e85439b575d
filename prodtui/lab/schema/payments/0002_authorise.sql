CREATE OR REPLACE FUNCTION authorise(account_id integer, amount_cents integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE remaining bigint;
BEGIN
  UPDATE account SET authorised_cents = authorised_cents + amount_cents
  WHERE id = account_id RETURNING balance_cents INTO remaining;
  RETURN remaining;
END $$;
