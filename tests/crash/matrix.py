"""Runs a way once for each of many mishaps."""

from concurrent.futures import ThreadPoolExecutor

from calls import relevant

WORKERS = 4


def points(workshop, way, wanted):
    """The calls to be killed at, or to fail, of a run that goes well."""
    o, wrong = way.run(workshop)
    assert wrong == [], o
    return list(relevant(o.calls, o.place, wanted))


def every(workshop, way, cases):
    """Runs the way for each (call, what); asserts that nothing is wrong."""
    def one(case):
        call, what = case
        o, wrong = way.run(workshop, call, what)
        return [f"{what} at {call}: {text} (exit {o.status} {o.err!r})"
                for text in wrong]

    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for found in pool.map(one, cases) for text in found]
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong)
