// The plain page: one button, one request a page of buckets, and for everything that goes wrong
// a sentence, a remedy and the correlation id. Shows nothing that a server sent as HTML. Addresses
// are relative: managed approuters have the page below a path.
"use strict";

const PATIENCE_MS = 20000;
/** So that an ended session is told as 401 instead of leading a script to the sign-in page. */
const BY_SCRIPT = { "X-Requested-With": "XMLHttpRequest" };
const byId = (id) => document.getElementById(id);
const page = {
  user: byId("user"), signOut: byId("sign-out"), load: byId("load"), more: byId("more"), status: byId("status"),
  buckets: byId("buckets"), template: byId("bucket"), hint: byId("hint"),
  hintTitle: byId("hint-title"), hintText: byId("hint-text"),
  problem: byId("problem"), sentence: byId("problem-sentence"),
  remedy: byId("problem-remedy"), id: byId("problem-id"),
};

/** Something that a person has to read: what happened and what to do. */
class Problem extends Error {
  constructor(sentence, remedy, correlationId) {
    super(sentence);
    this.remedy = remedy;
    this.correlationId = correlationId;
  }
}

const BY_CODE = {
  NoSession: ["The service holds no AWS session at the moment.",
    "Try again in a minute. If it stays so, ask an administrator to look at the credentials."],
  StorageUnavailable: ["Amazon S3 does not answer at the moment.", "Try again in a minute."],
  StorageDenied: ["Amazon S3 refused the request.",
    "Ask an administrator whether the role may list buckets."],
  StorageError: ["Amazon S3 answered something that the service can't use.",
    "Tell an administrator, together with the id below."],
  ServiceUnreachable: ["The service does not answer.", "Check that it is running, then try again."],
};

const BY_STATUS = {
  401: ["Your sign-in has ended.", "Sign in again, with “Switch user” at the top."],
  403: ["You are not allowed to see the buckets.",
    "Ask for the group S3CatalogReader, or switch to a user who has it."],
  404: ["The catalogue was not found at this address.", "Check how the page reaches the service."],
  429: ["Too many requests at once.", "Wait a moment, then try again."],
};

function problemOf(response, code) {
  const [sentence, remedy] = BY_CODE[code] ?? BY_STATUS[response.status] ?? [
    `The service answered with an error (${response.status}).`,
    "Try again. If it stays so, tell an administrator the id below."];
  return new Problem(sentence, remedy, correlationIdOf(response));
}

function correlationIdOf(response) {
  return response.headers.get("x-correlation-id") ?? "";
}

async function ask(url) {
  let response;
  try {
    response = await fetch(url, {
      headers: { ...BY_SCRIPT, Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw error.name === "TimeoutError"
      ? new Problem("There was no answer in time.", "Try again in a minute.")
      : new Problem("The service can't be reached.", "Check your connection, then try again.");
  }
  const body = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw problemOf(response, body?.error?.code);
  }
  if (!Array.isArray(body?.value)) {
    throw new Problem("The answer is not a list of buckets.",
      "Reload the page. If it stays so, tell an administrator.", correlationIdOf(response));
  }
  return body;
}

function dateText(created) {
  const date = new Date(created);
  const known = created && !Number.isNaN(date.getTime());
  return known
    ? new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(date)
    : "at an unknown time";
}

function cardOf(bucket) {
  const card = page.template.content.cloneNode(true);
  card.querySelector("h2").textContent = bucket.id;
  const time = card.querySelector("time");
  time.textContent = dateText(bucket.created);
  if (bucket.created) time.dateTime = bucket.created;
  card.querySelector(".region").textContent = bucket.region ?? "";
  return card;
}

function showProblem(problem) {
  const known = problem instanceof Problem;
  page.sentence.textContent = known ? problem.message : "The page came across something unexpected.";
  page.remedy.textContent = known ? problem.remedy : "Reload the page and try again.";
  page.id.textContent = problem.correlationId ? `Correlation id: ${problem.correlationId}` : "";
  page.problem.hidden = false;
  page.status.textContent = "";
}

function showList(answer, url) {
  page.buckets.append(...answer.value.map(cardOf));
  const count = page.buckets.childElementCount;
  const next = answer["@odata.nextLink"];
  page.more.hidden = !next;
  page.more.dataset.url = next ? new URL(next, new URL(url, location.href)).href : "";
  page.status.textContent = count === 1 ? "1 bucket" : `${count} buckets${next ? ", and more" : ""}`;
  page.hint.hidden = count > 0;
  page.hintTitle.textContent = "There are no buckets";
  page.hintText.textContent = "As soon as a bucket exists that the service may list, it appears here.";
}

let busy = false;

async function load(url, fresh) {
  if (busy) return;
  setBusy(true);
  page.problem.hidden = true;
  if (fresh) {
    page.buckets.replaceChildren();
    page.more.hidden = true;
  }
  page.hint.hidden = true;
  page.status.textContent = "Loading buckets …";
  try {
    showList(await ask(url), url);
  } catch (problem) {
    showProblem(problem);
  } finally {
    setBusy(false);
  }
}

/** aria-disabled and not disabled, so that the focus stays where it is. */
function setBusy(on) {
  busy = on;
  page.load.setAttribute("aria-disabled", String(on));
  page.more.setAttribute("aria-disabled", String(on));
  page.buckets.setAttribute("aria-busy", String(on));
}

async function showUser() {
  try {
    const response = await fetch("user-api/currentUser", { headers: BY_SCRIPT, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) return;
    const user = await response.json();
    page.user.textContent = [user.firstname, user.lastname].filter(Boolean).join(" ") || user.email || "";
    page.user.title = user.email ?? "";
  } catch {
    // Not knowing the name is no reason to disturb; the next request will tell what is wrong.
  }
}

/** The approuter ends a session only for who brings its token, and answers where to go next. */
async function signOut(event) {
  event.preventDefault();
  try {
    const asked = await fetch("catalog/", { method: "HEAD", headers: { ...BY_SCRIPT, "x-csrf-token": "fetch" } });
    if (asked.status === 401) {
      location.href = "./"; // it has ended by itself
      return;
    }
    const token = asked.headers.get("x-csrf-token") ?? "";
    const ended = await fetch("do/logout", { method: "POST", headers: { ...BY_SCRIPT, "x-csrf-token": token } });
    location.href = (ended.ok && await ended.text()) || "./";
  } catch {
    location.href = "./";
  }
}

page.signOut.addEventListener("submit", signOut);
page.load.addEventListener("click", () => load("catalog/Buckets", true));
page.more.addEventListener("click", () => load(page.more.dataset.url, false));
showUser();
