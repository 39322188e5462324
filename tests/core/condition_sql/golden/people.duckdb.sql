WITH known AS (
  SELECT
    people.person,
    ARG_MAX(
      (
        CASE
          WHEN COALESCE((
            ARRAY_CONTAINS(people.segments, 'vip')
          ), FALSE)
          THEN 1
          ELSE 0
        END + CASE
          WHEN COALESCE((
            ARRAY_CONTAINS(people.channels, 'email')
          ), FALSE)
          THEN 1
          ELSE 0
        END + CASE
          WHEN SUBSTRING(SHA256('winter' || CHR(0) || people.bucket), 1, 16) < '1fffffffffffff80'
          THEN 1
          ELSE 0
        END + CASE
          WHEN COALESCE(
            ARRAY_LENGTH(
              LIST_FILTER(
                people.moves,
                LAMBDA c : (
                  c.p = 'vip'
                )
                AND (
                  NOT c.i IS NULL
                )
                AND (
                  c.i > CAST('1794744000000' AS BIGINT)
                )
                AND (
                  c.i <= CAST('1795348800000' AS BIGINT)
                )
              )
            ),
            0
          ) > 0
          THEN 1
          ELSE 0
        END
      ) >= CAST('2' AS BIGINT),
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
