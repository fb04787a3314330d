"""The programs that bench/run compares: how each is set up and called.

A peer is a class with a name, the program it needs, the Debian package that
holds it, and:
    setup(ctx)     writes its configuration, in a private /etc
    command(ctx)   the command that takes a mail on standard input; the
                   recipients are appended (after `flag`, where one is set)
    start(ctx), stop(ctx)   for those that deliver by a daemon
and, where it can keep mail for later:
    keep(ctx)      the command that keeps one; recipients as above
    hold(ctx), release(ctx)   what keeps kept mail from being sent, and ends it
    drain(ctx, way)   the command that sends all of it, and what is added to
                   the environment; `ways` names what may differ
    empty(ctx)     throws away what is kept
    drained        how many mails to measure that with
ctx has host, port (TLS from the start), starttls_port, user, password,
sender, bundle (a file of trusted certificates), dir (scratch), outpost
(our binary), and quick.
"""
import os
import pathlib
import shutil
import subprocess
import time


def write(path, text, mode=0o644):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def quiet(*command):
    subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Peer:
    name = program = package = ""
    flag = None
    daemon = False
    env = {}
    note = ""
    ways = ()
    spool = ""
    drained = 1000

    def most(self, ctx):
        return self.drained // 5 if ctx.quick else self.drained

    def keep(self, ctx):
        return self.command(ctx)

    def hold(self, ctx):
        pass

    def release(self, ctx):
        pass

    def drain(self, ctx, way):
        raise NotImplementedError

    def empty(self, ctx):
        for found in pathlib.Path(self.spool).rglob("*"):
            if found.is_file() and not found.is_symlink():
                found.unlink()

    def setup(self, ctx):
        pass

    def command(self, ctx):
        raise NotImplementedError

    def start(self, ctx):
        pass

    def stop(self, ctx):
        pass


class Floor(Peer):
    name = "floor"
    note = "bench/floor.c, the least a client can do; not a mail program"

    ways = ("without a limit", "ten a connection")
    spool = "/var/spool/floor"

    def setup(self, ctx):
        os.makedirs(self.spool, exist_ok=True)

    def command(self, ctx):
        return [ctx.floor, "-a", "/etc/ssl/certs", ctx.host, str(ctx.port),
                ctx.user, ctx.password, ctx.sender]

    def keep(self, ctx):
        return [ctx.spoolfloor, self.spool]

    def drain(self, ctx, way):
        most = "10" if way == "ten a connection" else "100000"
        return [ctx.floor, "-q", self.spool, "-m", most,
                *self.command(ctx)[1:], "r1@example.com"], {}


class Outpost(Peer):
    name = "outpost"

    ways = ("without a limit", "ten a connection")
    spool = "/var/spool/outpost"

    def configure(self, ctx, name, port=None, most=10, retry="1m"):
        """Writes a configuration; the environment that names it."""
        path = write(ctx.dir / f"{name}.ini", f"""[smarthost]
host = {ctx.host}
port = {port or ctx.port}
user = {ctx.user}
password = {ctx.password}
messages_per_connection = {most}
[sender]
address = {ctx.sender}
[queue]
directory = {self.spool}
retry = {retry}
""", 0o640)
        shutil.chown(path, "root", "outpost")
        return {"OUTPOST_CONFIG": path}

    def setup(self, ctx):
        quiet("useradd", "-r", "-M", "-s", "/usr/sbin/nologin", "outpost")
        os.makedirs(self.spool, 0o711)
        shutil.chown(self.spool, "outpost", "outpost")
        self.env = self.configure(ctx, "outpost")

    def command(self, ctx):
        return [ctx.outpost, "-i", "-f", ctx.sender, "--"]

    def keep(self, ctx):
        return [ctx.outpost, "-odq", "-i", "-f", ctx.sender, "--"]

    def drain(self, ctx, way):
        most = 10 if way == "ten a connection" else 100000
        return [ctx.outpost, "-q"], self.configure(ctx, "drain", most=most)


