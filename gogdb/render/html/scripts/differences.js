// Two stages compared: the facts of a stage are all changes up to it, applied in order.
function facts(id) {
  const values = new Map();
  for (const changed of data.facts.slice(0, stages.findIndex((stage) => stage.id === id) + 1)) {
    for (const [name, fact] of Object.entries(changed)) {
      if (fact === null) values.delete(name);
      else values.set(name, typeof fact === "string" ? { key: fact, text: fact } : { key: fact[0], text: fact[1] });
    }
  }
  return values;
}

function compare() {
  const [from, to] = [facts(one("from").value), facts(one("to").value)];
  const differ = data.names.filter((name) => from.get(name)?.key !== to.get(name)?.key);
  one("differences").tBodies[0].replaceChildren(...differ.map((name) => {
    const row = document.createElement("tr");
    const head = row.appendChild(document.createElement("th"));
    head.scope = "row";
    head.textContent = name;
    for (const [fact, element] of [[from.get(name), "span"], [to.get(name), "mark"]]) {
      const cell = row.appendChild(document.createElement("td"));
      cell.className = "right";
      cell.appendChild(document.createElement(fact ? element : "span")).textContent = fact ? fact.text : "-";
    }
    return row;
  }));
  one("count").textContent = String(differ.length);
}

// The address names both stages: stage=TO&diff=FROM.
function choose(select, name, id) {
  const there = all("option", select).some((option) => option.value === id);
  if (there) select.value = id;
  tellMissing(name, there ? "" : id, select.value);
}
for (const id of ["from", "to"]) {
  one(id).addEventListener("change", () => go({ stage: one("to").value, diff: one("from").value }));
}
showers.push((now) => {
  if (now.get("diff")) {
    choose(one("from"), "diff", now.get("diff"));
    choose(one("to"), "stage", now.get("stage"));
  } else tellMissing("diff", "", "");
  compare();
});

// Escape leads back to the view that was shown before, or to the later stage.
let left = null;
showers.push(() => { if (here.id !== "diff") left = here; });
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || here.id !== "diff") return;
  visit(left?.isConnected ? left : one(one("to").value) || firstView());
});
