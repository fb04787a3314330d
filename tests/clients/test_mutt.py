"""mutt in batch mode, with an attachment."""
import base64

from conftest import ACCOUNT, run


def test_mutt(smarthost, env, tmp_path):
    blob = bytes(range(256)) * 40
    (tmp_path / "blob.bin").write_bytes(blob)
    run("mutt", "-n", "-e", "set from=joe@client1.example.net", "-e",
        "set use_from realname='Jörg'", "-s", "mutt: grüße", "-c",
        "ben@example.com", "-b", "cem@example.com", "-a",
        tmp_path / "blob.bin", "--", "ada@example.com",
        input="Text mit ü\n.\nEnde\n".encode(), env=env)
    mail = smarthost.wait_for("mutt: grüße")
    mail.check(ACCOUNT, [f"{n}@example.com" for n in ("ada", "ben", "cem")])
    assert mail.address("Reply-To") == ("Jörg", "joe@client1.example.net")
    text, attached = mail.mail.get_payload()
    charset = text.get_content_charset()    # the narrowest that will do
    assert text.get_payload(decode=True).decode(charset) == \
        "Text mit ü\n.\nEnde\n"
    assert base64.b64decode(attached.get_payload()) == blob