class Msmtp(Peer):
    name = package = "msmtp"
    program = "/usr/bin/msmtp"

    def setup(self, ctx):
        self.conf = write(ctx.dir / "msmtprc", f"""account default
host {ctx.host}
port {ctx.port}
tls on
tls_starttls off
tls_trust_file {ctx.bundle}
auth on
user {ctx.user}
password {ctx.password}
""", 0o600)

    def command(self, ctx):
        return [self.program, "-C", self.conf, "-f", ctx.sender, "--"]


class Esmtp(Peer):
    name = package = "esmtp"
    program = "/usr/bin/esmtp"
    note = "by STARTTLS, which is all it has: two round trips more"

    def setup(self, ctx):
        self.conf = write(ctx.dir / "esmtprc",
                          f"hostname={ctx.host}:{ctx.starttls_port}\n"
                          f"username={ctx.user}\npassword={ctx.password}\n"
                          "starttls=required\n", 0o600)

    def command(self, ctx):
        return [self.program, "-C", self.conf, "-f", ctx.sender]


class Ssmtp(Peer):
    name = package = "ssmtp"
    program = "/usr/sbin/ssmtp"
    note = "does not verify the certificate"

    def setup(self, ctx):
        self.conf = write(ctx.dir / "ssmtp.conf", f"""mailhub={ctx.host}:{ctx.port}
FromLineOverride=YES
UseTLS=YES
AuthUser={ctx.user}
AuthPass={ctx.password}
""")

    def command(self, ctx):
        return [self.program, "-C" + self.conf, "-f" + ctx.sender]


class Dma(Peer):
    name = package = "dma"
    program = "/usr/sbin/dma"
    note = ("spools, then delivers in the foreground (-D); does not verify "
            "the certificate; a connection and a process for each mail")
    ways = ("as installed",)
    spool = "/var/spool/dma"
    drained = 200

    def setup(self, ctx):
        write("/etc/dma/dma.conf", f"""SMARTHOST {ctx.host}
PORT {ctx.port}
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
MAILNAME bench.test
""")
        write("/etc/dma/auth.conf", f"{ctx.user}|{ctx.host}:{ctx.password}\n",
              0o640)
        os.makedirs("/var/spool/dma", exist_ok=True)
        quiet("chown", "-R", "mail:mail", "/etc/dma", "/var/spool/dma")
        os.chmod("/var/spool/dma", 0o2775)

    def command(self, ctx):
        return [self.program, "-D", "-i", "-f", ctx.sender]

    def keep(self, ctx):
        return [self.program, "-i", "-f", ctx.sender]

    def hold(self, ctx):
        with open("/etc/dma/dma.conf", "a", encoding="utf-8") as conf:
            conf.write("DEFER\n")

    def release(self, ctx):
        self.setup(ctx)

    def drain(self, ctx, way):
        return [self.program, "-q"], {}


