import contextlib
import os
import signal

import pytest

from cxkit.batch.interrupt import check, interruptible


def test_an_interruption_that_a_library_swallows_is_raised_again_at_the_next_stage() -> None:
    with interruptible():
        check()
        with contextlib.suppress(KeyboardInterrupt):  # as a library does that catches everything
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()
    with interruptible():
        check()


def test_the_handler_of_before_is_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
