"""The outbox: every message from intent to outcome.

What must never happen: a message that nobody sends, or one that goes out more often than a crash can explain.

- Whoever queues does so in the transaction that moves the person, so there is no message without a move and no move
  without a message.
- `dispatch` claims rows under lock, two dispatchers at once never the same ones. What goes to a recording transport
  (the sandbox) is finished in that very transaction: content, status and outcome event appear together or not at all,
  so exactly once.
- What goes outside cannot be undone, so it is marked `sending` under a lease first and committed; then it is sent; then
  it is settled in a second transaction, rows still under our lease only. A dispatcher that dies in between leaves a
  lease that runs out, and its messages are sent again by another: at least once, and at most the batch that was in
  flight.
- A message has one provider at a time. The next one of a group, or the SMS instead of RCS, has its turn after the one
  before said that it did not take the message; that is noted where the batch ends before (decision 41).
- A transport stops beginning messages well before the lease ends, so that nobody takes over what is still being sent.
"""

from channels.outbox.delivery import dispatch
from channels.outbox.queue import QUEUE_COLUMNS, cancel, next_due, queue, queue_late, withdraw

__all__ = ["QUEUE_COLUMNS", "cancel", "dispatch", "next_due", "queue", "queue_late", "withdraw"]
