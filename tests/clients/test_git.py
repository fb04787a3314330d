"""git send-email: the patch that arrives applies."""
from conftest import ACCOUNT, run


def git(env, place, *arguments):
    return run("git", "-C", place, *arguments,
               env=env).stdout.decode().strip()


def test_git_send_email(smarthost, env, tmp_path):
    for key, value in (("user.name", "Jörg Tester"),
                       ("user.email", "joe@example.org"),
                       ("init.defaultBranch", "main")):
        run("git", "config", "--global", key, value, env=env)
    there = tmp_path / "there"
    git(env, tmp_path, "init", "-q", there)
    (there / "file").write_text("one\n", encoding="utf-8")
    git(env, there, "add", "file")
    git(env, there, "commit", "-q", "-m", "first")
    git(env, tmp_path, "clone", "-q", there, "here")
    (there / "file").write_text("one\n.\n.zwei, grün\n" + "x" * 900 + "\n",
                                encoding="utf-8")
    git(env, there, "commit", "-q", "-a", "-m", "file: put in grün",
        "-m", "From now on it is there.")
    git(env, there, "format-patch", "-q", "-1", "-o", tmp_path)
    patch = next(tmp_path.glob("*.patch"))
    git(env, there, "send-email", "--quiet", "--confirm=never",
        "--to=ada@example.com", "--cc=ben@example.com",
        "--bcc=cem@example.com", "--suppress-cc=all", patch)

    mail = smarthost.wait_for("[PATCH] file: put in grün")
    mail.check(ACCOUNT, [f"{n}@example.com" for n in ("ada", "ben", "cem")])
    assert mail.address("Reply-To") == ("Jörg Tester", "joe@example.org")
    (tmp_path / "received").write_bytes(mail.data)
    git(env, tmp_path / "here", "am", "-q", tmp_path / "received")
    assert git(env, tmp_path / "here", "rev-parse", "HEAD^{tree}") == \
        git(env, there, "rev-parse", "HEAD^{tree}")
