"""PHP's mail() with Debian's default sendmail_path."""
from conftest import ACCOUNT, run

BODY = "Zeile eins: grüße\n.\n.zwei\n\nFrom here on\nend\n"
CODE = r"""
exit(mail("ada@example.com", $argv[1], $argv[2], implode("\r\n", [
    "From: Shop <shop@example.org>", "Cc: ben@example.com",
    "Bcc: cem@example.com", "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8"]), $argv[3]) ? 0 : 1);
"""


def send(env, subject, options):
    run("php", "-r", CODE, "--", subject, BODY, options, env=env)


def check(mail):
    mail.check(ACCOUNT, [f"{n}@example.com" for n in ("ada", "ben", "cem")])
    assert mail.address("Reply-To") == ("Shop", "shop@example.org")
    assert mail.only("To") == "ada@example.com"
    assert mail.only("Cc") == "ben@example.com"
    assert mail.body.decode().rstrip("\n") == BODY.rstrip("\n")


def test_php_mail(smarthost, env):
    send(env, "php ohne Absender", "")
    check(smarthost.wait_for("php ohne Absender"))


def test_php_mail_with_sender(smarthost, env):
    send(env, "php mit Absender", "-fshop@example.org")
    check(smarthost.wait_for("php mit Absender"))


def test_php_mail_with_bare_environment(smarthost):
    """As PHP-FPM does it: no PATH, no LANG, no HOME."""
    run("/usr/bin/php", "-r", CODE, "--", "php allein", BODY, "", env={})
    check(smarthost.wait_for("php allein"))