class Nullmailer(Peer):
    name = package = "nullmailer"
    program = "/usr/bin/nullmailer-inject"
    daemon = True
    note = ("daemon: instructions and CPU are those of nullmailer-inject "
            "alone; a connection and a process for each mail")
    ways = ("as installed",)
    spool = "/var/spool/nullmailer"
    drained = 100

    def setup(self, ctx):
        spool = pathlib.Path("/var/spool/nullmailer")
        for name in ("queue", "tmp", "failed"):
            (spool / name).mkdir(parents=True, exist_ok=True)
        if not (spool / "trigger").exists():
            os.mkfifo(spool / "trigger")
        write("/etc/nullmailer/remotes",
              f"{ctx.host} smtp --port={ctx.port} --ssl --user={ctx.user} "
              f"--pass={ctx.password} --x509cafile={ctx.bundle}\n")
        write("/etc/nullmailer/me", "bench.test\n")
        quiet("chown", "-R", "mail", str(spool), "/etc/nullmailer")

    def command(self, ctx):
        return [self.program, "-f", ctx.sender]

    def start(self, ctx):
        self.process = subprocess.Popen(
            ["/usr/sbin/nullmailer-send"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)

    def stop(self, ctx):
        self.process.terminate()
        self.process.wait()

    def hold(self, ctx):
        self.stop(ctx)

    def release(self, ctx):
        """It begins with all that is there."""

    def drain(self, ctx, way):
        self.process = subprocess.Popen(
            ["/usr/sbin/nullmailer-send"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return ["/bin/true"], {}


class Postfix(Peer):
    name = package = "postfix"
    program = "/usr/lib/postfix/sbin/master"
    daemon = True
    note = "daemon: instructions and CPU are those of its sendmail alone"
    ways = ("as installed",)
    spool = "/var/spool/postfix"

    def setup(self, ctx):
        for group, gid in (("postfix", 5025), ("postdrop", 5026)):
            quiet("groupadd", "-g", str(gid), group)
        quiet("useradd", "-u", "5025", "-g", "postfix", "-d", "/nonexistent",
              "-s", "/usr/sbin/nologin", "postfix")
        os.makedirs("/var/spool/postfix", exist_ok=True)
        os.makedirs("/var/lib/postfix", exist_ok=True)
        quiet("chown", "postfix", "/var/lib/postfix")
        for tool in ("postdrop", "postqueue"):
            quiet("chgrp", "postdrop", "/usr/sbin/" + tool)
            os.chmod("/usr/sbin/" + tool, 0o2755)
        write("/etc/postfix/dynamicmaps.cf", "")
        write("/etc/postfix/passwords",
              f"[{ctx.host}]:{ctx.port} {ctx.user}:{ctx.password}\n", 0o600)
        write("/etc/postfix/main.cf", f"""compatibility_level = 3.6
myhostname = bench.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
relayhost = [{ctx.host}]:{ctx.port}
smtp_host_lookup = native
smtp_tls_wrappermode = yes
smtp_tls_security_level = secure
smtp_tls_CAfile = {ctx.bundle}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/passwords
smtp_sasl_security_options = noanonymous
message_size_limit = 104857600
mailbox_size_limit = 0
alias_maps =
local_transport = error:none
maillog_file = /var/log/postfix.log
""")
        self.write_services()
        quiet("/usr/sbin/postfix", "set-permissions")

    @staticmethod
    def write_services():
        """master.cf: what the package brings, but for listeners, and
        without chroot."""
        rows = ["postlog unix-dgram n - n - 1 postlogd"]
        with open("/usr/share/postfix/master.cf.dist",
                  encoding="utf-8") as dist:
            for row in dist:
                words = row.split()
                if row[0] in "# \t\n" or words[1] == "inet" or \
                        words[7] in ("pipe", "postlogd"):
                    continue
                words[4] = "n"
                rows.append(" ".join(words))
        write("/etc/postfix/master.cf", "\n".join(rows) + "\n")

    def command(self, ctx):
        return ["/usr/sbin/sendmail", "-i", "-f", ctx.sender]

    def start(self, ctx):
        quiet("/usr/sbin/postfix", "start")
        time.sleep(1)

    def stop(self, ctx):
        quiet("/usr/sbin/postfix", "stop")

    @staticmethod
    def defer(transports):
        quiet("/usr/sbin/postconf", "-e", "defer_transports = " + transports)
        quiet("/usr/sbin/postfix", "reload")
        time.sleep(1)

    def hold(self, ctx):
        self.defer("smtp")

    def release(self, ctx):
        new = [pathlib.Path(self.spool, name)
               for name in ("maildrop", "incoming", "active")]
        while any(f.is_file() for folder in new for f in folder.rglob("*")):
            time.sleep(0.1)
        self.defer("")

    def drain(self, ctx, way):
        return ["/usr/sbin/sendmail", "-q"], {}

    def empty(self, ctx):
        quiet("/usr/sbin/postsuper", "-d", "ALL")


class Curl(Peer):
    name = package = "curl"
    program = "/usr/bin/curl"
    flag = "--mail-rcpt"
    note = "not a sendmail; for reference"

    def command(self, ctx):
        return [self.program, "-sS", "--crlf", "-T", "-", "--mail-from",
                ctx.sender, "--user", f"{ctx.user}:{ctx.password}",
                "--cacert", ctx.bundle,
                "--url", f"smtps://{ctx.host}:{ctx.port}/bench.test"]


PEERS = (Floor, Outpost, Msmtp, Esmtp, Ssmtp, Dma, Nullmailer, Postfix, Curl)
