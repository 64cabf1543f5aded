// A question is answered by a click, or by a number; the answer shows the stage if it was hidden.
const answered = (question) => question.closest(".stage").classList.add("answered");

function judge(question, answer) {
  for (const comment of all("[role=status] > p", question)) {
    comment.hidden = comment.dataset.answer !== answer;
    if (!comment.hidden && comment.classList.contains("good")) answered(question);
  }
}

// The 64-bit word that a text stands for, null if it is not a number.
function word(text) {
  const digits = text.replace(/^-/, "");
  if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(digits)) return null;
  return BigInt.asUintN(64, text === digits ? BigInt(digits) : -BigInt(digits));
}

preparers.push((element) => all(".stage .predict", element).forEach((question) => {
  for (const button of all("button[data-answer]", question)) {
    button.addEventListener("click", () => judge(question, button.dataset.answer));
  }
  question.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = word(question.querySelector("input").value.trim());
    const known = all("[data-value]", question).find((comment) => BigInt(comment.dataset.value) === value);
    judge(question, known ? known.dataset.answer : "other");
  });
  question.querySelector("details").addEventListener("toggle", () => answered(question));
}));

// With Predict, a stage shows its question first.
const asks = () => root.classList.contains("predicting") && here.matches(".asks:not(.answered)");
const enterQuestion = () => here.querySelector(".predict :is(button, input)").focus();
one("predict").addEventListener("click", () => {
  go({ predict: address().get("predict") ? "" : "on" });
  if (asks()) enterQuestion();
});
showers.push((now) => {
  root.classList.toggle("predicting", now.get("predict") === "on");
  one("predict").setAttribute("aria-pressed", String(now.get("predict") === "on"));
});
