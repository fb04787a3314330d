"""Where the mail of real programs goes, and what was received.

Run by tests/clients/run, which gives the tests a machine of their own; the
environment variable OUTPOST_CLIENTS says through which smarthost the mail
goes: "smarthost", the test smarthost as smtp.163.com, or "postfix".
"""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

WHICH = os.environ.get("OUTPOST_CLIENTS")
ACCOUNT = "tester@163.com"
PASSWORD = 'ab;c #d="1" \\x'     # hard for an INI file
LOCAL = "admin@example.com"      # where mail for local users goes
PEOPLE = [LOCAL] + [f"{name}@example.com" for name in
                    ("ada", "ben", "cem", "dot", "dörte")]
FOLDERS = {"": "0711", "queue": "0711", "failed": "0711", "own": "0711",
           "corrupt": "0700", "state": "0700", "drop": "3733"}
CRONTABS = {
    "root": "* * * * * echo 'grüße aus cron'; echo .; printf 'no end'\n",
    "joe": "MAILTO=ben@example.com\n* * * * * id -un\n",
}

if WHICH is None:
    collect_ignore_glob = ["test_*.py"]
elif WHICH != "postfix":
    collect_ignore = ["test_server.py"]


def pytest_collection_modifyitems(items):
    """cron's minute passes while the others run."""
    items.sort(key=lambda item: item.path.name == "test_cron.py")


def write(path, text, mode=0o644):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def run(*command, **options):
    """Runs a program to its end; any failure fails the test."""
    options.setdefault("timeout", 60)
    done = subprocess.run([str(c) for c in command], capture_output=True,
                          check=False, **options)
    assert done.returncode == 0, (command, done.returncode, done.stdout,
                                  done.stderr)
    return done


@pytest.fixture(scope="session")
def scratch():
    place = pathlib.Path(os.environ["OUTPOST_SCRATCH"]) / WHICH
    place.mkdir()
    place.chmod(0o755)
    return place


def make_spool(place="/var/spool/outpost"):
    """The user that kept mail belongs to, and its folders: by hand, as
    outpost(8) has it where there is no systemd."""
    if subprocess.run(["id", "outpost"], capture_output=True,
                      check=False).returncode != 0:
        run("useradd", "-r", "-d", "/var/spool/outpost", "-s",
            "/usr/sbin/nologin", "-G", "mailers", "outpost")
    for folder, mode in FOLDERS.items():
        run("install", "-d", "-o", "outpost", "-g", "outpost", "-m", mode,
            f"{place}/{folder}")


def as_user(name, *command):
    """The command, run as that user and nothing more."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups",
            *command]


@pytest.fixture(scope="session")
def machine(scratch):
    """Names and users of this machine."""
    write("/etc/hosts", "127.0.0.1 localhost smtp.163.com\n"
          "127.0.1.1 client1.example.net client1\n")
    write("/etc/mailname", "client1.example.net\n")
    write("/etc/aliases", "root: rooty\nrooty: ada@example.com\n")
    if subprocess.run(["id", "joe"], capture_output=True,
                      check=False).returncode != 0:
        run("groupadd", "mailers")
        run("useradd", "-c", "Jörg Tester", "-d", "/var/lib/joe", "-m",
            "-G", "mailers", "joe")
    make_spool()
    home = scratch / "home"
    home.mkdir()
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home),
            "LANG": "C.UTF-8", "USER": "root", "LOGNAME": "root"}


@pytest.fixture(scope="session")
def authority(scratch):
    from smarthost.certs import Authority
    return Authority(scratch / "certs")


@pytest.fixture(scope="session", autouse=True)
def smarthost(machine, scratch, authority):
    """The smarthost, with outpost configured for it."""
    write("/etc/outpost.ini", f"""[smarthost]
host = smtp.163.com
port = 465
tls = implicit
user = {ACCOUNT}
password_file = /etc/outpost.secret
ca_file = {authority.ca_file}

[recipients]
local = {LOCAL}
""")
    secret = write("/etc/outpost.secret", PASSWORD + "\n", 0o640)
    shutil.chown(secret, "root", "mailers")
    if WHICH == "postfix":
        from postfix import Postfix
        place = Postfix(scratch, authority, ACCOUNT, PASSWORD, PEOPLE)
    else:
        from imitation import Imitation
        place = Imitation(authority, ACCOUNT, PASSWORD)
    with place:
        yield place


@pytest.fixture(scope="session", autouse=True)
def crontab(machine, smarthost):
    """A real crond, with jobs that print; begun first, since it takes a
    minute."""
    for name in os.listdir("/etc/cron.d"):
        if name != "outpost":  # which make install put there
            os.unlink(f"/etc/cron.d/{name}")
    run(*as_user("games", "sendmail", "-i", "dot@example.com"), env=machine,
        input=b"Subject: dropped for cron\n\nby games\n")
    for user, table in CRONTABS.items():
        run("crontab", "-u", user, "-", input=table.encode())
    with subprocess.Popen(["cron", "-f", "-L", "15"], env=machine,
                          stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as crond:
        yield
        crond.terminate()


@pytest.fixture
def env(machine):
    """The environment a program is run in."""
    return dict(machine)
