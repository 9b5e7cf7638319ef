/** Buttons that copy. */

const SHOWN = 1_500;

/** Let every button with `data-copy` put that on the clipboard, and say so. */
export function copyOnClick() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    const done = await put(button.dataset.copy);
    document.querySelector("#said").textContent = done ? "Copied" : "Cannot copy: the browser does not allow it";
    button.classList.toggle("done", done);
    setTimeout(() => button.classList.remove("done"), SHOWN);
  });
}

/** Whether it worked. Without a secure context there is no clipboard, but a selection can be copied. */
async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return putSelected(text);
  }
}

function putSelected(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
