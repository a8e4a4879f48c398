// Comfort for the conversation: a sentence that was chosen stands in the field to be changed, and a lost line loses no text.

/** Put the chosen sentence into the field, where it can be changed; without a script the server puts it before the words. */
function onChosen(event) {
  const chooser = event.target.closest?.("[data-sentences] select");
  const field = chooser?.form.querySelector("textarea");
  const sentence = chooser && document.getElementById(`sentence-${chooser.value}`)?.textContent;
  if (!field || !sentence) return;
  field.value = field.value ? `${sentence}\n\n${field.value}` : sentence;
  chooser.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Send by fetch, so that a lost line leaves the page and the text; every other answer is shown as the server shows it. */
async function onSubmit(event) {
  const form = event.target;
  if (!form.matches?.("[data-say]") || form.dataset.plain || event.defaultPrevented) return;
  event.preventDefault();
  const notice = form.querySelector("[data-not-sent]");
  const button = form.querySelector("button");
  const word = button.dataset.word;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (answer.type === "opaqueredirect") { location.reload(); return; }
    form.dataset.plain = "1";
    form.submit();
  } catch {
    notice.hidden = false;
    notice.focus();
    delete form.dataset.busy;
    button.removeAttribute("aria-disabled");
    button.textContent = word;
    form.querySelector("textarea").dispatchEvent(new Event("input", { bubbles: true })); // the draft is kept again
  }
}

document.addEventListener("change", onChosen);
document.addEventListener("submit", onSubmit);
