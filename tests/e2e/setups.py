"""Runs `outpost setup`, with providers whose smarthost is a scripted one."""

from runner import CODE, USER
from terminals import Terminal

PROVIDERS = """
[163 wrong code]
stage = AUTH
match = 535 Error: authentication failed
en = That is not the authorisation code.
zh = 这不是授权码。

[provider 163]
title = NetEase 163
domains = 163.com
host = {hosts}
ca_file = {ca_file}
code_en = an authorisation code, not the login password: in the web mail, \
under Settings > POP3/SMTP/IMAP, switch on the SMTP service and add a code.
code_zh = 授权码，不是登录密码：在网页邮箱 设置 > POP3/SMTP/IMAP 中开启 SMTP \
服务，并新增授权码；授权码只显示一次，请妥善保存。

[provider outlook]
title = Outlook.com
domains = outlook.com
host = {hosts}
auth = xoauth2

[provider ses]
host_en = that of your region.
user_en = SMTP user name
host_zh = 请填写所在区域的服务器。
"""

class Setup:
    """Runs `outpost setup` for a smarthost."""

    def __init__(self, outpost, port):
        self.outpost = outpost
        self.config = outpost.config_file
        self.secret = self.config.with_suffix(".secret")
        self.providers = outpost.directory / "providers.ini"
        self.code_file = outpost.directory / "code"
        self.point_to(port)
        self.give(CODE)

    def point_to(self, *ports):
        """The smarthosts of all providers are there."""
        self.providers.write_text(PROVIDERS.format(
            hosts=" ".join(f"localhost:{port}" for port in ports),
            ca_file=self.outpost.ca_file))
        self.providers.chmod(0o644)

    def give(self, code):
        self.code_file.write_text(code + "\n")

    def environment(self, changes=None):
        return self.outpost.environment({
            "OUTPOST_PROVIDERS": str(self.providers),
            "HOME": str(self.outpost.directory),
            "XDG_STATE_HOME": str(self.outpost.directory / "state"),
            "TERM": "xterm", **(changes or {})})

    def terminal(self, *args, env=None):
        return Terminal(self.outpost.command(["setup", *args], "outpost"),
                        self.environment(env))

    def batch(self, *args, env=None, **options):
        return self.outpost(["setup", *map(str, args)], program="outpost",
                            env=self.environment(env), **options)

    @property
    def options(self):
        """All that must be known."""
        return ["--address", USER, "--password-file", str(self.code_file),
                "--yes"]

    def by_options(self, *more):
        return self.batch(*self.options, *more)

    def nothing_was_written(self):
        return not self.config.exists() and not self.secret.exists()
