"""The life cycle in the documents is the one in the table."""

from pathlib import Path

from network.referrals.lifecycle import MOVES, At

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md").read_text()


def place(at):
    return f"{at.status}·{at.business}" if at.business else str(at.status)


def end(to):
    return place(to) if isinstance(to, At) else {"same": "same", "next": "NEXT", "gone": "gone"}[to.value]


def row(move):
    cells = [
        move.verb, ", ".join(sorted(move.sides)), move.lies_on, ", ".join(sorted(place(at) for at in move.referral_from)),
        end(move.referral[1]), ", ".join(sorted(place(at) for at in move.offer_from)) or "–", end(move.offer[1]) if move.offer else "–",
        end(move.others), ", ".join(sorted(move.needs)) or "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def test_every_move_stands_in_the_documents_as_in_the_table():
    assert [line for line in TEXT.splitlines() if line.startswith("| ")][1:] == [row(move) for move in MOVES.values()]
