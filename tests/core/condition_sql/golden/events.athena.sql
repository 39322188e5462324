WITH known AS (
  SELECT
    people.person,
    MAX_BY(COALESCE(people.zone, ''), people.version) AS zone,
    MAX_BY(people.parts, people.version) AS parts
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
    CASE
      WHEN ABS(lake_events.x0.n) <= CAST('1000000000000000.0' AS DOUBLE)
      THEN CASE
        WHEN lake_events.x0.n = FLOOR(lake_events.x0.n)
        THEN CAST(CAST(lake_events.x0.n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
        ELSE COALESCE(
          CAST(lake_events.x0.a AS DECIMAL(38, 0)),
          CAST(ROUND(lake_events.x0.n * CAST('1000000.0' AS DOUBLE)) AS DECIMAL(38, 0))
        )
      END
    END AS e0,
    (
      COALESCE(
        CARDINALITY(
          FILTER(
            lake_events.cells,
            c -> (
              c.p = 'page'
            ) AND (
              c.q IS NULL
            ) AND (
              c.s = 'home'
            )
          )
        ),
        0
      ) > 0
    )
    AND (
      TRUE
    ) AS e1,
    COALESCE(
      's' || lake_events.x1.s,
      'b' || CAST(lake_events.x1.b AS VARCHAR),
      'a' || CAST(CASE
        WHEN ABS(lake_events.x1.n) <= CAST('1000000000000000.0' AS DOUBLE)
        THEN CASE
          WHEN lake_events.x1.n = FLOOR(lake_events.x1.n)
          THEN CAST(CAST(lake_events.x1.n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
          ELSE COALESCE(
            CAST(lake_events.x1.a AS DECIMAL(38, 0)),
            CAST(ROUND(lake_events.x1.n * CAST('1000000.0' AS DOUBLE)) AS DECIMAL(38, 0))
          )
        END
      END AS VARCHAR),
      'n' || CAST(lake_events.x1.n AS VARCHAR) || COALESCE('+' || CAST(lake_events.x1.d AS VARCHAR), '')
    ) AS e2,
    COALESCE(
      (
        CASE
          WHEN NOT (
            CASE
              WHEN ABS(lake_events.x1.n) <= CAST('1000000000000000.0' AS DOUBLE)
              THEN CASE
                WHEN lake_events.x1.n = FLOOR(lake_events.x1.n)
                THEN CAST(CAST(lake_events.x1.n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
                ELSE COALESCE(
                  CAST(lake_events.x1.a AS DECIMAL(38, 0)),
                  CAST(ROUND(lake_events.x1.n * CAST('1000000.0' AS DOUBLE)) AS DECIMAL(38, 0))
                )
              END
            END IS NULL
          )
          THEN COALESCE((
            FALSE
          ), FALSE)
          ELSE COALESCE(
            CARDINALITY(
              FILTER(
                lake_events.cells,
                c -> (
                  c.p = 'page'
                ) AND (
                  c.q IS NULL
                ) AND (
                  c.s = 'home'
                )
              )
            ),
            0
          ) > 0
        END
      ),
      FALSE
    ) AS e3,
    COALESCE(
      CARDINALITY(
        FILTER(
          lake_events.around,
          c -> (
            c.p = 'page.path'
          ) AND (
            c.q IS NULL
          ) AND (
            STARTS_WITH(c.s, '/cart')
          )
        )
      ),
      0
    ) > 0 AS e4,
    COALESCE(
      CARDINALITY(
        FILTER(
          lake_events.cells,
          c -> (
            c.p = 'until'
          )
          AND (
            c.q IS NULL
          )
          AND (
            (
              COALESCE(c.i, (
                c.y * CAST('86400000000' AS BIGINT)
              )) > lake_events.happened
            )
            AND (
              COALESCE(c.i, (
                c.y * CAST('86400000000' AS BIGINT)
              )) <= (
                CAST(DATE_DIFF(
                  'DAY',
                  CAST('1970-01-01' AS DATE),
                  CAST(DATE_ADD(
                    'MONTH',
                    CAST('1' AS BIGINT),
                    CAST(DATE_ADD(
                      'DAY',
                      CAST(CAST(CAST(TRUNCATE(
                        CAST((
                          lake_events.happened - (
                            (
                              (
                                (
                                  lake_events.happened
                                ) % CAST('86400000000' AS BIGINT)
                              ) + CAST('86400000000' AS BIGINT)
                            ) % CAST('86400000000' AS BIGINT)
                          )
                        ) AS DOUBLE) / CAST('86400000000' AS BIGINT)
                      ) AS BIGINT) AS BIGINT) AS INTEGER),
                      CAST('1970-01-01' AS DATE)
                    ) AS DATE)
                  ) AS DATE)
                ) AS BIGINT) * CAST('86400000000' AS BIGINT) + (
                  (
                    (
                      (
                        lake_events.happened
                      ) % CAST('86400000000' AS BIGINT)
                    ) + CAST('86400000000' AS BIGINT)
                  ) % CAST('86400000000' AS BIGINT)
                )
              )
            )
          )
        )
      ),
      0
    ) > 0 AS e5
  FROM (
    SELECT
      lake_events.person,
      lake_events.id,
      lake_events.name,
      lake_events.happened,
      lake_events.stored,
      lake_events.mark,
      lake_events.cells,
      lake_events.around,
      ELEMENT_AT(
        (
          FILTER(
            lake_events.cells,
            c -> (
              c.p = 'total'
            ) AND (
              c.e IS NULL
            ) AND (
              c.k IS NULL
            )
          )
        ),
        1
      ) AS x0,
      ELEMENT_AT(
        (
          FILTER(
            lake_events.cells,
            c -> (
              c.p = 'page'
            ) AND (
              c.e IS NULL
            ) AND (
              c.k IS NULL
            )
          )
        ),
        1
      ) AS x1
    FROM lake_events
    WHERE
      lake_events.type = 'track' AND lake_events.name IN ('Order', 'View')
  ) AS lake_events
), told AS (
  SELECT
    part_of.person,
    part_of.zone,
    seen.name,
    seen.happened,
    seen.mark,
    seen.e0,
    seen.e1,
    seen.e2,
    seen.e3,
    seen.e4,
    seen.e5,
    MAX(
      CASE
        WHEN seen.name = 'Order'
        THEN (
          seen.happened - (
            seen.happened % CAST('1000' AS BIGINT)
          )
        )
      END
    ) OVER (PARTITION BY part_of.person) AS l0
  FROM seen
  JOIN part_of
    ON part_of.part = seen.person
  WHERE
    seen.nth = 1
), q0_by_value AS (
  SELECT
    told.person,
    COUNT(*) AS n,
    BOOL_OR(told.e3) AS fits
  FROM told
  WHERE
    (
      told.name = 'View'
    ) AND (
      NOT (
        told.e2 IS NULL
      )
    )
  GROUP BY
    told.person,
    told.e2
), q0 AS (
  SELECT
    q0_by_value.person
  FROM q0_by_value
  GROUP BY
    q0_by_value.person
  HAVING
    (
      MAX(q0_by_value.n) >= CAST('1' AS BIGINT)
    )
    AND (
      COALESCE(MAX(q0_by_value.n) FILTER(WHERE
        q0_by_value.fits), 0) = MAX(q0_by_value.n)
    )
    AND (
      COUNT(*) <= CAST('400' AS BIGINT)
    )
), done AS (
  SELECT
    told.person,
    COUNT(*) FILTER(WHERE
      (
        told.name = 'Order'
      )
      AND (
        told.happened >= CAST('1792756800001000' AS BIGINT)
      )
      AND (
        told.happened < CAST('1795348800001000' AS BIGINT)
      )) AS a0,
    SUM(CAST(told.e0 AS DECIMAL(38, 0))) FILTER(WHERE
      told.name = 'Order') AS a1,
    MAX_BY(
      told.e1,
      CAST((
        (
          told.happened - (
            told.happened % CAST('1000' AS BIGINT)
          )
        ) + CAST('1000000000000000000' AS BIGINT)
      ) AS VARCHAR) || told.mark
    ) FILTER(WHERE
      (
        told.name = 'View'
      )
      AND (
        told.happened < CAST('1795348800001000' AS BIGINT)
      )) AS a2,
    COUNT(*) FILTER(WHERE
      (
        told.name = 'View'
      )
      AND (
        COALESCE(
          (
            (
              (
                told.happened - (
                  told.happened % CAST('1000' AS BIGINT)
                )
              ) > (
                told.l0
              )
            )
            AND (
              told.happened >= CAST('1760788800001000' AS BIGINT)
            )
          ),
          FALSE
        )
      )
      AND (
        told.happened < CAST('1795348800001000' AS BIGINT)
      )) AS a3,
    COUNT(DISTINCT told.e2) FILTER(WHERE
      told.name = 'View') AS a4,
    COUNT(*) FILTER(WHERE
      (
        told.name = 'View'
      ) AND (
        told.e4
      )) AS a5,
    COUNT(*) FILTER(WHERE
      (
        told.name = 'View'
      ) AND (
        told.e5
      )) AS a6
  FROM told
  GROUP BY
    told.person
)
SELECT
  COUNT(*) AS people
FROM known
LEFT JOIN done
  ON done.person = known.person
LEFT JOIN q0
  ON q0.person = known.person
WHERE
  (
    CAST(COALESCE(done.a0, CAST('0' AS BIGINT)) AS DOUBLE) >= CAST('3.0' AS DOUBLE)
  )
  OR (
    (
      COALESCE(done.a1, CAST('0' AS DECIMAL(38, 0))) >= CAST('1000000' AS DECIMAL(38, 0))
    )
    AND (
      NOT (
        COALESCE(done.a1, CAST('0' AS DECIMAL(38, 0))) >= CAST('99500001' AS DECIMAL(38, 0))
      )
    )
  )
  OR (
    COALESCE(done.a2, FALSE)
  )
  OR (
    COALESCE(done.a3, CAST('0' AS BIGINT)) >= CAST('1' AS BIGINT)
  )
  OR (
    CAST(COALESCE(done.a4, CAST('0' AS BIGINT)) AS DOUBLE) >= CAST('2.0' AS DOUBLE)
  )
  OR (
    NOT q0.person IS NULL
  )
  OR (
    COALESCE(done.a5, CAST('0' AS BIGINT)) >= CAST('1' AS BIGINT)
  )
  OR (
    COALESCE(done.a6, CAST('0' AS BIGINT)) >= CAST('1' AS BIGINT)
  )
