WITH known AS (
  SELECT
    people.person,
    ARG_MAX(
      (
        COALESCE(
          ARRAY_LENGTH(
            LIST_FILTER(
              people.words,
              LAMBDA c : (
                c.c = CASE
                  WHEN COALESCE((
                    ARRAY_CONTAINS(people.named, 'channel:email')
                  ), FALSE)
                  THEN 'email'
                  ELSE '-'
                END
              )
              AND (
                c.t = CASE
                  WHEN COALESCE((
                    ARRAY_CONTAINS(people.named, 'topic:news')
                  ), FALSE)
                  THEN 'news'
                  ELSE '-'
                END
              )
              AND (
                c.o = CASE
                  WHEN COALESCE((
                    ARRAY_CONTAINS(people.named, 'purpose:marketing')
                  ), FALSE)
                  THEN 'marketing'
                  ELSE '-'
                END
              )
              AND (
                c.s = 'granted'
              )
              AND (
                COALESCE(c.i <= CAST('1795348800000000' AS BIGINT), TRUE)
              )
              AND (
                COALESCE(c.u > CAST('1795348800000000' AS BIGINT), TRUE)
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
              people.words,
              LAMBDA c : (
                c.c = 'email'
              )
              AND (
                c.o = ''
              )
              AND (
                c.s = 'yes'
              )
              AND (
                COALESCE(c.i <= CAST('1795348800000000' AS BIGINT), TRUE)
              )
              AND (
                COALESCE(c.u > CAST('1795348800000000' AS BIGINT), TRUE)
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
              people.homes,
              LAMBDA c : (
                c.p = 'point'
              )
              AND (
                CAST('12742017.6' AS DOUBLE) * ASIN(
                  CASE
                    WHEN SQRT(
                      (
                        SIN(RADIANS(CAST('35.0' AS DOUBLE) - c.g) / CAST('2.0' AS DOUBLE)) * SIN(RADIANS(CAST('35.0' AS DOUBLE) - c.g) / CAST('2.0' AS DOUBLE))
                      ) + COS(RADIANS(c.g)) * CAST('0.8191520442889918' AS DOUBLE) * (
                        SIN(RADIANS(CAST('135.75' AS DOUBLE) - c.w) / CAST('2.0' AS DOUBLE)) * SIN(RADIANS(CAST('135.75' AS DOUBLE) - c.w) / CAST('2.0' AS DOUBLE))
                      )
                    ) > CAST('1.0' AS DOUBLE)
                    THEN CAST('1.0' AS DOUBLE)
                    ELSE SQRT(
                      (
                        SIN(RADIANS(CAST('35.0' AS DOUBLE) - c.g) / CAST('2.0' AS DOUBLE)) * SIN(RADIANS(CAST('35.0' AS DOUBLE) - c.g) / CAST('2.0' AS DOUBLE))
                      ) + COS(RADIANS(c.g)) * CAST('0.8191520442889918' AS DOUBLE) * (
                        SIN(RADIANS(CAST('135.75' AS DOUBLE) - c.w) / CAST('2.0' AS DOUBLE)) * SIN(RADIANS(CAST('135.75' AS DOUBLE) - c.w) / CAST('2.0' AS DOUBLE))
                      )
                    )
                  END
                ) <= CAST('5000.0' AS DOUBLE)
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
                c.p = 'shipped'
              )
              AND (
                c.q IS NULL
              )
              AND (
                (
                  NOT (
                    (
                      c.e IS NULL
                    ) AND (
                      COALESCE((
                        c.k = 'l'
                      ), FALSE)
                    )
                  )
                )
                AND (
                  COALESCE(
                    ARRAY_LENGTH(
                      LIST_FILTER(
                        people.cells,
                        LAMBDA w : (
                          w.p = 'ordered'
                        )
                        AND (
                          w.q IS NULL
                        )
                        AND (
                          (
                            NOT (
                              (
                                w.e IS NULL
                              ) AND (
                                COALESCE((
                                  w.k = 'l'
                                ), FALSE)
                              )
                            )
                          )
                          AND (
                            COALESCE(
                              c.y,
                              c.j,
                              CAST((
                                c.i - (
                                  (
                                    (
                                      (
                                        c.i
                                      ) % CAST('86400000000' AS BIGINT)
                                    ) + CAST('86400000000' AS BIGINT)
                                  ) % CAST('86400000000' AS BIGINT)
                                )
                              ) // CAST('86400000000' AS BIGINT) AS BIGINT)
                            ) = COALESCE(
                              w.y,
                              w.j,
                              CAST((
                                w.i - (
                                  (
                                    (
                                      (
                                        w.i
                                      ) % CAST('86400000000' AS BIGINT)
                                    ) + CAST('86400000000' AS BIGINT)
                                  ) % CAST('86400000000' AS BIGINT)
                                )
                              ) // CAST('86400000000' AS BIGINT) AS BIGINT)
                            )
                          )
                        )
                      )
                    ),
                    0
                  ) > 0
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
                c.p = 'born'
              )
              AND (
                c.q IS NULL
              )
              AND (
                (
                  MONTH(
                    CAST(CAST('1970-01-01' AS DATE) + INTERVAL (
                      CAST(COALESCE(
                        c.y,
                        CAST((
                          (
                            c.i + CAST([
                              33539000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000
                            ] AS BIGINT[])[CAST(ARRAY_LENGTH(
                              LIST_FILTER(
                                CAST([
                                  -2587712400000000,
                                  -683802000000000,
                                  -672310800000000,
                                  -654771600000000,
                                  -640861200000000,
                                  -620298000000000,
                                  -609411600000000,
                                  -588848400000000,
                                  -577962000000000
                                ] AS BIGINT[]),
                                LAMBDA step : c.i >= step
                              )
                            ) AS BIGINT) + 1]
                          ) - (
                            (
                              (
                                (
                                  (
                                    c.i + CAST([
                                      33539000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000
                                    ] AS BIGINT[])[CAST(ARRAY_LENGTH(
                                      LIST_FILTER(
                                        CAST([
                                          -2587712400000000,
                                          -683802000000000,
                                          -672310800000000,
                                          -654771600000000,
                                          -640861200000000,
                                          -620298000000000,
                                          -609411600000000,
                                          -588848400000000,
                                          -577962000000000
                                        ] AS BIGINT[]),
                                        LAMBDA step : c.i >= step
                                      )
                                    ) AS BIGINT) + 1]
                                  )
                                ) % CAST('86400000000' AS BIGINT)
                              ) + CAST('86400000000' AS BIGINT)
                            ) % CAST('86400000000' AS BIGINT)
                          )
                        ) // CAST('86400000000' AS BIGINT) AS BIGINT)
                      ) AS INT)
                    ) DAY AS DATE)
                  ) * 100 + DAY(
                    CAST(CAST('1970-01-01' AS DATE) + INTERVAL (
                      CAST(COALESCE(
                        c.y,
                        CAST((
                          (
                            c.i + CAST([
                              33539000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000,
                              36000000000,
                              32400000000
                            ] AS BIGINT[])[CAST(ARRAY_LENGTH(
                              LIST_FILTER(
                                CAST([
                                  -2587712400000000,
                                  -683802000000000,
                                  -672310800000000,
                                  -654771600000000,
                                  -640861200000000,
                                  -620298000000000,
                                  -609411600000000,
                                  -588848400000000,
                                  -577962000000000
                                ] AS BIGINT[]),
                                LAMBDA step : c.i >= step
                              )
                            ) AS BIGINT) + 1]
                          ) - (
                            (
                              (
                                (
                                  (
                                    c.i + CAST([
                                      33539000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000,
                                      36000000000,
                                      32400000000
                                    ] AS BIGINT[])[CAST(ARRAY_LENGTH(
                                      LIST_FILTER(
                                        CAST([
                                          -2587712400000000,
                                          -683802000000000,
                                          -672310800000000,
                                          -654771600000000,
                                          -640861200000000,
                                          -620298000000000,
                                          -609411600000000,
                                          -588848400000000,
                                          -577962000000000
                                        ] AS BIGINT[]),
                                        LAMBDA step : c.i >= step
                                      )
                                    ) AS BIGINT) + 1]
                                  )
                                ) % CAST('86400000000' AS BIGINT)
                              ) + CAST('86400000000' AS BIGINT)
                            ) % CAST('86400000000' AS BIGINT)
                          )
                        ) // CAST('86400000000' AS BIGINT) AS BIGINT)
                      ) AS INT)
                    ) DAY AS DATE)
                  )
                ) IN (1122)
              )
            )
          ),
          0
        ) > 0
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
