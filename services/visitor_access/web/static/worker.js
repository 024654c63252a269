// Keeps the last list for when the line is gone, and only today's. Whoever signs out takes it along.
"use strict";
const CACHE = "foyer-entrance", WAIT = 4000;
const today = () => new Date().toDateString();
const ours = (url) => url.origin === self.location.origin && /^\/(entrance|static\/visitor_access)(\/|$)/.test(url.pathname) && url.pathname !== "/entrance/changes";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && ours(url)) event.respondWith(url.pathname.startsWith("/static/") ? kept(event.request) : latest(event.request, url));
});

async function kept(request) {
  const cache = await caches.open(CACHE), found = await cache.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

async function latest(request, url) {
  const cache = await caches.open(CACHE);
  for (const name of ["done", "of"]) url.searchParams.delete(name);
  const key = url.href, aborted = new AbortController(), timer = setTimeout(() => aborted.abort(), WAIT);
  try {
    const response = await fetch(request.url, { credentials: "same-origin", redirect: "manual", headers: request.headers, signal: aborted.signal });
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) await caches.delete(CACHE);
    else if (response.ok) await cache.put(key, await copy(response.clone(), "X-Kept-At", Date.now()));
    if (response.status < 500) return response;
    throw new Error("down");
  } catch {
    const found = await cache.match(key);
    if (found && new Date(Number(found.headers.get("X-Kept-At"))).toDateString() === today()) return copy(found, "X-From-Cache", 1);
    await caches.delete(CACHE);
    return Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function copy(response, name, value) {
  const headers = new Headers(response.headers);
  headers.set(name, value);
  return new Response(await response.blob(), { status: response.status, headers });
}
