"""Trust policies: every rule of c2sp.org/tlog-policy, and what they make of real checkpoints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transparency.failures import Malformed, Unproven
from shared.transparency.keys import LOG, WITNESS, SigningKey, Verifier
from shared.transparency.note import Signature, parse
from shared.transparency.policy import Group, Party, Policy
from shared.transparency.policy_text import read_policy, write_policy
from tests.contracts.transparency.public import (
    COSIGNED_AT,
    TESSERA,
    TESSERA_VKEY,
    WIT1_COSIGNATURE_OF_15,
    WIT1_VKEY,
    WIT2_VKEY,
    WIT3_VKEY,
    as_kind,
    tessera_checkpoint,
)

W1, W2, W3 = (as_kind(vkey, WITNESS).text for vkey in (WIT1_VKEY, WIT2_VKEY, WIT3_VKEY))
KEYS = [SigningKey(f"w{at}.example", WITNESS, bytes([at] * 32)) for at in range(1, 7)]
X1, X2, X3, Y1, Y2, Y3 = (key.verifier.text for key in KEYS)

SPECIFICATION = f"""log {TESSERA_VKEY}

witness X1 {X1}
witness X2 {X2}
witness X3 {X3}
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1}
witness Y2 {Y2}
witness Y3 {Y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification() -> None:
    policy = read_policy(SPECIFICATION.encode())
    assert policy.logs == (Party(TESSERA),)
    assert list(policy.witnesses) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.groups == {
        "X-witnesses": Group(2, ("X1", "X2", "X3")),
        "Y-witnesses": Group(1, ("Y1", "Y2", "Y3")),
        "X-and-Y": Group(2, ("X-witnesses", "Y-witnesses")),
    }
    assert policy.quorum == "X-and-Y"
    assert read_policy(write_policy(policy)) == policy


def cosigned(*keys: SigningKey, signed: str = "") -> bytes:
    text = parse(tessera_checkpoint(15).encode()).text
    lines = [Signature(key.name, key.verifier.id, key.cosign(text, 1000 + at)).line for at, key in enumerate(keys)]
    return ((signed or tessera_checkpoint(15)) + "".join(lines)).encode()


@pytest.mark.parametrize(
    ("who", "enough"),
    [("", 0), ("12", 0), ("124", 1), ("135", 1), ("1236", 1), ("14", 0), ("456", 0), ("123456", 1), ("1456", 0)],
)
def test_two_of_x_and_one_of_y(who: str, enough: int) -> None:
    keys = [KEYS[int(each) - 1] for each in who]
    verdict = read_policy(SPECIFICATION.encode()).check(cosigned(*keys))
    assert verdict.quorum == bool(enough)
    assert len(verdict.cosigned) == len(keys)


def test_a_cosignature_counts_once_however_often_it_stands_there() -> None:
    verdict = read_policy(SPECIFICATION.encode()).check(cosigned(KEYS[0], KEYS[0], KEYS[3]))
    assert (verdict.quorum, dict(verdict.cosigned)) == (False, {"X1": 1001, "Y1": 1002})


def test_one_bad_cosignature_of_a_listed_witness_rejects_the_checkpoint() -> None:
    text = parse(tessera_checkpoint(15).encode()).text
    bad = Signature(KEYS[5].name, KEYS[5].verifier.id, KEYS[5].cosign(text + b"x", 1)).line
    with pytest.raises(Unproven):
        read_policy(SPECIFICATION.encode()).check(cosigned(*KEYS) + bad.encode())


def test_the_published_cosignature_makes_a_quorum() -> None:
    policy = read_policy(f"log {TESSERA_VKEY}\nwitness w1 {W1}\nquorum w1\n".encode())
    verdict = policy.check((tessera_checkpoint(15) + f"— Wit1 {WIT1_COSIGNATURE_OF_15}\n").encode())
    assert (verdict.quorum, dict(verdict.cosigned)) == (True, {"w1": COSIGNED_AT})
    assert not policy.check(tessera_checkpoint(15).encode()).quorum


def test_cosignatures_do_not_replace_the_logs_own_signature() -> None:
    other = SigningKey("example.com/log/testdata", LOG, bytes(32)).verifier
    policy = read_policy(SPECIFICATION.replace(TESSERA_VKEY, other.text).encode())
    with pytest.raises(Unproven, match="no known key of the log"):
        policy.check(cosigned(*KEYS))


def test_a_log_under_another_name_does_not_speak_for_the_origin() -> None:
    renamed = Verifier("other.example", LOG, TESSERA.public)
    with pytest.raises(Unproven):
        Policy((Party(renamed),)).check(tessera_checkpoint(15).encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quorum none\n", Policy(())),
        (
            f"\n# comment\n\t # another\n\twitness \t w1  {W1}   https://w1.example.com/  \n\n  quorum\tw1",
            Policy((), {"w1": Party(as_kind(WIT1_VKEY, WITNESS), "https://w1.example.com/")}, quorum="w1"),
        ),
        (
            f"log {TESSERA_VKEY} https://log.example.com/\nwitness w1 {W1}\nquorum none\n",
            Policy((Party(TESSERA, "https://log.example.com/"),), {"w1": Party(as_kind(WIT1_VKEY, WITNESS))}),
        ),
        (
            f"witness all {W1}\nwitness any {W2}\ngroup group 2 all any\nquorum group\n",
            Policy(
                (),
                {"all": Party(as_kind(WIT1_VKEY, WITNESS)), "any": Party(as_kind(WIT2_VKEY, WITNESS))},
                {"group": Group(2, ("all", "any"))},
                "group",
            ),
        ),
    ],
)
def test_policies_that_are_taken(text: str, expected: Policy) -> None:
    assert read_policy(text.encode()) == expected
    assert read_policy(write_policy(expected)) == expected


