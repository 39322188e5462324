WITH known AS (
  SELECT
    people.person,
    ARG_MAX(
      (
        COALESCE(
          ARRAY_LENGTH(
            LIST_FILTER(
              people.cells,
              LAMBDA c : (
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
          ARRAY_LENGTH(
            LIST_FILTER(
              people.cells,
              LAMBDA c : (
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
          ARRAY_LENGTH(
            LIST_FILTER(
              people.cells,
              LAMBDA c : (
                c.p = 'code'
              )
              AND (
                c.q IS NULL
              )
              AND (
                REGEXP_MATCHES(c.s, '(?s)\A(?:[A-Z]{2}[0-9]+)\z')
              )
            )
          ),
          0
        ) > 0
      )
      AND (
        (
          COALESCE(
            ARRAY_LENGTH(
              LIST_FILTER(
                people.cells,
                LAMBDA o : (
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
                        ARRAY_LENGTH(
                          LIST_FILTER(
                            people.cells,
                            LAMBDA c : (
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
              ARRAY_LENGTH(
                LIST_FILTER(
                  people.cells,
                  LAMBDA c : (
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
              ARRAY_LENGTH(
                LIST_FILTER(
                  people.cells,
                  LAMBDA c : (
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
            ARRAY_LENGTH(
              LIST_FILTER(
                people.cells,
                LAMBDA c : (
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
