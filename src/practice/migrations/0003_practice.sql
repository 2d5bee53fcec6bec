-- Stages along an outline: one for each deepest range that has practice questions, in the outline's order; made when
-- the outline's stages are first asked for. Name and order are the range's.
CREATE TABLE stage (
  stage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outline_id bigint NOT NULL REFERENCES outline,
  range_id bigint NOT NULL UNIQUE REFERENCES outline_range,
  questions int NOT NULL CHECK (questions BETWEEN 1 AND 50),  -- fewer where the range has fewer
  threshold_percent int NOT NULL CHECK (threshold_percent BETWEEN 1 AND 100)
);
CREATE INDEX stage_outline ON stage (outline_id);

-- The questions of a run are fixed when it starts; an answer is judged on the version that is published when it is given.
CREATE TABLE stage_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  stage_id bigint NOT NULL REFERENCES stage,
  creation_key text NOT NULL UNIQUE,  -- who asked and their Idempotency-Key: the same request again finds the same row
  question_ids bigint[] NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- Counted with each answer, so that exactly one of several answers at once is the last.
  answered int NOT NULL DEFAULT 0 CHECK (answered <= cardinality(question_ids)),
  right_count int NOT NULL DEFAULT 0,
  completed_at timestamptz,
  stars int CHECK (stars BETWEEN 0 AND 3),
  points_earned int
) WITH (fillfactor = 80);  -- room for the counts on the same page
CREATE INDEX stage_run_person ON stage_run (person_id, stage_id);

-- The first answer to a question of a run counts; it is never changed.
CREATE TABLE practice_answer (
  run_id bigint NOT NULL REFERENCES stage_run,
  position int NOT NULL,
  person_id bigint NOT NULL,
  question_id bigint NOT NULL,
  question_version_id bigint NOT NULL,
  shown_order text NOT NULL,  -- the stored letters of the options in the order in which they were shown
  answer text NOT NULL,       -- in stored letters
  is_right boolean NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, position)
);
CREATE TRIGGER practice_answer_is_append_only BEFORE UPDATE OR DELETE ON practice_answer FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE stage_progress (
  person_id bigint NOT NULL REFERENCES person,
  stage_id bigint NOT NULL REFERENCES stage,
  stars int NOT NULL,         -- the best so far
  right_count int NOT NULL,   -- of the best run
  runs int NOT NULL,          -- completed ones
  passed_at timestamptz,      -- when the threshold was first reached
  PRIMARY KEY (person_id, stage_id)
);

-- The wrong-question book: in at the first wrong answer, out after three right ones in a row.
CREATE TABLE wrong_question (
  person_id bigint NOT NULL REFERENCES person,
  question_id bigint NOT NULL REFERENCES question,
  wrong_count int NOT NULL,
  right_in_a_row int NOT NULL DEFAULT 0,
  last_answer text NOT NULL,  -- the last wrong one, in stored letters
  last_version_id bigint NOT NULL,  -- of the question, to which it was given
  last_wrong_at timestamptz NOT NULL,
  cleared_at timestamptz,
  PRIMARY KEY (person_id, question_id)
);
