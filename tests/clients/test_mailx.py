"""bsd-mailx, as scripts call it."""
from conftest import ACCOUNT, run


def test_mailx(smarthost, env):
    text = "Platte ist voll: 99 %\n.forward\nFrom cron\nend\n"
    run("bsd-mailx", "-s", "mailx: Platte läuft über", "-c",
        "ben@example.com", "-b", "cem@example.com", "ada@example.com",
        input=text.encode(), env=env)
    mail = smarthost.wait_for("mailx: Platte läuft über")
    mail.check(ACCOUNT, [f"{n}@example.com" for n in ("ada", "ben", "cem")])
    assert mail.only("To") == "ada@example.com"
    assert mail.only("Cc") == "ben@example.com"
    assert mail.body.decode() == text


def test_mailx_to_a_local_user(smarthost, env):
    """A user without an alias: to [recipients] local."""
    run("bsd-mailx", "-s", "mailx: for joe", "joe", input=b"hello\n",
        env=env)
    smarthost.wait_for("mailx: for joe").check(ACCOUNT,
                                               ["admin@example.com"])
