-- Stages along an outline: one for each deepest range, in the outline's order, made when the outline is first needed.
CREATE TABLE stage (
  stage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outline_id bigint NOT NULL REFERENCES outline,
  range_id bigint NOT NULL REFERENCES outline_range,
  position int NOT NULL,
  name text NOT NULL,
  questions int NOT NULL CHECK (questions BETWEEN 1 AND 50),
  threshold_percent int NOT NULL CHECK (threshold_percent BETWEEN 1 AND 100),
  UNIQUE (outline_id, position)
);

CREATE TABLE stage_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  stage_id bigint NOT NULL REFERENCES stage,
  creation_key text NOT NULL UNIQUE,
  seed bigint NOT NULL,
  question_version_ids bigint[] NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz,
  right_count int,
  stars int CHECK (stars BETWEEN 0 AND 3)
);
CREATE INDEX stage_run_person ON stage_run (person_id, stage_id);

-- The first answer to a question of a run counts; it is never changed.
CREATE TABLE practice_answer (
  run_id bigint NOT NULL REFERENCES stage_run,
  position int NOT NULL,
  person_id bigint NOT NULL,
  question_id bigint NOT NULL,
  question_version_id bigint NOT NULL,
  answer text NOT NULL,
  is_right boolean NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, position)
);

CREATE TABLE stage_progress (
  person_id bigint NOT NULL REFERENCES person,
  stage_id bigint NOT NULL REFERENCES stage,
  stars int NOT NULL,         -- the best so far
  right_count int NOT NULL,   -- of the best run
  runs int NOT NULL,
  passed_at timestamptz,      -- when the threshold was first reached
  PRIMARY KEY (person_id, stage_id)
);

-- The wrong-question book: in at the first wrong answer, out after three right ones in a row.
CREATE TABLE wrong_question (
  person_id bigint NOT NULL REFERENCES person,
  question_id bigint NOT NULL REFERENCES question,
  wrong_count int NOT NULL,
  right_in_a_row int NOT NULL DEFAULT 0,
  last_answer text NOT NULL,
  last_wrong_at timestamptz NOT NULL,
  cleared_at timestamptz,
  PRIMARY KEY (person_id, question_id)
);
