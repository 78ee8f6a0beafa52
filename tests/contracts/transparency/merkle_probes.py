"""The 98 inclusion and 98 consistency probes of transparency-dev/merkle (testdata/, Apache-2.0, © Google LLC).

The published JSON files are the good proofs below, each with a fixed set of mutations, and a few cases of their own;
here the mutations are applied anew, and `test_proofs.py` compares some with the published text.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

UINT64 = 2**64
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
EMPTY = sha256().digest()

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
N01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
N47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
L0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
L1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
L6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"

GOOD_INCLUSION = [(0, 1, []), (0, 8, [L1, N23, N47]), (5, 8, [L4, N67, N03]), (2, 3, [N01]), (1, 5, [L0, N23, L4])]
GOOD_CONSISTENCY = [
    (1, 1, []),
    (1, 8, [L1, N23, N47]),
    (6, 8, [N45, N67, N03]),
    (2, 5, [N23, L4]),
    (6, 7, [N45, L6, N03]),
]


@dataclass(frozen=True)
class Inclusion:
    index: int
    size: int
    root: bytes
    leaf: bytes
    proof: list[bytes]
    name: str
    wrong: bool = True

    def published(self) -> dict[str, object]:
        """The probe as its JSON file holds it."""
        return {
            "leafIdx": self.index,
            "treeSize": self.size,
            "root": text(self.root),
            "leafHash": text(self.leaf),
            "proof": [text(each) for each in self.proof],
            "desc": self.name,
            "wantErr": self.wrong,
        }


@dataclass(frozen=True)
class Consistency:
    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: list[bytes]
    name: str
    wrong: bool = True

    def published(self) -> dict[str, object]:
        """The probe as its JSON file holds it."""
        return {
            "size1": self.old,
            "size2": self.new,
            "root1": text(self.old_root),
            "root2": text(self.new_root),
            "proof": [text(each) for each in self.proof],
            "desc": self.name,
            "wantErr": self.wrong,
        }


def text(data: bytes) -> str:
    return b64encode(data).decode()


def flipped(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    return [bytes([each[0] ^ bit]) + each[1:] if n == at else each for n, each in enumerate(proof)]


def inclusion_probes() -> Iterator[Inclusion]:
    for index, size, hashes in GOOD_INCLUSION:
        proof = [bytes.fromhex(each) for each in hashes]
        leaf = sha256(b"\x00" + LEAVES[index]).digest()
        yield from mutated_inclusion(index, size, ROOTS[size - 1], leaf, proof)
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        yield Inclusion(index, size, b"", SOME_HASH, [], "random leaf")
        yield Inclusion(index, size, EMPTY, b"", [], "empty root")
        yield Inclusion(index, size, EMPTY, SOME_HASH, [], "empty root and random leaf")
    data = sha256(b"\x00data").digest()
    yield Inclusion(0, 1, data, data, [], "matching root and leaf", wrong=False)
    yield Inclusion(0, 1, data, b"", [], "empty leaf")
    yield Inclusion(0, 1, b"", data, [], "empty root")
    yield Inclusion(0, 1, b"", b"", [], "empty root and leaf")


def mutated_inclusion(index: int, size: int, root: bytes, leaf: bytes, proof: list[bytes]) -> Iterator[Inclusion]:
    yield Inclusion(index, size, root, leaf, proof, "happy path", wrong=False)
    yield Inclusion((index - 1) % UINT64, size, root, leaf, proof, "leafIdx sub @1")
    yield Inclusion(index + 1, size, root, leaf, proof, "leafIdx plus @1")
    yield Inclusion(index ^ 2, size, root, leaf, proof, "leafIdx XOR @2")
    yield Inclusion(index, size * 2, root, leaf, proof, "treeSize mul @2")
    yield Inclusion(index, size // 2, root, leaf, proof, "treeSize div @2")
    yield Inclusion(index, size, root, b"WrongLeaf", proof, "wrong leaf")
    yield Inclusion(index, size, EMPTY, leaf, proof, "empty root")
    yield Inclusion(index, size, SOME_HASH, leaf, proof, "random root")
    yield Inclusion(index, size, root, leaf, [*proof, b""], "trailing garbage")
    yield Inclusion(index, size, root, leaf, [*proof, root], "trailing root")
    yield Inclusion(index, size, root, leaf, [b"", *proof], "preceding garbage")
    yield Inclusion(index, size, root, leaf, [root, *proof], "preceding root")
    for at in range(len(proof)):
        yield Inclusion(index, size, root, leaf, flipped(proof, at, 8), f"modified proof[{at}] bit @3")
    if proof:
        yield Inclusion(index, size, root, leaf, proof[:-1], "removed component")
    if len(proof) > 1:
        yield Inclusion(index, size, root, leaf, [proof[0], SOME_HASH, *proof[1:]], "inserted component")


def consistency_probes() -> Iterator[Consistency]:
    for old, new, hashes in GOOD_CONSISTENCY:
        proof = [bytes.fromhex(each) for each in hashes]
        yield Consistency(old, new, ROOTS[old - 1], ROOTS[new - 1], proof, "happy path", wrong=False)
        if proof:
            yield from mutated_consistency(old, new, ROOTS[old - 1], ROOTS[new - 1], proof)
    one, two, some = b"don't care 1", b"don't care 2", [EMPTY]
    yield Consistency(0, 0, one, two, [], "sizes are equal (zero) but roots are not")
    yield Consistency(1, 1, one, two, [], "sizes are equal (one) but roots are not")
    yield Consistency(0, 0, one, one, [], "sizes are equal (zero) and proof is empty")
    yield Consistency(0, 1, one, two, [], "size1 is zero and does not equal size2")
    yield Consistency(1, 1, two, two, [], "sizes are equal (one) and proof is empty", wrong=False)
    yield Consistency(1, 0, one, two, [], "size1 is greater than size2")
    yield Consistency(2, 1, one, two, [], "size1 is greater than size2 again")
    yield Consistency(1, 2, one, two, [], "sizes do not watch and proof is empty")
    yield Consistency(0, 0, EMPTY, two, [], "roots do not match and sizes are zero")
    yield Consistency(1, 1, EMPTY, two, [], "roots do not not match and sizes are one")
    yield Consistency(0, 0, EMPTY, EMPTY, some, "sizes match but proof is not empty and sizes are zero")
    yield Consistency(1, 1, EMPTY, EMPTY, some, "sizes match but proof is not empty and sizes are one")
    yield Consistency(0, 1, EMPTY, two, [], "size1 is zero and size2 is not zero")
    yield Consistency(0, 1, EMPTY, EMPTY, some, "consistency check on empty tree (size1 is zero) is useless")


def mutated_consistency(old: int, new: int, one: bytes, two: bytes, proof: list[bytes]) -> Iterator[Consistency]:
    yield Consistency(old - 1, new, one, two, proof, "size1 sub @1")
    yield Consistency(old + 1, new, one, two, proof, "size1 plus @1")
    yield Consistency(old ^ 2, new, one, two, proof, "size1 XOR @2")
    yield Consistency(old, new * 2, one, two, proof, "size2 mul @2")
    yield Consistency(old, new // 2, one, two, proof, "size2 div @2")
    yield Consistency(old, new, b"WrongRoot", two, proof, "wrong root1")
    yield Consistency(old, new, one, b"WrongRoot", proof, "wrong root2")
    yield Consistency(old, new, two, one, proof, "swapped roots")
    yield Consistency(old, new, one, two, [], "empty proof")
    for name, extra in (("garbage", b""), ("root1", one), ("root2", two)):
        yield Consistency(old, new, one, two, [*proof, extra], f"trailing {name}")
        yield Consistency(old, new, one, two, [extra, *proof], f"preceding {name}")
    yield Consistency(old, new, one, two, [proof[0], *proof], "preceding proof @0")
    yield Consistency(old, new, one, two, proof[:-1], "truncated proof")
    for at in range(len(proof)):
        yield Consistency(old, new, one, two, flipped(proof, at, 16), f"modified proof@{at} bit @4")
