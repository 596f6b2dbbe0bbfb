"""Predict first, then run: answers to a learner's guess, sentences and titled tables, all in Vietnamese.

Nothing here stops a notebook: no guess, or one that cannot be read, is answered with a friendly prompt.
"""

from surveykit.lesson.controls import sliders
from surveykit.lesson.guesses import predict_choice, predict_number
from surveykit.lesson.replies import Reply, reading, refused
from surveykit.lesson.tables import Titled, in_words, show, table

__all__ = [
    "Reply",
    "Titled",
    "in_words",
    "predict_choice",
    "predict_number",
    "reading",
    "refused",
    "show",
    "sliders",
    "table",
]
