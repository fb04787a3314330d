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
        return o.killed or o.injected is not None, \
            [f"{what} at {call}: {text} (exit {o.status} {o.err!r})"
             for text in wrong]

    with ThreadPoolExecutor(WORKERS) as pool:
        hits, wrong = zip(*pool.map(one, cases))
    wrong = [text for found in wrong for text in found]
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong)
    # a socket may be read in fewer pieces than in the first run
    assert sum(hits) >= 0.8 * len(hits)
