// Asks for an API key where the server wants one. The key becomes a cookie that scripts cannot read.

const dialog = document.getElementById("key");
const form = dialog.querySelector("form");
const input = document.getElementById("key-words");
const refusal = dialog.querySelector("[role=alert]");

let waiting = null; // the promise of whoever asked first: one dialog answers all calls
let declined = false;

/** Whether the server knows this browser now. `introduce(key)` answers "" or why it does not accept the key. */
export function askForKey(introduce) {
  if (declined) return Promise.resolve(false);
  waiting ??= ask(introduce).finally(() => { waiting = null; });
  return waiting;
}

/** Ask again, after the dialog was closed without a key. */
export function reconsider() {
  declined = false;
}

function ask(introduce) {
  refusal.textContent = "";
  input.value = "";
  return new Promise((resolve) => {
    let known = false;
    form.onsubmit = async (event) => {
      event.preventDefault();
      refusal.textContent = ""; // so that the same again is said again
      refusal.textContent = await introduce(input.value.trim());
      known = refusal.textContent === "";
      if (known) dialog.close();
      else input.select();
    };
    dialog.onclose = () => {
      input.value = ""; // a key is not left lying about
      declined = !known;
      resolve(known);
    };
    dialog.showModal();
  });
}

dialog.querySelector("[type=button]").addEventListener("click", () => dialog.close());
