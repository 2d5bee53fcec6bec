-- What is asked: occupations, trades, outlines, questions. A published outline and a question version never change.
CREATE TABLE occupation (
  taxonomy text NOT NULL,  -- codes are used again with other meanings: the edition belongs to the key
  code text NOT NULL,
  name text NOT NULL,
  marks text NOT NULL DEFAULT '',  -- L green, S digital, L/S both
  group_code text NOT NULL,
  group_name text NOT NULL,
  PRIMARY KEY (taxonomy, code)
);

CREATE TABLE trade (
  trade_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE,
  taxonomy text NOT NULL,
  occupation_code text NOT NULL,
  name text NOT NULL
);

CREATE TABLE outline (
  outline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  trade_id bigint NOT NULL REFERENCES trade,
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 5),  -- national digit, 5 (lowest) to 1; 0: the trade has no levels
  level_name text NOT NULL,
  code text NOT NULL,
  version text NOT NULL,
  name text NOT NULL,
  standard text NOT NULL,
  digest text NOT NULL,  -- of its ranges and points: the same code and version with another content is refused
  published_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (code, version)
);

CREATE TABLE outline_range (
  range_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outline_id bigint NOT NULL REFERENCES outline,
  parent_id bigint REFERENCES outline_range,
  position int NOT NULL,  -- order within the outline
  code text NOT NULL,
  name text NOT NULL,
  weight int NOT NULL CHECK (weight BETWEEN 0 AND 10000),  -- hundredths of a percent of the whole outline
  UNIQUE (outline_id, code)
);

CREATE TABLE outline_point (
  point_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outline_id bigint NOT NULL REFERENCES outline,
  range_id bigint NOT NULL REFERENCES outline_range,
  position int NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  importance text NOT NULL CHECK (importance IN ('X', 'Y', 'Z')),
  UNIQUE (outline_id, code)
);

CREATE TABLE question (
  question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE,
  outline_id bigint NOT NULL REFERENCES outline,
  point_id bigint NOT NULL REFERENCES outline_point,
  type text NOT NULL,  -- a name of question/question.hpp
  pool text NOT NULL CHECK (pool IN ('practice', 'secure')),
  version int NOT NULL,  -- the published one
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX question_outline ON question (outline_id, question_id);

CREATE TABLE question_version (
  question_version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  question_id bigint NOT NULL REFERENCES question,
  version int NOT NULL,
  content text NOT NULL,  -- JSON that a candidate may see: stem, options, media
  key text NOT NULL,      -- JSON: key, explanation; leaves the server only where a release or a practice answer says so
  digest text NOT NULL,   -- of all that makes it this version: an import of the same is no new one
  difficulty smallint NOT NULL CHECK (difficulty BETWEEN 1 AND 5),
  source text NOT NULL,       -- what the key rests on
  provenance text NOT NULL,   -- where the row came from
  created_by bigint REFERENCES person,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (question_id, version)
);

CREATE TABLE media (
  digest text PRIMARY KEY,  -- SHA-256 of the bytes, also its address: not to be guessed
  content_type text NOT NULL,
  bytes bytea NOT NULL
);

-- Each import or publication makes a release; nodes load the newest.
CREATE TABLE bank_release (
  release_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reason text NOT NULL,
  released_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER question_version_is_immutable BEFORE UPDATE OR DELETE ON question_version FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A question that was ever in practice never enters a secure paper.
CREATE FUNCTION refuse_secure_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.pool = 'practice' AND NEW.pool = 'secure' THEN
    RAISE EXCEPTION 'question % was in practice', OLD.code USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER question_pool_is_one_way BEFORE UPDATE ON question FOR EACH ROW EXECUTE FUNCTION refuse_secure_pool();
