"""Published keys, notes and logs. Every private key here is a test key of its own project's test suite."""

from base64 import b64decode

from shared.transparency.keys import LOG, Verifier, read_signing_key, read_verifier

# golang/mod sumdb/note/note_test.go (BSD-3-Clause)
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# C2SP signed-note.md
FOO_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

# sum.golang.org
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_TEXT = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SUMDB_SIGNATURE = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="

# transparency-dev/tessera: testdata/log, build_log.sh, and the witnesses of append_lifecycle_test.go (Apache-2.0)
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TESSERA_SKEY = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
TESSERA_WORDS = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"
TESSERA_ENTRIES = [word.encode() for word in TESSERA_WORDS.split()]
TESSERA_HEADS = """
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
M9e0lhxJACzE1KoUdqKuPa+9p6R7dSW8BlEvrg/noo8FkGg6PbJoRNOcdjqjOq89wVvTA60eubCc4oufo5BvIVEgtQc=
0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=
M9e0lhr9kuLxGdAtaUrhm84TQffVsLdcy808sN0a3WyniNlfcr9+bywoiIke1YYciCNjJGkCgIlQ8b16jhsmg/SChAM=
T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=
M9e0llH4NKmlf0u7C8tkJioQOmi7l5ELqljXgKRg6R3G5JJ7vx7emDWo5fpqKuA/Dk/jRrI6il+7QCVirNhyUAWGoAk=
Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=
M9e0lvAQRtH832pk2RTbeSeZMkp4FZSdJYFBUjO5SKxuRbywPUF3cx+HUrb50kjd3rUWW/fj53Wj1dwcwh9bGQnqVAg=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=
M9e0lnFuWt0cp60moO4jAkeXvMNLIIOGn4WdyeHQurBt9mBi0tWdfkldiAt9k0FpwuZymvttsVn9uwyouXU3vPpeNAc=
gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=
M9e0lmn5eDHyHP10zJObZdFAX2y1V8fdDKBi4IiHbDYf1TCUBwxZOhqwv2QZCqrdda2zTRTrmnwjwscN5RBTEmZUYAs=
a6sWvsc2eEzmj72vah7mZ5dwFltivehh2b11qwlp5Jg=
M9e0ln+nHSdGSHEZBcjvqyYDXDbG8WxDwCDjbbGAMv/NTynAtJWhckSXIpuwpN3yJ4PTtzUbD34YGqIZr6RgJRn16gU=
IrSXADBqJ7EQoUODSDKROySgNveeL6CFhik2w/+fS7U=
M9e0luA5JhTRUki/BBQD0QNiH6AEJ2pdtsA5CQjqJErViuuKrN6513RCTL2640wXJv0dCed3neRGI6dMzBq9uANf2Qc=
bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=
M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1fbMjN6sBFYpBoBEmD4+cWhj/AVgI5MitCO5+mews=
CvhHViE3S9E3htHLR+25mapWoGCJ3WckMq1UtC3VmEY=
M9e0ls3mdnWX0qk4P3uGG0eYiFRWSwPR+RdeD1ARmrHPHjXP0x9UJWASPFTOTqJo0mp7Epck2O9RFB0J9IjDdAewagw=
y8/gZsZCtitsMan09tY+k8I7Qpr7Y5fbO2tLi9GQnfU=
M9e0lrmwaVEOWFZ+HS5ITnRd2YMOSWE5QeoYu+6DHwJLnJ+SVeJ2ZiYeD7lVC5oGJx76gbfLSyCUEq6D8JkarrsuiQQ=
Yok1cS5VdokGLBy73BC2I16b3atss6KBN9jnIi6Fz/A=
M9e0lqbRtWirJwbUy4w3VrK2RyzfW8P+OIkc8t6b6AVG/tQd1Q2SN+uCLYzNNFnf/PhzeCdURSGQe1MRnohCxPu21wg=
uZo6M+IhVna+CLgWCrJs0xBPUHbozHkYTQASduHSLME=
M9e0lrFzoTgi+ovhrqX0DpsEAp3wLu1coMLIkeCwSkGfS4Ox4pLXo2LHudqm4merh0ZkCNzHr8kQwq5gS5mmimIvdA4=
av0kLH0VkkVDrTuZzBGIx7d9z5G1l/GlKz/nAV/8woQ=
M9e0liO8x8xfEOGmZVYODUjQajkEpjccPQ9EkG3yEEDet4K3BWE/DFRPH6H+b6gFFFaG5KS1bBmYS/xeZJs8lj+z+wM=
SvCd38yNade7xEPY1a/aAc1M3A2AHYVF8lIiUnsH1ao=
M9e0lu8roIpjC+NXEG7JDkajIahoYDYWgxDtxfx/6rzLoztU9t/PvivZ48xt8ygJpjzaboSpkbVv3Jb+D3NdXWQf5wo=
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=
M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
"""  # root and signature of checkpoint.0 to checkpoint.15, each on a line
WIT1_VKEY = "Wit1+55ee4561+AVhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk"
WIT1_SKEY = "PRIVATE+KEY+Wit1+55ee4561+AeadRiG7XM4XiieCHzD8lxysXMwcViy5nYsoXURWGrlE"
WIT2_VKEY = "Wit2+85ecc407+AWVbwFJte9wMQIPSnEnj4KibeO6vSIOEDUTDp3o63c2x"
WIT3_VKEY = "Wit3+d3ed3be7+ASb6Uz1+fxAcXkMvDd7nGa3FjDce7LxIKmbbTCT0MpVn"
WIT1_COSIGNATURE_OF_15 = (
    "mz+y1QAAAABkGFDLi4zi/+2kU/5P/4hpCkNoBjvoRHwqkmsDuocW+0ObiIxdYaW7bwTBaMLGHYwvM5lh63uUblihMBNMSJQRd2V3AQ=="
)
COSIGNED_AT = 1679315147

