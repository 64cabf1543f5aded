// A page that follows a teacher: the server sends each stage that was shown, and then where the
// teacher is. Unless the address names a stage, the page shows what the teacher shows.
const RETRY = 3000, SILENCE = 40000; // ms; the server gives a sign of life every 15 s
let now = null; // where the walk is, as the server has last said
let position = ""; // WALK.STAGES of the last event, from which a new connection goes on
let connected = false;
let heard = 0;
let source = null;
let retry = 0;

firstView = lastView = () => one("question") || stages.at(-1) || views[0];
history.replaceState(null, "", location.pathname + location.hash); // a cookie has the token

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function add({ item, section }) {
  document.querySelector("#stages .end").before(element(item));
  one("summary").before(element(section));
  const added = one("summary").previousElementSibling;
  added.hidden = true;
  prepare(added);
  return added;
}

function removeQuestion() {
  one("question")?.remove();
  document.querySelector("#stages .asked")?.remove();
  prepare(one("summary"));
}

function addStage(stage) {
  if (one(stage.id)) return;
  const question = one("question");
  if (question) removeQuestion();
  const section = add(stage);
  data.facts.push(stage.facts);
  if (stage.names.length > data.names.length) data.names = stage.names;
  if (stage.seen) for (const name of ["from", "to"]) one(name).add(new Option(stage.id));
  if (stage.seen && !address().get("diff")) one("to").value = stage.id;
  if (question?.dataset.stage === stage.id) judgeChoice(question, section.querySelector(".predict"));
}

// What was chosen before the stage is judged in it.
function judgeChoice(asked, question) {
  const choice = asked.querySelector("[aria-pressed=true]")?.dataset.choice;
  const typed = asked.querySelector("input")?.value;
  if (!question || !(choice || typed)) return;
  question.classList.add("judged");
  if (choice) judge(question, choice);
  else {
    question.querySelector("input").value = typed;
    question.querySelector("form").requestSubmit();
  }
}

function setState(state) {
  now = state;
  if (one("question")?.dataset.stage !== state.question?.stage) {
    removeQuestion();
    if (state.question) add(state.question);
  }
  if (state.summary) {
    const panel = one("summary").querySelector(".panel");
    panel.innerHTML = state.summary;
    prepare(panel);
    document.querySelector("#stages .end").hidden = false;
  }
  if (now.status === "ended") source.close();
  showAddress();
}

function tell() {
  const going = (one("question") && "asking") || (stages.length ? "at" : "waiting");
  let state = now?.status === "walking" ? going : now?.status || "connecting";
  if (!connected && heard && state !== "ended") state = "lost";
  one("live").dataset.state = state;
  for (const text of all("[data-live]", one("live"))) text.hidden = text.dataset.live !== state;
  one("live").querySelector(".at").textContent = stages.at(-1)?.dataset.number;
  const left = address().get("stage") || address().get("diff");
  one("follow").hidden = !now || !left || here === firstView() || state !== going;
}

function connect() {
  source?.close();
  source = new EventSource("events" + (position && `?after=${position}`));
  const on = (kind, act) => source.addEventListener(kind, (event) => {
    const id = event.lastEventId || position; // a beat may come before the first id
    if (position && id.split(".")[0] !== position.split(".")[0]) return startAnew();
    [connected, heard, position] = [true, Date.now(), id];
    if (event.data) act(JSON.parse(event.data));
    return tell();
  });
  on("stage", addStage);
  on("state", setState);
  on("beat", () => {});
  source.onerror = disconnect;
}

function disconnect() {
  source.close();
  if (now?.status === "ended") return;
  connected = false;
  heard ||= Date.now();
  tell();
  clearTimeout(retry);
  retry = setTimeout(connect, RETRY);
}

// Another walk has begun.
function startAnew() {
  source.close();
  go({ stage: "", diff: "" }, true);
  location.reload();
}

// An answer that is done is marked so until it is changed; a phone's keyboard makes room.
preparers.push((element) => {
  const form = element.querySelector("form.guess");
  const done = (is) => form.querySelector("button").setAttribute("aria-pressed", String(is));
  form?.addEventListener("input", () => done(false));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("input").blur();
    done(true);
  });
});

one("follow").addEventListener("click", () => go({ stage: "", diff: "" }));
addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-choice]");
  if (!chosen) return;
  for (const button of all("[data-choice]", chosen.parentElement)) {
    button.setAttribute("aria-pressed", String(button === chosen));
  }
});
showers.push((where) => {
  if (now && !where.get("diff") && where.get("stage") === firstView().id) go({ stage: "" }, true);
  tell();
});
setInterval(() => { if (connected && Date.now() - heard > SILENCE) disconnect(); }, RETRY);
connect();
