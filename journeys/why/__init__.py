"""Why: for one person and one journey, every decision with its reason and the values seen, and why they are not inside.

What happened is read from the ledger; what decided is read again from the history, by the same compiled tests that
decided. Properties of the profile are as they are now: nobody keeps what they were. Everything is read by the person's
own indexes, and the last MOST_STEPS moves are told.
"""

from journeys.why.account import Account, Answer, why
from journeys.why.words import Because, Line

__all__ = ["Account", "Answer", "Because", "Line", "why"]
