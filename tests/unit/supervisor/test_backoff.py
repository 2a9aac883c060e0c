from cti_app.supervisor.backoff import Attempts, Backoff


def test_waits_double_up_to_the_longest() -> None:
    attempts = Attempts(Backoff(first_s=1, longest_s=5, tries=10), was_ready=True)
    assert [attempts.next_wait_s(ran_s=0) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_a_steady_run_wipes_the_slate_clean() -> None:
    attempts = Attempts(Backoff(first_s=1, steady_s=60, tries=3), was_ready=True)
    assert attempts.next_wait_s(ran_s=1) == 1
    assert attempts.next_wait_s(ran_s=59) == 2
    assert attempts.next_wait_s(ran_s=60) == 1


def test_what_never_was_ready_gets_fewer_tries() -> None:
    attempts = Attempts(Backoff(first_s=1, tries=8, tries_at_start=2))
    assert [attempts.next_wait_s(ran_s=100) for _ in range(2)] == [1, None]


def test_it_gives_up_after_the_last_try() -> None:
    attempts = Attempts(Backoff(first_s=1, tries=2), was_ready=True)
    assert [attempts.next_wait_s(ran_s=0) for _ in range(2)] == [1, None]
