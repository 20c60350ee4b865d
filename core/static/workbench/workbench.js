// Small conveniences; every page works without them.
document.addEventListener("DOMContentLoaded", () => {
  // A page that waits for work in the background reloads itself until the work is done.
  const waiting = document.querySelector("[data-reload-after]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reloadAfter));

  // "All" box of a table of lines.
  document.querySelectorAll("[data-check-all]").forEach((box) => {
    box.addEventListener("change", () => {
      document.querySelectorAll(box.dataset.checkAll).forEach((one) => { one.checked = box.checked; });
    });
  });

  document.querySelectorAll("[data-confirm]").forEach((button) => {
    button.addEventListener("click", (event) => {
      if (!confirm(button.dataset.confirm)) event.preventDefault();
    });
  });

  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.addEventListener("click", () => {
      const source = document.querySelector(button.dataset.copy);
      source.select();
      navigator.clipboard.writeText(source.value);
    });
  });

  // A row that is seldom needed waits, while it is empty, behind a button in the row above it.
  document.querySelectorAll("tr[data-more]").forEach((row) => {
    if ([...row.querySelectorAll("input")].some((input) => input.value)) return;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "wb-button small", textContent: row.dataset.more });
    button.addEventListener("click", () => { row.hidden = false; button.remove(); row.querySelector("input").focus(); });
    row.hidden = true;
    row.previousElementSibling.lastElementChild.append(" ", button);
  });

  // Keys of the counter: a field is gone to, a button pressed.
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target || target.disabled) return;
    event.preventDefault();
    const folded = target.closest("details");
    if (folded) folded.open = true;
    if (target.matches("button, a")) target.click();
    else { target.focus(); if (target.select) target.select(); }
  });

  // One click, one request.
  document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", () => setTimeout(() => {
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    }));
  });
});
