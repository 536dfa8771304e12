// Whether this browser has shown a key, and the button that ends it. The cookie itself is hidden from scripts, so that
// what is kept here is a note of it: no right comes from it, and the server is asked in any case.

const NOTE = "lookalike-signed-in";
const button = document.getElementById("sign-out");

/** The server has accepted a key from this browser, or no longer knows it. */
export function note(signedIn) {
  try {
    if (signedIn) localStorage.setItem(NOTE, "1");
    else localStorage.removeItem(NOTE);
  } catch {
    // a browser that keeps nothing: the button is there until the page is left
  }
  button.hidden = !signedIn;
}

/** Have the button do `end`, which resolves once the cookie is gone, and go back to the start. */
export function offerTheWayOut(end) {
  button.hidden = !noted();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await end();
      note(false);
      location.assign("/");
    } catch (error) {
      button.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
  addEventListener("storage", ({ key }) => {
    if (key === NOTE) button.hidden = !noted(); // another tab of this browser did it
  });
}

function noted() {
  try {
    return localStorage.getItem(NOTE) !== null;
  } catch {
    return false;
  }
}
