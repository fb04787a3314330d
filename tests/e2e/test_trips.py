"""Round trips: what the client sends without waiting for an answer is one
flight.  A QUIT is sent and not waited for, with the message or after it."""

import pytest

MAIL = "Subject: s\n\nbody\n"
LOGIN = [["EHLO"], ["AUTH"], ["response"], ["response"]]
PLAIN = [["EHLO"], ["AUTH"]]
APART = [["MAIL"], ["RCPT"], ["RCPT"], ["DATA"], ["body"]]


def together(recipients=2):
    return [["MAIL"] + ["RCPT"] * recipients + ["DATA"], ["body"]]


def trips(outpost, smarthost, auth="auto", tls="implicit", args=("a@x",
          "b@x"), **options):
    """The steps of each round trip of one mail."""
    # the smarthost waits a little before each answer: whatever the client
    # sends without one has come by then
    host = smarthost(settle=0.25, tls=tls, **options)
    outpost(list(args), MAIL, host=host,
            config={"smarthost": {"auth": auth, "tls": tls},
                    "sender": {"rewrite": "always"}}).ok()
    assert host.connection.quit
    steps = host.connection.steps
    if steps[-1][-1] == "QUIT":
        steps[-1] = steps[-1][:-1]
    return steps


def test_plain_with_pipelining(outpost, smarthost):
    assert trips(outpost, smarthost) == PLAIN + together()


def test_login_with_pipelining(outpost, smarthost):
    assert trips(outpost, smarthost, "login") == LOGIN + together()


@pytest.mark.parametrize("auth, begin", [("auto", PLAIN), ("login", LOGIN)])
def test_without_pipelining(outpost, smarthost, auth, begin):
    assert trips(outpost, smarthost, auth,
                 pipelining=False) == begin + APART


@pytest.mark.parametrize("year, rest", [
    ("2018", together()), ("2022", together()), ("2026", APART)])
def test_163(outpost, smarthost, year, rest):
    assert trips(outpost, smarthost, profile="163",
                 year=year) == PLAIN + rest


def test_starttls(outpost, smarthost):
    assert trips(outpost, smarthost, tls="starttls") == [
        ["EHLO"], ["STARTTLS"]] + PLAIN + together()


def test_many_recipients_are_one_flight(outpost, smarthost):
    args = [f"user{number}@dest.example" for number in range(50)]
    assert trips(outpost, smarthost,
                 args=args) == PLAIN + together(50)


def test_no_login(outpost, smarthost):
    host = smarthost(settle=0.25, auth="")
    outpost(["a@x"], MAIL, host=host,
            config={"smarthost": {"auth": "off"}}).ok()
    assert [steps for steps in host.connection.steps][:2] == [
        ["EHLO"], ["MAIL", "RCPT", "DATA"]]
