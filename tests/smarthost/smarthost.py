#!/usr/bin/python3
"""The test smarthost as a program.

Prints "ready PORT" when it listens, and runs until it is told to end
(SIGTERM, SIGINT) or until its standard input closes, where --until-eof is
given.  Without --cert it makes an authority and a certificate of its own in
--certs DIR; clients then trust DIR/ca/ca.pem."""

import argparse
import json
import os
import signal
import sys
import threading

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from smarthost.certs import Authority, Certificate  # noqa: E402
from smarthost.profiles import PROFILES, make_profile  # noqa: E402
from smarthost.server import Smarthost  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(
        description="A smarthost for tests, on loopback.")
    parser.add_argument("--profile", choices=PROFILES, default="163")
    parser.add_argument("--year", choices=["2018", "2022", "2026"],
                        help="of profile 163")
    parser.add_argument("--switch", action="append", default=[],
                        metavar="NAME=VALUE", help="of the profile")
    parser.add_argument("--user", default="tester@163.com")
    parser.add_argument("--code", default="ABCDEFGHIJKLMNOP",
                        help="the account's authorisation code")
    parser.add_argument("--listen", default="127.0.0.1:0",
                        metavar="ADDRESS:PORT",
                        help="port 0: any; or the path of a UNIX socket")
    parser.add_argument("--tls", default="implicit",
                        choices=["implicit", "starttls", "off"])
    parser.add_argument("--cert", help="PEM file with the certificate")
    parser.add_argument("--key", help="PEM file with its key")
    parser.add_argument("--certs", metavar="DIR",
                        help="make certificates there")
    parser.add_argument("--kind", default="good",
                        help="which of them to show: good, expired ...")
    parser.add_argument("--client-ca", metavar="FILE",
                        help="clients must show a certificate of this "
                             "authority")
    parser.add_argument("--oldest", default="1.2", help="TLS version")
    parser.add_argument("--newest", default="1.3", help="TLS version")
    parser.add_argument("--tls-fault", default="",
                        choices=["", "plain", "junk", "close", "hang"])
    parser.add_argument("--script", metavar="FILE",
                        help="JSON: a list of rules, see script.py")
    parser.add_argument("--settle", type=float, default=0.0,
                        help="seconds to wait for more input before a reply")
    parser.add_argument("--store", metavar="DIR",
                        help="put accepted messages there")
    parser.add_argument("--log", metavar="FILE",
                        help="what happens, as JSON lines")
    parser.add_argument("--until-eof", action="store_true")
    return parser.parse_args(arguments)


def switches(options):
    """The profile's switches; values are JSON where they can be."""
    found = {}
    for item in options.switch:
        name, _, value = item.partition("=")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    if options.year:
        found["year"] = options.year
    return found


def certificate(options):
    if options.tls == "off":
        return None
    if options.cert:
        return Certificate(options.cert, options.key or options.cert)
    if not options.certs:
        sys.exit("smarthost: give --cert and --key, or --certs DIR")
    return Authority(options.certs).certificate(options.kind)


def script(options):
    if not options.script:
        return []
    with open(options.script) as file:
        return json.load(file)


def make(options):
    address, port = options.listen, 0
    if not address.startswith("/"):
        address, _, port = address.rpartition(":")
    if options.store:
        os.makedirs(options.store, exist_ok=True)
    log = open(options.log, "w") if options.log else None
    profile = make_profile(options.profile, user=options.user,
                           code=options.code, **switches(options))
    return Smarthost(profile, options.tls, certificate(options),
                     script(options), options.settle, address.strip("[]"),
                     int(port), options.oldest, options.newest,
                     options.tls_fault, options.store, log,
                     options.client_ca)


def main():
    options = parse(sys.argv[1:])
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with make(options) as host:
        print(f"ready {host.port}", flush=True)
        if options.until_eof:
            sys.stdin.buffer.read()
        else:
            told.wait()


if __name__ == "__main__":
    main()
