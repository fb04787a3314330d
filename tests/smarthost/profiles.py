"""How particular submission servers answer.  `Profile` is a plain, strict
one with switches; each provider overrides what it says otherwise."""

from smarthost.netease import NetEase
from smarthost.profile import Profile
from smarthost.tencent import Aliyun, Tencent

PROFILES = {"plain": Profile, "163": NetEase, "qq": Tencent, "aliyun": Aliyun}


def make_profile(name, **switches):
    """The profile called `name`; unknown switches are errors."""
    return PROFILES[name](**switches)
