// Who is signed in, what he may do, and, for administrators, how the connection is.
sap.ui.define(["sap/ui/model/json/JSONModel", "./Problem"], function (JSONModel, Problem) {
  "use strict";

  const OUTCOME_STATES = { ok: "Success", warning: "Warning", failed: "Error", skipped: "None" };
  const WORST_FIRST = ["failed", "warning", "skipped", "ok"];

  class Session {
    #service;

    model = new JSONModel({
      id: "", name: "", email: "", initials: "", role: "", mayWrite: true, isAdmin: false,
      connection: null, connectionState: "None", connectionProblem: null,
    });

    constructor(service) {
      this.#service = service;
    }

    /** Asks once, when the page starts. */
    async begin() {
      await Promise.all([this.#askName(), this.#askRights()]);
      if (this.model.getProperty("/isAdmin")) {
        await this.askConnection();
      }
    }

    /** Signs out; the answer, as the approuter gives it, is where the browser has to go on. */
    async end() {
      const token = await this.#service.csrfToken();
      const response = await fetch(this.#service.beside("do/logout"), { method: "POST", headers: { "X-CSRF-Token": token } });
      if (!response.ok) {
        throw await Problem.ofResponse(response);
      }
      location.assign(response.redirected ? response.url : (await response.text()) || "/");
    }

    async #askName() {
      try {
        const response = await fetch(this.#service.beside("user-api/currentUser"), { signal: AbortSignal.timeout(20000) });
        if (!response.ok) {
          return;
        }
        const user = await response.json();
        const names = [user.firstname, user.lastname].filter(Boolean);
        this.model.setProperty("/name", names.join(" ") || user.name || user.email || "");
        this.model.setProperty("/email", user.email ?? "");
        this.model.setProperty("/initials", names.map((name) => name[0]).join("").toUpperCase());
      } catch {
        // not to know the name is no reason to disturb
      }
    }

    async #askRights() {
      try {
        const { id, scopes } = await this.#service.get("me");
        this.model.setProperty("/id", id);
        this.model.setProperty("/role", ["Write", "Read"].find((scope) => scopes.includes(scope)) ?? "None");
        this.model.setProperty("/mayWrite", scopes.includes("Write"));
        this.model.setProperty("/isAdmin", scopes.includes("Admin"));
      } catch {
        // whoever can't be told from others is offered what the service then decides about
      }
    }

    /** Reads the chain of the connection; only administrators get an answer. */
    async askConnection() {
      try {
        const chain = await this.#service.get("connection");
        const outcomes = new Set(chain.steps.map((step) => step.outcome));
        const worst = WORST_FIRST.find((outcome) => outcomes.has(outcome)) ?? "skipped";
        this.model.setProperty("/connection", chain);
        this.model.setProperty("/connectionState", OUTCOME_STATES[worst]);
        this.model.setProperty("/connectionProblem", null);
      } catch (error) {
        const problem = Problem.of(error);
        // whoever was let in once is told what is wrong now
        this.model.setProperty("/connectionProblem", problem);
        this.model.setProperty("/connectionState", this.model.getProperty("/isAdmin") ? "Error" : "None");
      }
    }
  }

  return Session;
});
