// What the page shows is in its address: #stage=gogo-sp&diff=newproc&lang=zh&theme=dark. So a
// link leads to the same view, and the browser's Back and Forward restore it.
const showers = []; // functions that show what the address says

// A stage is named by its id or its number.
const idOf = (name) => document.querySelector(`[data-number="${CSS.escape(name)}"]`)?.id || name;

function address() {
  const text = location.hash.slice(1);
  const now = new URLSearchParams(text.includes("=") ? text : text && { stage: text });
  for (const name of ["stage", "diff"]) if (now.get(name)) now.set(name, idOf(now.get(name)));
  return now;
}

// Change some values of the address; "" removes one. `replace` leaves no step for Back.
function go(changes, replace = false) {
  const next = address();
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value); else next.delete(name);
  }
  if ("#" + next === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", "#" + next);
  showAddress();
}

function showAddress() {
  const now = address();
  for (const show of showers) show(now);
}
addEventListener("popstate", showAddress);
