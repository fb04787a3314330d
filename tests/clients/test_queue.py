"""The queue: users without the password, and what watches it."""
import subprocess

from conftest import ACCOUNT, as_user, run

PLUGIN = "/usr/lib/nagios/plugins/check_mailq"


def check_mailq(how, env):
    """What the monitoring plugin says with a limit of one mail."""
    return subprocess.run([PLUGIN, "-M", how, "-w", "0", "-c", "5"], env=env,
                          capture_output=True, text=True, timeout=60,
                          check=False)


def waiting(user, env):
    return run(*as_user(user, "mailq"), env=env).stdout.decode()


def test_a_user_without_the_password(smarthost, env):
    run(*as_user("games", "sendmail", "-i", "-t"), env=env,
        input=b"To: ben@example.com\nBcc: cem@example.com\n"
              b"Subject: queue: dropped\n\nby games\n")
    run(*as_user("outpost", "outpost", "queue", "run"), env=env)
    mail = smarthost.wait_for("queue: dropped")
    mail.check(ACCOUNT, ["ben@example.com", "cem@example.com"])
    assert mail.body == b"by games\n"


def test_who_watches_the_queue(smarthost, env):
    """check_mailq in both of its ways, and users with their own mail."""
    assert run("mailq", env=env).stdout == b"Mail queue is empty\n"
    for how in ("postfix", "sendmail"):
        done = check_mailq(how, env)
        assert done.returncode == 0 and "unsent=0" in done.stdout, done
    run("sendmail", "-odq", "-i", "ada@example.com", env=env,
        input=b"Subject: queue: watched\n\nof root\n")
    for how in ("postfix", "sendmail"):
        done = check_mailq(how, env)
        assert done.returncode == 1 and "unsent=1" in done.stdout, done
    assert "ada@example.com" in run("mailq", env=env).stdout.decode()
    assert waiting("games", env) == "Mail queue is empty\n"
    run("sendmail", "-q", env=env)
    smarthost.wait_for("queue: watched").check(ACCOUNT, ["ada@example.com"])
