WITH known AS (
  SELECT
    people.person,
    ARG_MAX(COALESCE(people.zone, ''), people.version) AS zone,
    ARG_MAX(people.parts, people.version) AS parts
  FROM lake_people AS people
  GROUP BY
    people.person
), part_of AS (
  SELECT
    known.person,
    known.zone,
    held.part
  FROM known
  CROSS JOIN UNNEST(known.parts) AS held(part)
), seen AS (
  SELECT
    lake_events.person,
    lake_events.name,
    lake_events.happened,
    lake_events.mark,
    ROW_NUMBER() OVER (PARTITION BY lake_events.id ORDER BY lake_events.stored DESC) AS nth,
    COALESCE(
      's' || lake_events.x0.s,
      'b' || CAST(lake_events.x0.b AS TEXT),
      'a' || CAST(CASE
        WHEN ABS(lake_events.x0.n) <= CAST('1000000000000000.0' AS DOUBLE)
        THEN CASE
          WHEN lake_events.x0.n = FLOOR(lake_events.x0.n)
          THEN CAST(CAST(lake_events.x0.n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
          ELSE COALESCE(
            CAST(lake_events.x0.a AS DECIMAL(38, 0)),
            CAST(ROUND(lake_events.x0.n * CAST('1000000.0' AS DOUBLE)) AS DECIMAL(38, 0))
          )
        END
      END AS TEXT),
      'n' || CAST(lake_events.x0.n AS TEXT) || COALESCE('+' || CAST(lake_events.x0.d AS TEXT), '')
    ) AS e0,
    COALESCE(
      's' || SUBSTRING(lake_events.x0.s, 1, 200) || CASE WHEN LENGTH(lake_events.x0.s) > 200 THEN '…' || lake_events.x0.h ELSE '' END,
      COALESCE(
        's' || lake_events.x0.s,
        'b' || CAST(lake_events.x0.b AS TEXT),
        'a' || CAST(CASE
          WHEN ABS(lake_events.x0.n) <= CAST('1000000000000000.0' AS DOUBLE)
          THEN CASE
            WHEN lake_events.x0.n = FLOOR(lake_events.x0.n)
            THEN CAST(CAST(lake_events.x0.n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
            ELSE COALESCE(
              CAST(lake_events.x0.a AS DECIMAL(38, 0)),
              CAST(ROUND(lake_events.x0.n * CAST('1000000.0' AS DOUBLE)) AS DECIMAL(38, 0))
            )
          END
        END AS TEXT),
        'n' || CAST(lake_events.x0.n AS TEXT) || COALESCE('+' || CAST(lake_events.x0.d AS TEXT), '')
      )
    ) AS e1
  FROM (
    SELECT
      lake_events.person,
      lake_events.id,
      lake_events.name,
      lake_events.happened,
      lake_events.stored,
      lake_events.mark,
      (
        LIST_FILTER(
          lake_events.cells,
          LAMBDA c : (
            c.p = 'cart'
          ) AND (
            c.e IS NULL
          ) AND (
            c.k IS NULL
          )
        )
      )[1] AS x0
    FROM lake_events
    WHERE
      lake_events.type = 'track'
      AND lake_events.name IN ('View', 'Order', 'Refund', 'Cart')
  ) AS lake_events
), told AS (
  SELECT
    part_of.person,
    part_of.zone,
    seen.name,
    seen.happened,
    seen.mark,
    seen.e0,
    seen.e1
  FROM seen
  JOIN part_of
    ON part_of.part = seen.person
  WHERE
    seen.nth = 1
), q0_rows AS (
  SELECT
    told.person,
    (
      told.happened - (
        told.happened % CAST('1000' AS BIGINT)
      )
    ) AS t,
    ROW_NUMBER() OVER (
      PARTITION BY told.person
      ORDER BY (
        told.happened - (
          told.happened % CAST('1000' AS BIGINT)
        )
      ), CASE
        WHEN told.name = 'View'
        THEN 0
        WHEN told.name = 'Order'
        THEN 1
        WHEN told.name = 'Refund'
        THEN 2
        ELSE 3
      END, (
        CASE WHEN told.name = 'View' THEN 1 ELSE 0 END + CASE WHEN told.name = 'Order' THEN 2 ELSE 0 END + CASE WHEN told.name = 'Refund' THEN 4 ELSE 0 END
      )
    ) AS nr,
    (
      told.happened >= CAST('1760788800001000' AS BIGINT)
    )
    AND (
      told.happened < CAST('1795348800001000' AS BIGINT)
    ) AS inside,
    told.name = 'View' AS s0,
    told.name = 'Order' AS s1,
    told.name = 'Refund' AS s2
  FROM told
  WHERE
    (
      (
        told.name = 'View'
      )
      OR (
        told.name = 'Order'
      )
      OR (
        told.name = 'Refund'
      )
    )
    AND (
      (
        told.happened - (
          told.happened % CAST('1000' AS BIGINT)
        )
      ) <= CAST('1795348800000000' AS BIGINT)
    )
), q0_0 AS (
  SELECT
    q0_rows.person,
    q0_rows.t,
    q0_rows.nr,
    q0_rows.inside,
    q0_rows.s0,
    q0_rows.s1,
    q0_rows.s2,
    CAST(q0_rows.t AS DECIMAL(38, 0)) * CAST('1000000000' AS DECIMAL(38, 0)) + CAST(q0_rows.nr AS DECIMAL(38, 0)) AS n
  FROM q0_rows
), q0_f AS (
  SELECT
    q0_0.person,
    q0_0.t,
    q0_0.nr,
    q0_0.inside,
    q0_0.s0,
    q0_0.s1,
    q0_0.s2,
    q0_0.n,
    MIN(CASE WHEN q0_0.s2 THEN q0_0.n END) OVER (
      PARTITION BY q0_0.person
      ORDER BY q0_0.n
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS f2
  FROM q0_0
), q0_1 AS (
  SELECT
    q0_f.person,
    q0_f.t,
    q0_f.nr,
    q0_f.inside,
    q0_f.s0,
    q0_f.s1,
    q0_f.s2,
    q0_f.n,
    q0_f.f2,
    MAX(
      CASE
        WHEN (
          q0_f.s0
        ) AND (
          q0_f.inside
        )
        THEN (
          CAST((
            q0_f.t + CAST('3600000000' AS BIGINT)
          ) AS DECIMAL(38, 0)) * CAST('1000000000' AS DECIMAL(38, 0)) + CAST('999999999' AS DECIMAL(38, 0))
        )
      END
    ) OVER (
      PARTITION BY q0_f.person
      ORDER BY q0_f.n
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS r1
  FROM q0_f
), q0 AS (
  SELECT DISTINCT
    q0_1.person
  FROM q0_1
  WHERE
    (
      q0_1.s1
    )
    AND (
      q0_1.inside
    )
    AND (
      q0_1.r1 >= q0_1.n
    )
    AND (
      (
        q0_1.t + CAST('172800000000' AS BIGINT)
      ) <= CAST('1795348800000000' AS BIGINT)
    )
    AND (
      (
        q0_1.f2 IS NULL
      )
      OR (
        q0_1.f2 > (
          CAST((
            q0_1.t + CAST('172800000000' AS BIGINT)
          ) AS DECIMAL(38, 0)) * CAST('1000000000' AS DECIMAL(38, 0)) + CAST('999999999' AS DECIMAL(38, 0))
        )
      )
    )
), q1_rows AS (
  SELECT
    told.person,
    (
      told.happened - (
        told.happened % CAST('1000' AS BIGINT)
      )
    ) AS t,
    ROW_NUMBER() OVER (
      PARTITION BY told.person
      ORDER BY (
        told.happened - (
          told.happened % CAST('1000' AS BIGINT)
        )
      ), CASE WHEN told.name = 'Cart' THEN 0 WHEN told.name = 'Order' THEN 1 ELSE 2 END, (
        CASE WHEN told.name = 'Cart' THEN 1 ELSE 0 END + CASE WHEN told.name = 'Order' THEN 2 ELSE 0 END
      ), COALESCE(told.e1, '')
    ) AS nr,
    (
      told.happened >= CAST('1792756800001000' AS BIGINT)
    )
    AND (
      told.happened < CAST('1795348800001000' AS BIGINT)
    ) AS inside,
    told.name = 'Cart' AS s0,
    told.name = 'Order' AS s1,
    told.e0 AS v0
  FROM told
  WHERE
    (
      (
        told.name = 'Cart'
      ) OR (
        told.name = 'Order'
      )
    )
    AND (
      (
        told.happened - (
          told.happened % CAST('1000' AS BIGINT)
        )
      ) <= CAST('1795348800000000' AS BIGINT)
    )
), q1_0 AS (
  SELECT
    q1_rows.person,
    q1_rows.t,
    q1_rows.nr,
    q1_rows.inside,
    q1_rows.s0,
    q1_rows.s1,
    q1_rows.v0,
    CAST(q1_rows.t AS DECIMAL(38, 0)) * CAST('1000000000' AS DECIMAL(38, 0)) + CAST(q1_rows.nr AS DECIMAL(38, 0)) AS n
  FROM q1_rows
), q1_s0 AS (
  SELECT
    q1_0.person,
    q1_0.t,
    q1_0.nr,
    q1_0.n,
    q1_0.v0 AS b0
  FROM q1_0
  WHERE
    (
      q1_0.s0
    ) AND (
      q1_0.inside
    )
), q1_s0_1_m AS (
  SELECT
    pair.person,
    pair.n,
    pair.side,
    pair.t,
    pair.nr,
    pair.b0,
    MIN(CASE WHEN pair.side = CAST('0' AS BIGINT) THEN pair.n END) OVER (
      PARTITION BY pair.person, pair.k0
      ORDER BY pair.n, pair.side
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS met
  FROM (
    SELECT
      q1_s0.person,
      q1_s0.n,
      CAST('1' AS BIGINT) AS side,
      q1_s0.b0 AS k0,
      q1_s0.t AS t,
      q1_s0.nr AS nr,
      q1_s0.b0 AS b0
    FROM q1_s0
    UNION ALL
    SELECT
      q1_0.person,
      q1_0.n,
      CAST('0' AS BIGINT) AS side,
      q1_0.v0 AS k0,
      q1_0.t AS t,
      q1_0.nr AS nr,
      CAST(NULL AS TEXT) AS b0
    FROM q1_0
    WHERE
      (
        q1_0.s1
      ) AND (
        NOT (
          q1_0.v0 IS NULL
        )
      )
  ) AS pair
), q1_s0_1 AS (
  SELECT
    q1_s0_1_m.person,
    q1_s0_1_m.t,
    q1_s0_1_m.nr,
    q1_s0_1_m.n,
    q1_s0_1_m.b0,
    q1_s0_1_m.met AS f1
  FROM q1_s0_1_m
  WHERE
    q1_s0_1_m.side = CAST('1' AS BIGINT)
), q1_s0_1_u AS (
  SELECT
    q1_s0_1.person,
    q1_s0_1.t,
    q1_s0_1.nr,
    q1_s0_1.n,
    q1_s0_1.b0,
    q1_s0_1.f1
  FROM q1_s0_1
  WHERE
    (
      (
        q1_s0_1.t + CAST('3600000000' AS BIGINT)
      ) <= CAST('1795348800000000' AS BIGINT)
    )
    AND (
      (
        q1_s0_1.f1 IS NULL
      )
      OR (
        q1_s0_1.f1 > (
          CAST((
            q1_s0_1.t + CAST('3600000000' AS BIGINT)
          ) AS DECIMAL(38, 0)) * CAST('1000000000' AS DECIMAL(38, 0)) + CAST('999999999' AS DECIMAL(38, 0))
        )
      )
    )
), q1 AS (
  SELECT DISTINCT
    q1_s0_1_u.person
  FROM q1_s0_1_u
)
SELECT
  COUNT(*) AS people
FROM known
LEFT JOIN q0
  ON q0.person = known.person
LEFT JOIN q1
  ON q1.person = known.person
WHERE
  (
    NOT q0.person IS NULL
  ) OR (
    NOT q1.person IS NULL
  )