def test_names_are_octets_and_compare_as_such() -> None:
    opaque = b"K\x80"
    text = b"witness " + opaque + b" " + W1.encode() + b"\nquorum " + opaque + b"\n"
    assert write_policy(read_policy(text)) == text
    with pytest.raises(Malformed):
        read_policy(text.replace(b"quorum K", "quorum \u212a".encode()))  # a Kelvin sign is no K


def test_comments_and_urls_may_hold_any_text() -> None:
    policy = read_policy(f"# Straße\nlog {TESSERA_VKEY} https://münchen.example/\nquorum none\n".encode())
    assert policy.logs[0].url == "https://münchen.example/"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("quorum none\n\x01", "octet 0x01"),
        ("quorum none\r\n", "octet 0x0d"),
        ("quorum none\n\x7f", "octet 0x7f"),
        ("quorum none\n\x0b", "octet 0x0b"),
        (f"quibble {W1}\nquorum none\n", "line 1"),
        (f"witness w1 {W1} https://w1.example.com/ # comment\nquorum w1\n", "line 1"),
        ("log\nquorum none\n", "line 1"),
        ("log garbage\nquorum none\n", "not a verifier key"),
        (f"log {TESSERA_VKEY}\nlog {TESSERA_VKEY} https://log.example/\nquorum none\n", "same public key"),
        ("witness w1\nquorum none\n", "line 1"),
        ("witness w1 ecdsa.example+00000000+AgECAw==\nquorum w1\n", "kind 0x02"),
        (f"witness w1 {WIT1_VKEY}\nquorum w1\n", "not a cosigner's"),
        (f"witness none {W1}\nquorum none\n", "taken"),
        (f"witness w1 {W1}\nwitness w1 {W2}\nquorum w1\n", "taken"),
        (f"witness w1 {W1}\ngroup w1 any w1\nquorum w1\n", "taken"),
        (f"witness w1 {W1}\ngroup g1 1\nquorum w1\n", "line 2"),
        (f"witness w1 {W1}\ngroup none any w1\nquorum none\n", "taken"),
        (f"witness w1 {W1}\ngroup g1 0 w1\nquorum g1\n", "0 of 1"),
        (f"witness w1 {W1}\ngroup g1 -1 w1\nquorum g1\n", "decimal"),
        (f"witness w1 {W1}\ngroup g1 01 w1\nquorum g1\n", "decimal"),
        (f"witness w1 {W1}\ngroup g1 most w1\nquorum g1\n", "decimal"),
        (f"witness w1 {W1}\ngroup g1 2 w1\nquorum g1\n", "2 of 1"),
        (f"witness w1 {W1}\ngroup g1 any w2\nquorum g1\n", "not defined"),
        (f"group g1 any w1\nwitness w1 {W1}\nquorum g1\n", "not defined"),
        (f"witness w1 {W1}\ngroup g1 any g1\nquorum g1\n", "not defined"),
        (f"witness w1 {W1}\ngroup g1 any none w1\nquorum g1\n", "not defined"),
        (f"witness w1 {W1}\ngroup g1 all w1 w1\nquorum g1\n", "more than once"),
        (f"witness w1 {W1}\nwitness w2 {W2}\ngroup g1 any w1 w2\ngroup g2 any w1\nquorum g1\n", "more than once"),
        (f"witness w1 {W1}\n", "exactly one quorum"),
        (f"witness w1 {W1}\nquorum w1\nquorum w1\n", "exactly one quorum"),
        ("quorum unknown\n", "not defined"),
        (f"quorum w1\nwitness w1 {W1}\n", "not defined"),
        ("quorum\n", "line 1"),
        ("quorum none none\n", "line 1"),
        ("Quorum none\n", "line 1"),
        ("quorum\u00a0none\n", "line 1"),
    ],
)
def test_policies_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_policy(text.encode())


