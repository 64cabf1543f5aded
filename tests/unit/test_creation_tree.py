"""Goroutines under their creators: made by hand, also with damaged memory, and as a page."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.render.ansi import render
from gogdb.runtime.batch import Batch
from gogdb.runtime.creation_tree import Branch, CreationTree, creators_of
from gogdb.runtime.model import G
from gogdb.runtime.scheduler import Goroutines
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view import g_tree
from gogdb.view.doc.document import Doc
from tests.support import factories

MAIN, SERVE, SWEEP = 0x1000, 0x2000, 0x3000
NAMES = {MAIN: "main.main", SERVE: "main.serve", SWEEP: "runtime.bgsweep"}
NOWHERE = Shape((), None)
Tree = dict[str, "Tree"]


def g(goid: int, parent: int, status: str = "waiting") -> G:
    return factories.g(goid, status, parent_goid=parent, startpc=SERVE, gopc=MAIN)


def at(function: str) -> Shape:
    return Shape((Frame(function, "/src/main.go", 7, 0, 0, 8, 0, None, False, False),), None, 0)


def traces(gs: Sequence[G], shapes: Sequence[Shape] | None = None) -> TraceBatch:
    return TraceBatch(Batch.from_gs(gs), shapes or [NOWHERE] * len(gs), [0] * len(gs))


def tree(*gs: G, shapes: Sequence[Shape] | None = None, with_system: bool = False) -> CreationTree:
    made = CreationTree(NAMES, with_system=with_system)
    made.add(traces(gs, shapes))
    return made


def drawn(branches: Sequence[Branch]) -> Tree:
    """Return the goids of each branch, with what has grown from it."""
    return {" ".join(map(str, each.goids)): drawn(each.created) for each in branches}


def lines(tree: CreationTree, limit: int = 100, width: int = 80) -> list[str]:
    page = render(Doc(g_tree.table(tree, limit)), width=width, color=False)
    return [line.rstrip() for line in page][2:]


def test_those_that_are_alike_are_one_branch() -> None:
    made = tree(g(1, 0), g(5, 1), g(6, 1), g(7, 1), g(8, 5), g(9, 6, status="running"), g(10, 6))
    assert drawn(made.roots()) == {"1": {"5 6 7": {"8 10": {}, "9": {}}}}


def test_another_place_is_another_branch() -> None:
    shapes = [at("main.main"), at("main.a"), at("main.b"), at("main.a")]
    made = tree(g(1, 0), g(2, 1), g(3, 1), g(4, 1), shapes=shapes)
    assert drawn(made.roots()) == {"1": {"2 4": {}, "3": {}}}


def test_a_creator_may_be_listed_after_what_it_created() -> None:
    assert drawn(tree(g(9, 5), g(5, 1), g(1, 0)).roots()) == {"1": {"5": {"9": {}}}}


def test_creators_that_have_ended() -> None:
    made = tree(g(1, 0), g(8, 5), g(9, 6), g(10, 5, status="running"))
    assert drawn(made.roots()) == {"1": {}, "5 6": {"8 9": {}, "10": {}}}
    assert lines(made) == [
        "   1  g1          waiting  -             main.main   main.serve",
        "   2  g5 g6       ended    in main.main  -           -",
        "   2  ├ g8 g9     waiting  -             main.main   main.serve",
        "   1  └ g10       running  -             main.main   main.serve",
        "",
        "  → ended: a goroutine keeps the goid of its creator, which may no longer exist",
    ]


def test_what_is_left_of_creators_that_have_ended() -> None:
    """A dead g keeps its goid and its creator's."""
    every = Goroutines([g(1, 0), g(5, 1, status="dead"), g(6, 5, status="dead"), g(8, 6)])
    made = tree(every[3])
    assert made.missing_creators == {6}
    found = creators_of({6}, every)
    assert [each.goid for each in found] == [1, 5, 6]
    made.add_creators(traces(found))
    assert drawn(made.roots()) == {"1": {"5": {"6": {"8": {}}}}}
    assert made.totals.total() == 1


def test_an_incomplete_list_does_not_say_that_a_creator_has_ended() -> None:
    made = tree(g(8, 5))
    made.is_complete = False
    assert "not found" in lines(made)[0]


def test_creators_that_lead_back_to_themselves() -> None:
    made = tree(g(1, 0), g(2, 3), g(3, 4), g(4, 2), g(5, 3), g(7, 7))
    roots = drawn(made.roots())
    assert sorted(made_goids(roots)) == [1, 2, 3, 4, 5, 7]
    (problem,) = made.problems
    assert problem == ("gs", "the creators of g4, g7 lead back to themselves")
    assert tree(g(7, 7)).problems == []  # until it is drawn


def made_goids(tree: Tree) -> list[int]:
    return [
        goid
        for names, below in tree.items()
        for goid in (*map(int, names.split()), *made_goids(below))
    ]


def test_a_long_chain() -> None:
    """Levels are drawn as far as they fit; their number grows without bounds."""
    made = tree(*(g(goid, goid - 1) for goid in range(1, 5001)))
    page = lines(made, limit=8)
    assert [line[:20].rstrip() for line in page[:8]] == [
        "   1  g1",
        "   1  └ g2",
        "   1    └ g3",
        "   1      └ g4",
        "   1        └ g5",
        "   1          └ g6",
        "   1            └ g7",
        "   1  … 7 g8",
    ]
    assert page[-2:] == [
        "  → 4992 more: --limit 5000 shows them all",
        "  → …: the number of the level, below 6",
    ]


def test_lines_lead_to_what_follows() -> None:
    made = tree(g(1, 0), g(2, 1), g(3, 2), g(4, 3), g(5, 1, status="running"), g(6, 5), g(7, 0))
    assert [line[:18].rstrip() for line in lines(made)] == [
        "   2  g1 g7",
        "   1  ├ g2",
        "   1  │ └ g3",
        "   1  │   └ g4",
        "   1  └ g5",
        "   1    └ g6",
    ]


def test_goids_that_repeat_or_are_missing() -> None:
    """Two gs with one goid, one that is unreadable and one that is being made are all shown."""
    bad = factories.g(0, unreadable="cannot read 400 bytes at 0x6")
    made = tree(g(1, 0), g(5, 1), g(5, 1, status="running"), bad, g(0, 5, status="idle"))
    assert [line[:27].rstrip() for line in lines(made)][:5] == [
        "   1  g?             unread",
        "   1  g1             waitin",
        "   1  ├ g5           waitin",
        "   1  │ └ the new g  idle",
        "   1  └ g5           runnin",
    ]


def test_the_runtimes_own_are_left_out_unless_they_have_created_others() -> None:
    sweeper = g(2, 1)._replace(startpc=SWEEP)
    made = tree(g(1, 0), sweeper, g(3, 2))
    assert made.folded == 1
    assert made.missing_creators == {2}
    made.add_creators(traces([sweeper]))
    assert drawn(made.roots()) == {"1": {"2": {"3": {}}}}
    assert drawn(tree(g(1, 0), sweeper, with_system=True).roots()) == {"1": {"2": {}}}
