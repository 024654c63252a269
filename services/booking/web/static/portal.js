// Everything works without this. It follows a reservation live, prints, and stops second presses.
"use strict";

const once = (form) => {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type=button])");
    // Not "disabled": the form is sent all the same, and whoever comes back can press again.
    button.setAttribute("aria-disabled", "true");
    button.addEventListener("click", (event) => event.preventDefault());
  });
};

const showNew = async (state) => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.getElementById("main");
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  const heading = main.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
  enliven();
};

const follow = (state) => {
  const source = new EventSource(state.dataset.live);
  source.addEventListener("changed", () => {
    source.close();
    showNew(state);
  });
  // A stream that ended or never began: look once more in a while.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => showNew(state), 3000);
  });
};

const enliven = () => {
  const state = document.getElementById("state");
  if (state && state.dataset.live) follow(state);
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  document.querySelectorAll("form[data-once]").forEach(once);
  document.querySelectorAll(".noscript").forEach((part) => part.remove());
};

enliven();
// Back from the next page, out of the browser's memory: buttons work again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
