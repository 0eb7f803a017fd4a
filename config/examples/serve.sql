-- The table that `vigie serve` can log to (serve.log.table), as most scoring services have it, and the table of features by
-- applicant. Columns of the log that are not there are kept in `outputs`; ts, status_code, inputs and outputs must be there.

CREATE TABLE prod_requests (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ts            timestamptz NOT NULL DEFAULT now(),
    endpoint      text,
    status_code   integer NOT NULL,
    latency_ms    double precision,
    sk_id_curr    text,
    inputs        jsonb,
    outputs       jsonb,
    error         text,
    message       text,
    request_id    text,
    model_version text,
    model_sha256  text,
    instance      text,
    seq           bigint,
    dropped       bigint,
    features_age_s double precision
);
CREATE INDEX ON prod_requests (ts);

CREATE TABLE features_store (
    sk_id_curr bigint PRIMARY KEY,
    data       jsonb NOT NULL
);

-- The API reads features and adds records; the daemon reads records.
-- GRANT SELECT ON features_store TO vigie_serve;
-- GRANT INSERT, SELECT ON prod_requests TO vigie_serve;
-- GRANT SELECT ON prod_requests, features_store TO vigie;
