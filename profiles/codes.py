"""Why an uploaded record is refused: a code that never changes (domain 11.1) and a sentence."""

from enum import IntEnum


class Code(IntEnum):
    """512 also stands for what is too long or of the wrong kind and has no code of its own; 522 for every limit on
    numbers.
    """

    EVENT_NAME_MISSING = 509
    BAD_STRUCTURE = 512
    RESERVED_EVENT = 513
    BAD_GENDER = 514
    BAD_EMAIL = 515
    BAD_PHONE = 516
    BAD_EMPLOYMENT = 517
    BAD_EDUCATION = 518
    BAD_MARITAL_STATUS = 519
    BAD_AGE = 520
    TOO_MANY = 522
    IDENTITY_MISSING = 523
    UNKNOWN_TYPE = 524
    BAD_TIMESTAMP = 525
    BAD_OBJECT_ID = 526
    DISCARDED_EVENT = 528
    TOKEN_DATA_MISSING = 530
    TOKEN_ID_MISSING = 531
    BAD_TOKEN_ID = 532
    TOKEN_TYPE_MISSING = 533
    BAD_TOKEN_TYPE = 534
    BAD_TOKEN_KEYS = 535
    OTHER = 555


class Refused(Exception):
    """One record cannot be accepted; the others of its batch can."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
