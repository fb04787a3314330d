"""The test smarthost as smtp.163.com, looked at through its record."""
from received import Received, decoded
from smarthost.profiles import make_profile
from smarthost.server import Smarthost


class Imitation:
    def __init__(self, authority, account, password):
        profile = make_profile("163", user=account, code=password)
        self.host = Smarthost(profile, "implicit", authority.certificate(),
                              port=465)

    def __enter__(self):
        self.host.__enter__()
        return self

    def __exit__(self, *what):
        self.host.__exit__(*what)
        assert not self.host.record.violations

    def wait_for(self, subject, seconds=30):
        """The one mail with this subject."""
        found = []

        def there(record):
            found[:] = [m for m in record.messages
                        if [decoded(s) for s in m.all("Subject")] ==
                        [subject]]
            return found
        assert self.host.wait(there, seconds), (
            f"no mail {subject!r}, only",
            [m.all("Subject") for m in self.host.record.messages])
        message = found[0]
        return Received(message.sender, message.recipients, message.data)
