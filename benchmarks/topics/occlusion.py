"""How long does it take to slide an occluder over an image, with shortcuts and with full passes?"""

from benchmarks.contest import Case, Contender, Contest
from benchmarks.records import Record

SMALL = ("deck_model3", 8, 1)  # network, size, stride: 441 positions on 28x28
LARGE = ("deck_rps3", 50, 10)  # 676 positions on 300x300
LARGE_QUICK = ("deck_rps3", 50, 50)
ROUNDS = 3  # where a turn takes half a minute


def measure(contest: Contest) -> list[Record]:
    """Measure `occlude`, full passes over the same images, and Captum at its best."""
    pick = contest.settings.pick
    scenes = pick(tiny=(("deck_model3", 20, 8),), quick=(SMALL, LARGE_QUICK), full=(SMALL, LARGE))
    contenders = (
        Contender("npdeconv"), Contender("npdeconv", "full passes"), *contest.contenders(Captum=("",))[1:]
    )  # fmt: skip
    records = []
    for network, size, stride in scenes:
        case = Case(
            "occlusion",
            f"{network}, {size}x{size} at stride {stride}",
            "occlusion",
            {"network": network, "size": size, "stride": stride},
            contenders,
            rounds=ROUNDS if network == "deck_rps3" else None,
        )
        records += contest.compete(case)
    return records
