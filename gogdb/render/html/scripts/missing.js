// What the address asks for and the page does not have is said, with what is shown instead.
function tellMissing(name, asked, given) {
  const note = document.querySelector(`[data-missing="${name}"]`);
  note.hidden = !asked;
  note.querySelector(".asked").textContent = asked || "";
  note.querySelector(".given").textContent = given;
}
