-- A blueprint says how papers are drawn from an outline. Points are hundredths, so that scores are exact.
CREATE TABLE blueprint (
  blueprint_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES organisation,
  outline_id bigint NOT NULL REFERENCES outline,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  pool text NOT NULL CHECK (pool IN ('practice', 'secure')),
  pass_points int NOT NULL CHECK (pass_points > 0),
  created_by bigint NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL DEFAULT now(),
  creation_key text NOT NULL UNIQUE
);
CREATE TABLE blueprint_part (
  blueprint_id bigint NOT NULL REFERENCES blueprint,
  position int NOT NULL,
  type text NOT NULL,
  questions int NOT NULL CHECK (questions BETWEEN 1 AND 500),
  points int NOT NULL CHECK (points BETWEEN 1 AND 100000),  -- for each question
  PRIMARY KEY (blueprint_id, position),
  UNIQUE (blueprint_id, type)
);

CREATE TABLE sitting (
  sitting_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES organisation,
  blueprint_id bigint NOT NULL REFERENCES blueprint,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  opens_at timestamptz NOT NULL,
  closes_at timestamptz NOT NULL,
  duration interval NOT NULL CHECK (duration BETWEEN interval '1 second' AND interval '1 day'),
  released text NOT NULL DEFAULT 'nothing' CHECK (released IN ('nothing', 'score', 'answers', 'key')),
  released_at timestamptz,
  released_by bigint REFERENCES person,
  created_by bigint NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL DEFAULT now(),
  creation_key text NOT NULL UNIQUE,
  CHECK (closes_at > opens_at)
);
CREATE INDEX sitting_organisation ON sitting (organisation_id, sitting_id);

CREATE TABLE registration (
  sitting_id bigint NOT NULL REFERENCES sitting,
  person_id bigint NOT NULL REFERENCES person,
  registered_by bigint NOT NULL REFERENCES person,
  registered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sitting_id, person_id)
);
CREATE INDEX registration_person ON registration (person_id, sitting_id);

-- One person has one attempt at a sitting: the unique constraint says so, whatever the programs do.
CREATE TABLE attempt (
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sitting_id bigint NOT NULL REFERENCES sitting,
  person_id bigint NOT NULL REFERENCES person,
  seed bigint NOT NULL,
  release_id bigint NOT NULL,  -- the bank release the paper was drawn from
  started_at timestamptz NOT NULL,
  deadline_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  closed_at timestamptz,
  closed_by text CHECK (closed_by IN ('candidate', 'deadline')),
  UNIQUE (sitting_id, person_id),
  FOREIGN KEY (sitting_id, person_id) REFERENCES registration,
  CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX attempt_open ON attempt (deadline_at, attempt_id) WHERE state = 'open';
CREATE INDEX attempt_person ON attempt (person_id);

-- The paper as drawn: it is never computed again, so a result can be explained years later.
CREATE TABLE attempt_question (
  attempt_id bigint NOT NULL REFERENCES attempt,
  position smallint NOT NULL,
  question_version_id bigint NOT NULL REFERENCES question_version,
  option_order text NOT NULL,  -- letters of the version's options in the order shown: shown A is option_order[0]
  points int NOT NULL,
  PRIMARY KEY (attempt_id, position)
);

-- Every answer that was acknowledged. The newest sequence of a question is the answer; the rest is the trail.
CREATE TABLE answer_log (
  attempt_id bigint NOT NULL,
  position smallint NOT NULL,
  sequence bigint NOT NULL,
  answer text NOT NULL,  -- JSON in the letters the candidate saw; null takes an answer back
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (attempt_id, position, sequence)
);
CREATE TRIGGER answer_log_is_append_only BEFORE UPDATE OR DELETE ON answer_log FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What follows from the paper, the log and the keys; `guildhall exam rebuild` makes it again.
CREATE TABLE attempt_result (
  attempt_id bigint PRIMARY KEY REFERENCES attempt,
  points int NOT NULL,
  points_max int NOT NULL,
  pass_points int NOT NULL,
  passed boolean NOT NULL,
  computed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE attempt_mark (
  attempt_id bigint NOT NULL REFERENCES attempt,
  position smallint NOT NULL,
  sequence bigint,     -- of the answer that counted; none given: null
  answer text,         -- in the letters of the question version
  key text NOT NULL,   -- in the letters of the question version
  is_right boolean NOT NULL,
  points int NOT NULL,
  points_max int NOT NULL,
  rule text NOT NULL,  -- the scoring rule that was applied
  PRIMARY KEY (attempt_id, position)
);
