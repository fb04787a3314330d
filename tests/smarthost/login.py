"""The server's side of AUTH: a function for each mechanism.

It holds the exchange by the dialogue's challenge(), and ends it by its
verdict() on the user and the password; where the password is not said, it is
the account's for a right proof, and else empty."""

import base64
import binascii
import hashlib
import hmac
import json
import os

CHALLENGE = b"<1896.697170952@smarthost.example.test>"
ROUNDS = 4096
SALT = bytes(range(16))


def encode(raw):
    return base64.b64encode(raw).decode()


def decode(text):
    """None: it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def login(dialogue, initial):
    user = initial
    if not initial:
        first = dialogue.profile.challenges[0]
        user = dialogue.challenge(["AUTH"], first)
    if user is None:
        return
    stage = "AUTH" if initial else "AUTH-USER"
    password = dialogue.challenge([stage], dialogue.profile.challenges[1])
    if password is not None:
        dialogue.verdict("AUTH-PASS", "LOGIN", decode(user), decode(password))


def plain(dialogue, initial):
    stage = "AUTH"
    if not initial:
        stage = "AUTH-PLAIN"
        initial = dialogue.challenge(["AUTH"], "")
    if initial is None:
        return
    parts = (decode(initial) or b"").split(b"\0")
    user, password = parts[1:] if len(parts) == 3 else (None, None)
    dialogue.verdict(stage, "PLAIN", user, password)


def cram_md5(dialogue, _initial):
    answer = dialogue.challenge(["AUTH"], encode(CHALLENGE))
    if answer is None:
        return
    code = dialogue.profile.code.encode()
    user, _, proof = (decode(answer) or b"").rpartition(b" ")
    right = hmac.new(code, CHALLENGE, "md5").hexdigest().encode()
    dialogue.verdict("AUTH-PROOF", "CRAM-MD5", user,
                     code if hmac.compare_digest(right, proof) else b"")


def xoauth2(dialogue, initial):
    stage = "AUTH"
    if not initial:
        stage = "AUTH-TOKEN"
        initial = dialogue.challenge(["AUTH"], "")
    if initial is None:
        return
    fields = dict(field.partition(b"=")[::2] for field in
                  (decode(initial) or b"").split(b"\1"))
    user = fields.get(b"user", b"")
    token = fields.get(b"auth", b"").removeprefix(b"Bearer ")
    if not dialogue.profile.is_right(user, token):
        error = encode(json.dumps({"status": "401"}).encode())
        if dialogue.challenge([stage], error) is None:
            return
        stage = "AUTH-ERROR"
    dialogue.verdict(stage, "XOAUTH2", user, token)


def _fields(text):
    return dict(field.partition("=")[::2] for field in text.split(","))


def _mac(key, text):
    return hmac.new(key, text.encode(), "sha256").digest()


def _scram_proofs(code, message):
    """What the client has to prove, and the server (RFC 5802 section 3)."""
    salted = hashlib.pbkdf2_hmac("sha256", code, SALT, ROUNDS)
    key = _mac(salted, "Client Key")
    signature = _mac(hashlib.sha256(key).digest(), message)
    return (bytes(a ^ b for a, b in zip(key, signature)),
            _mac(_mac(salted, "Server Key"), message))


def scram_sha_256(dialogue, initial):
    _scram(dialogue, initial, "SCRAM-SHA-256", b"")


def scram_sha_256_plus(dialogue, initial):
    """Bound by tls-server-end-point, so for TLS 1.2 alone."""
    _scram(dialogue, initial, "SCRAM-SHA-256-PLUS", dialogue.host.end_point)


def _scram(dialogue, initial, mechanism, binding):
    code = dialogue.profile.code.encode()
    header, _, bare = (decode(initial) or b"").decode().partition(",,")
    nonce = _fields(bare)["r"] + encode(os.urandom(18))
    first = f"r={nonce},s={encode(SALT)},i={ROUNDS}"
    answer = dialogue.challenge(["AUTH"], encode(first.encode()))
    if answer is None:
        return
    final = (decode(answer) or b"").decode()
    without, _, proof = final.rpartition(",p=")
    client, server = _scram_proofs(code, f"{bare},{first},{without}")
    fields = _fields(without)
    right = (decode(proof) == client and fields["r"] == nonce
             and decode(fields["c"]) == f"{header},,".encode() + binding)
    if binding:
        right = right and header == "p=tls-server-end-point"
    if right and dialogue.challenge(
            ["AUTH-PROOF"], encode(b"v=" + encode(server).encode())) is None:
        return
    dialogue.verdict("AUTH-FINAL" if right else "AUTH-PROOF", mechanism,
                     _fields(bare)["n"].encode(), code if right else b"")


MECHANISMS = {"LOGIN": login, "PLAIN": plain, "CRAM-MD5": cram_md5,
              "SCRAM-SHA-256": scram_sha_256,
              "SCRAM-SHA-256-PLUS": scram_sha_256_plus, "XOAUTH2": xoauth2}