# sigstore/sigstore-conformance test/assets/bundle-verify, rekor2-happy-path and rekor2-dsse-happy-path (Apache-2.0)
REKOR_ORIGIN = "log2025-alpha1.rekor.sigstage.dev"
REKOR_KEY = "Pn+AREHoBaZ7wgS1zBqpxmLSGnyhxXj4lFxSdWVB8o8="
REKOR_736 = (
    f"{REKOR_ORIGIN}\n736\nrs1YPY0ydAV0lxgfrq5pE4oRpUJwo3syeps5+eGUTDI=\n\n— {REKOR_ORIGIN} "
    "8w1amdbj1mjNN674dHAkD92+QZoEgBC7o0mXYSTRluDjQrOPjrps3zQB9ut+ShLepyZPsWBDi5IB3yXyjgjQT6OG9A8=\n"
)
REKOR_7132 = (
    f"{REKOR_ORIGIN}\n7132\noxP/ea30nl5qRXK7CWd0YGGajQNclTGmRbyTqZVS0AU=\n\n— {REKOR_ORIGIN} "
    "8w1amVmcxxHofaeiQdnXseduy+i75L3TKSG91maGEGjUkBbuRQ4oDZ08bVTO9M+MQJMfz0+vbuOeBrr8yYsofI36egQ=\n"
)
REKOR_7131_LEAF = "rHx2L8cc5TnhG2jdXT4YH68k8jWLySQxccMeyxOnpgo="  # of the bundle's canonicalizedBody
REKOR_7131_PROOF = [
    "eIPps+HNec1qJD+hj0OaGSnS1mMfjOY2aJq1GCrY1Us=",
    "YiPZsMZGcPP3uS5OKU9hh5Knum7bBAWAln81HCjjKPk=",
    "rqnJYjr4VGLNdwwkEs6RpWOH00oLxHQg08Ce28gEawI=",
    "tNKXP501Rq2LRexOZ0mjuzgGl6gUJZXGR20d53xzuf4=",
    "Ga1x4WtdiuV3gtHEYeIXHuGxrlow41ao63M6byFl61Q=",
    "RukyhhMq/Qm3GIDOeslmldD6pNRreWvVZc4FaAbftC8=",
    "GTPCahGF4mCS94ZUpR5dC9b1j2Mpo9ki7HYJdP27ufc=",
    "tnv06iEfRP1UrMtn7D7v4lA+1VfpdI3ioGcQRJLMoP0=",
    "Ag03a73jphtOkMBVhp+MkrJwDkx2NE69NESHMFcwcfI=",
    "xbDsGnxf1siByWHEuiK85p0reQCaKKWUjf8YNl9s/Vo=",
]


def tessera_checkpoint(size: int) -> str:
    """checkpoint.<size>, byte for byte."""
    root, signature = TESSERA_HEADS.split()[2 * size : 2 * size + 2]
    return f"example.com/log/testdata\n{size}\n{root}\n\n— example.com/log/testdata {signature}\n"


def as_kind(vkey: str, kind: int) -> Verifier:
    """The same public key as another kind of key; its id follows."""
    key = read_verifier(vkey)
    return Verifier(key.name, kind, key.public)


PETER = read_verifier(PETER_VKEY)
ENOCH = read_verifier(ENOCH_VKEY)
TESSERA = read_verifier(TESSERA_VKEY)
TESSERA_KEY = read_signing_key(TESSERA_SKEY)
SUMDB = read_verifier(SUMDB_VKEY)


def rekor() -> Verifier:
    """The key of the Rekor v2 staging log."""
    return Verifier(REKOR_ORIGIN, LOG, b64decode(REKOR_KEY))
