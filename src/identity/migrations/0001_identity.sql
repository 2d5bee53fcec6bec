-- Organisations form a tree; `path` holds the ids from the root down ("/1/4/9/"), so that "at this node or below it"
-- is a prefix test.
CREATE TABLE organisation (
  organisation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parent_id bigint REFERENCES organisation,
  kind text NOT NULL CHECK (kind IN ('province', 'city', 'county', 'enterprise', 'team', 'centre')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  path text NOT NULL,
  creation_key text UNIQUE,  -- who asked and their Idempotency-Key: the same request again finds the same row
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((parent_id IS NULL) = (kind = 'province'))
);
CREATE UNIQUE INDEX organisation_path ON organisation (path text_pattern_ops);
CREATE UNIQUE INDEX organisation_name ON organisation (coalesce(parent_id, 0), name);

CREATE TABLE person (
  person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES organisation,
  account text NOT NULL UNIQUE CHECK (account ~ '^[a-z0-9][a-z0-9._-]{2,31}$'),
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 50),
  password_hash text NOT NULL,  -- argon2id in the PHC string format
  creation_key text UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);
CREATE INDEX person_organisation ON person (organisation_id, person_id);

CREATE TABLE role_grant (
  person_id bigint NOT NULL REFERENCES person,
  role text NOT NULL CHECK (role IN ('worker', 'trainer', 'reviewer', 'examiner', 'proctor', 'centre_manager', 'administrator', 'auditor')),
  organisation_id bigint NOT NULL REFERENCES organisation,
  granted_by bigint REFERENCES person,
  granted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, role, organisation_id)
);
