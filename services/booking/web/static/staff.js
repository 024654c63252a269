// Printing by a key, and asking for times anew when another concern is meant. Everything works without it, too.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
  if (button.hasAttribute("data-first")) button.focus();
}
for (const group of document.querySelectorAll("[data-resend]")) {
  group.addEventListener("change", () => group.form.requestSubmit());
}
