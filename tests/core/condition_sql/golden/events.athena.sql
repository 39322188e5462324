WITH part_of AS (
  SELECT
    known.person,
    known.zone,
    held.part
  FROM (
    SELECT
      lake_people.person,
      MAX_BY(lake_people.zone, lake_people.version) AS zone,
      MAX_BY(lake_people.parts, lake_people.version) AS parts
    FROM lake_people
    GROUP BY
      lake_people.person
  ) AS known
  CROSS JOIN UNNEST(known.parts) AS held(part)
), seen AS (
  SELECT
    lake_events.person,
    lake_events.name,
    lake_events.happened,
    lake_events.mark,
    ROW_NUMBER() OVER (PARTITION BY lake_events.id ORDER BY lake_events.stored DESC) AS nth,
    CASE
      WHEN ABS(
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
        ).n
      ) <= CAST('1000000000000000.0' AS DOUBLE)
      THEN CASE
        WHEN ELEMENT_AT(
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
        ).n = FLOOR(
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
          ).n
        )
        THEN CAST(CAST(ELEMENT_AT(
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
        ).n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
        ELSE COALESCE(
          CAST(ELEMENT_AT(
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
          ).a AS DECIMAL(38, 0)),
          CAST(ROUND(
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
            ).n * CAST('1000000.0' AS DOUBLE)
          ) AS DECIMAL(38, 0))
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
      's' || ELEMENT_AT(
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
      ).s,
      'b' || CAST(ELEMENT_AT(
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
      ).b AS VARCHAR),
      'a' || CAST(CASE
        WHEN ABS(
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
          ).n
        ) <= CAST('1000000000000000.0' AS DOUBLE)
        THEN CASE
          WHEN ELEMENT_AT(
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
          ).n = FLOOR(
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
            ).n
          )
          THEN CAST(CAST(ELEMENT_AT(
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
          ).n AS BIGINT) AS DECIMAL(38, 0)) * CAST('1000000' AS DECIMAL(38, 0))
          ELSE COALESCE(
            CAST(ELEMENT_AT(
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
            ).a AS DECIMAL(38, 0)),
            CAST(ROUND(
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
              ).n * CAST('1000000.0' AS DOUBLE)
            ) AS DECIMAL(38, 0))
          )
        END
      END AS VARCHAR),
      'n' || CAST(ELEMENT_AT(
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
      ).n AS VARCHAR) || COALESCE(
        '+' || CAST(ELEMENT_AT(
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
        ).d AS VARCHAR),
        ''
      )
    ) AS e2
  FROM lake_events
  WHERE
    lake_events.type = 'track' AND lake_events.name IN ('Order', 'View')
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
      told.name = 'View') AS a4
  FROM told
  GROUP BY
    told.person
), answers AS (
  SELECT
    people.person,
    MAX_BY(
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
      ),
      people.version
    ) AS matched
  FROM lake_people AS people
  LEFT JOIN done
    ON done.person = people.person
  GROUP BY
    people.person
)
SELECT
  COUNT(*) AS people
FROM answers
WHERE
  answers.matched
