// Who is signed in, what he may do, and, for administrators, how the connection is.
sap.ui.define(["sap/ui/model/json/JSONModel", "./Problem"], function (JSONModel, Problem) {
  "use strict";

  const OUTCOME_STATES = { ok: "Success", warning: "Warning", failed: "Error", skipped: "None" };
  const WORST_FIRST = ["failed", "warning", "skipped", "ok"];

  class Session {
    #service;
    #user = null;

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

    /**
     * Signs out; the answer, as the approuter gives it, is where the browser has to go on. The token is
     * fetched anew, since a session that began elsewhere has another one, and from the catalogue, which
     * says that a session has ended: the approuter's logout would hand one out even then, and lead to
     * an address that is none, for it does not know any more who signed in where.
     */
    async end() {
      this.#service.forgetToken();
      const token = await this.#service.csrfToken();
      const response = await this.#service.reach(this.#service.beside("do/logout"), {
        method: "POST", headers: { "X-CSRF-Token": token },
      });
      if (!response.ok) {
        throw await Problem.ofResponse(response);
      }
      const next = await response.text().catch((error) => {
        throw Problem.ofFetch(error);
      });
      location.assign(response.redirected ? response.url : next || "/");
    }

    /** Who the approuter says is signed in: {name, email, …}; null if it does not say, and asked again next time. */
    user() {
      this.#user ??= this.#askUser();
      return this.#user;
    }

    /** It may be somebody else by now. */
    forgetUser() {
      this.#user = null;
    }

    async #askUser() {
      try {
        const response = await this.#service.reach(this.#service.beside("user-api/currentUser"));
        if (response.ok) {
          return await response.json();
        }
      } catch {
        // not to know the name is no reason to disturb
      }
      this.#user = null;
      return null;
    }

    async #askName() {
      const user = await this.user();
      if (!user) {
        return;
      }
      const names = [user.firstname, user.lastname].filter(Boolean);
      this.model.setProperty("/name", names.join(" ") || user.name || user.email || "");
      this.model.setProperty("/email", user.email ?? "");
      this.model.setProperty("/initials", names.map((name) => name[0]).join("").toUpperCase());
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
