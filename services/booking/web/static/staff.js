// Printing by a key, asking for times anew when another concern is meant, and looking what became of a reservation.
// Everything works without it, too.
"use strict";

const enliven = () => {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
    if (button.hasAttribute("data-first")) button.focus();
  }
  for (const group of document.querySelectorAll("[data-resend]")) {
    group.addEventListener("change", () => group.form.requestSubmit());
  }
  if (document.querySelector("[data-waiting]")) setTimeout(lookAgain, 700);
};

const lookAgain = async () => {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer && (answer.redirected || answer.status === 401)) { location.reload(); return; }
  const page = answer && answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page || page.querySelector("[data-waiting]")) { setTimeout(lookAgain, 700); return; }
  const main = document.getElementById("main");
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  const next = main.querySelector("[autofocus]") || main.querySelector("h1");
  next.tabIndex = next.tabIndex < 0 ? -1 : next.tabIndex;
  next.focus();
  enliven();
};

enliven();
