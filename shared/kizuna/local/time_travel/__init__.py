"""Time travel: journeys and triggered campaigns played over stores in memory, months in milliseconds.

moments     when something happens or is expected, as a test says it      stories   who there is, and what they do
cases       the test format (`*.test.yaml`)                               reading   such files, read
world       the use cases of production over the stores in memory         playing   a story played in it
happening   what a story tells, as events                                 judging   what was expected, and what came
telling     what happened when, and why, in words
"""
