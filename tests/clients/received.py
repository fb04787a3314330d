"""A mail as it was received, whoever received it."""
import email
import email.header
import email.policy
import email.utils


class Received:
    """sender and recipients are the envelope's; data is the mail, with LF
    line ends."""

    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = sorted(recipients)
        self.data = data.replace(b"\r\n", b"\n")
        self.mail = email.message_from_bytes(self.data,
                                             policy=email.policy.compat32)

    @property
    def body(self):
        return self.data.partition(b"\n\n")[2]

    def all(self, name):
        """The values of a field, decoded."""
        return [decoded(v) for v in self.mail.get_all(name, [])]

    def only(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]

    def address(self, name):
        """(display name, address) of the only mailbox in a field."""
        found = email.utils.getaddresses([self.only(name)])
        assert len(found) == 1, found
        return found[0]

    def check(self, account, recipients):
        """What holds for every mail, from whatever program."""
        assert self.sender == account
        assert self.recipients == sorted(recipients)
        assert self.address("From")[1] == account
        assert not self.all("Bcc")
        assert b"bcc:" not in self.data.partition(b"\n\n")[0].lower()
        assert email.utils.parsedate_to_datetime(self.only("Date"))
        assert self.only("Message-ID").startswith("<")


def decoded(value):
    """Encoded words and raw UTF-8 alike as text, unfolded."""
    parts = email.header.decode_header(str(value)
                                       if isinstance(value, str) else value)
    text = "".join(p if isinstance(p, str) else
                   p.decode(c if c and c != "unknown-8bit" else "utf-8")
                   for p, c in parts)
    return text.replace("\n", "")
