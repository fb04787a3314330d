"""cron: what a job prints is mailed to the table's owner."""
from conftest import ACCOUNT


def test_cron_output_is_mailed(smarthost):
    subject = ("Cron <root@client1> "
               "echo 'grüße aus cron'; echo .; printf 'no end'")
    mail = smarthost.wait_for(subject, 90)
    mail.check(ACCOUNT, ["ada@example.com"])    # an alias of an alias
    assert mail.address("Reply-To")[1] == "root@client1.example.net"
    assert mail.body.decode() == "grüße aus cron\n.\nno end\n"


def test_cron_of_a_user(smarthost):
    """cron runs sendmail as the user, who may read the password as one of
    its group."""
    mail = smarthost.wait_for("Cron <joe@client1> id -un", 90)
    mail.check(ACCOUNT, ["ben@example.com"])
    assert mail.only("To") == "ben@example.com"
    assert mail.body == b"joe\n"


def test_cron_runs_the_queue(smarthost):
    """By the line that make install put into cron.d: it takes what a user left
    who cannot read the password."""
    mail = smarthost.wait_for("dropped for cron", 90)
    mail.check(ACCOUNT, ["dot@example.com"])
    assert mail.body == b"by games\n"