def test_one_witness_under_two_names_is_refused() -> None:
    twice = Verifier("impostor.example", WITNESS, as_kind(WIT1_VKEY, WITNESS).public)
    with pytest.raises(Malformed, match="same public key"):
        read_policy(f"witness w1 {W1}\nwitness w2 {twice.text}\nquorum w1\n".encode())


def test_a_policy_built_by_hand_is_held_to_the_same_rules() -> None:
    for groups, quorum in (({"g": Group(1, ("nobody",))}, "g"), ({"g": Group(2, ("w1",))}, "g"), ({}, "w2")):
        with pytest.raises(Malformed):
            Policy((), {"w1": Party(as_kind(WIT1_VKEY, WITNESS))}, groups, quorum)


@pytest.mark.parametrize("word", ["", "a b", "a\tb", "a\nb", "a\x00", "a\x7f"])
def test_a_name_or_url_that_could_not_be_written_is_refused(word: str) -> None:
    witness = as_kind(WIT1_VKEY, WITNESS)
    with pytest.raises(Malformed):
        Policy((), {word: Party(witness)})
    with pytest.raises(Malformed):
        Policy((), {"w": Party(witness)}, {word: Group(1, ("w",))})
    if word:
        with pytest.raises(Malformed):
            Policy((Party(TESSERA, word),))


def test_thirty_two_logs_witnesses_and_groups_are_taken() -> None:
    logs = [SigningKey(f"log{at}.example", LOG, bytes([at] * 32)).verifier.text for at in range(32)]
    witnesses = [SigningKey(f"w{at}.example", WITNESS, bytes([64 + at] * 32)).verifier.text for at in range(32)]
    lines = [f"log {each}" for each in logs]
    lines += [f"witness w{at} {each}" for at, each in enumerate(witnesses)]
    lines += [f"group g{at} any w{at}" + (f" g{at - 1}" if at else "") for at in range(32)]
    policy = read_policy("\n".join([*lines, "quorum g31"]).encode())
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)


@given(st.integers(1, 6), st.sets(st.integers(0, 5)))
def test_k_of_n_counts_to_k(threshold: int, who: set[int]) -> None:
    witnesses = {f"w{at}": Party(key.verifier) for at, key in enumerate(KEYS)}
    policy = Policy((Party(TESSERA),), witnesses, {"g": Group(threshold, tuple(witnesses))}, "g")
    assert policy.check(cosigned(*(KEYS[at] for at in who))).quorum == (len(who) >= threshold)
