-- Points are earned once for one event; the ledger is never changed, corrections are reversals.
CREATE TABLE point_entry (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  organisation_path text NOT NULL CHECK (organisation_path ~ '^/([0-9]+/)+$'),  -- where the person belonged when the points were earned
  trade_id bigint NOT NULL REFERENCES trade,
  event text NOT NULL UNIQUE,  -- what earned them, such as "stage:17:person:4:stars:2"
  points int NOT NULL CHECK (points <> 0),
  earned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()  -- readers wait until no older transaction runs, so they miss nothing
);
CREATE INDEX point_entry_person ON point_entry (person_id, trade_id, earned_at);
CREATE INDEX point_entry_order ON point_entry (transaction_id, entry_id);
CREATE TRIGGER point_entry_is_append_only BEFORE UPDATE OR DELETE ON point_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
