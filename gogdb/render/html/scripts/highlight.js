// A line of source, its instructions, and the registers and places that they write are one: to
// point at any of them lights them all. The arrow keys go from instruction to instruction.
const placeOf = (element) => element.dataset.place || element.dataset.mark;
let lit = [];

function light(element) {
  for (const old of lit) old.classList.remove("lit");
  lit = [];
  if (!element) return;
  const within = element.closest(".stage");
  const [place, line] = [placeOf(element), element.dataset.line];
  const same = (other) => other === element || (line && other.dataset.from === line)
    || (place && !element.dataset.from && other.dataset.place === place);
  const instructions = all(".line[data-from]", within).filter(same);
  const lines = new Set(instructions.map((each) => each.dataset.from));
  const written = new Set(instructions.map((each) => each.dataset.place));
  lit = [element, ...instructions,
    ...all(".line[data-line]", within).filter((each) => lines.has(each.dataset.line)),
    ...all("tr[data-place], [data-mark]", within).filter((each) => written.has(placeOf(each)))];
  for (const each of lit) each.classList.add("lit");
}

const linked = (event) => event.target.closest?.(".stage .line, .stage tr[data-place], .stage [data-mark]");
addEventListener("pointerover", (event) => light(linked(event)));
addEventListener("focusin", (event) => light(linked(event)));

function walkable(within) {
  for (const code of all("pre.att, pre.intel", within)) {
    const instructions = all(".line", code);
    (instructions.find((line) => line.classList.contains("here")) || instructions[0])?.setAttribute("tabindex", "0");
    code.addEventListener("keydown", (event) => {
      const next = instructions[instructions.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
      if (!next) return;
      event.preventDefault();
      event.target.removeAttribute("tabindex");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  }
}
preparers.push(walkable);
