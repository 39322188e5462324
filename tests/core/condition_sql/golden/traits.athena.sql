WITH known AS (
  SELECT
    people.person,
    MAX_BY(
      (
        COALESCE(
          CARDINALITY(
            FILTER(
              people.cells,
              c -> (
                c.p = 'plan'
              )
              AND (
                c.q IS NULL
              )
              AND (
                (
                  c.s IN ('pro')
                ) OR (
                  c.n = CAST('5.0' AS DOUBLE)
                ) OR (
                  c.b = TRUE
                )
              )
            )
          ),
          0
        ) > 0
      )
      AND (
        COALESCE(
          CARDINALITY(
            FILTER(
              people.cells,
              c -> (
                c.p = 'name'
              )
              AND (
                c.q IS NULL
              )
              AND (
                COALESCE(c.f, c.s) LIKE 'a%_' ESCAPE '\'
              )
            )
          ),
          0
        ) > 0
      )
      AND (
        COALESCE(
          CARDINALITY(
            FILTER(
              people.cells,
              c -> (
                c.p = 'code'
              )
              AND (
                c.q IS NULL
              )
              AND (
                REGEXP_LIKE(c.s, '(?s)\A(?:[A-Z]{2}[0-9]+)\z')
              )
            )
          ),
          0
        ) > 0
      )
      AND (
        (
          COALESCE(
            CARDINALITY(
              FILTER(
                people.cells,
                o -> (
                  o.p = 'cart'
                )
                AND (
                  o.q IS NULL
                )
                AND (
                  (
                    o.k = 'o'
                  )
                  AND (
                    (
                      NOT (
                        o.e IS NULL
                      )
                    )
                    AND (
                      COALESCE(
                        CARDINALITY(
                          FILTER(
                            people.cells,
                            c -> (
                              c.p = 'cart'
                            )
                            AND (
                              c.e = o.e
                            )
                            AND (
                              c.q = 'price'
                            )
                            AND (
                              c.n >= CAST('10.5' AS DOUBLE)
                            )
                          )
                        ),
                        0
                      ) > 0
                    )
                  )
                )
              )
            ),
            0
          ) > 0
        )
        OR (
          (
            COALESCE(
              CARDINALITY(
                FILTER(
                  people.cells,
                  c -> (
                    c.p = 'cart'
                  )
                  AND (
                    c.q IS NULL
                  )
                  AND (
                    c.e IS NULL
                  )
                  AND (
                    (
                      c.k = 'o'
                    ) AND (
                      c.m IS NULL
                    )
                  )
                )
              ),
              0
            ) > 0
          )
          AND (
            COALESCE(
              CARDINALITY(
                FILTER(
                  people.cells,
                  c -> (
                    c.p = 'cart.price'
                  )
                  AND (
                    c.q IS NULL
                  )
                  AND (
                    c.n >= CAST('10.5' AS DOUBLE)
                  )
                )
              ),
              0
            ) > 0
          )
        )
      )
      AND (
        NOT (
          COALESCE(
            CARDINALITY(
              FILTER(
                people.cells,
                c -> (
                  c.p = 'seen'
                )
                AND (
                  c.q IS NULL
                )
                AND (
                  (
                    (
                      c.i >= CAST('1794744000000001' AS BIGINT)
                    )
                    AND (
                      c.i < CAST('1795348800000001' AS BIGINT)
                    )
                  )
                  OR (
                    (
                      c.y >= CAST('20773' AS BIGINT)
                    ) AND (
                      c.y < CAST('20780' AS BIGINT)
                    )
                  )
                )
              )
            ),
            0
          ) > 0
        )
      ),
      people.version
    ) AS p0
  FROM lake_people AS people
  GROUP BY
    people.person
)
SELECT
  COUNT(*) AS people
FROM known
WHERE
  known.p0
