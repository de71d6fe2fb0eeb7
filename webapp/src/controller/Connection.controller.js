// The chain from SAP BTP to Amazon S3, step by step, as `check` sees it: what holds, the evidence,
// and what mends what does not. For administrators.
sap.ui.define([
  "./Base",
  "./Nothing",
  "sap/ui/core/library",
  "sap/ui/model/json/JSONModel",
], function (Base, Nothing, library, JSONModel) {
  "use strict";

  const { IconColor } = library;
  const STATES = { ok: "Success", warning: "Warning", failed: "Error", skipped: "None" };
  const STRIPS = { ok: "Information", warning: "Warning", failed: "Error", skipped: "Information" };
  const ICONS = {
    Success: "sap-icon://sys-enter-2", Warning: "sap-icon://alert", Error: "sap-icon://error", None: "sap-icon://pending",
  };
  const COLORS = {
    Success: IconColor.Positive, Warning: IconColor.Critical, Error: IconColor.Negative, None: IconColor.Neutral,
  };
  const TICK_MS = 1000;

  return Base.extend("s3catalog.controller.Connection", {
    onInit() {
      this.view = new JSONModel({ steps: [], busy: true, headline: "", checked: "", nothing: null });
      this.getView().setModel(this.view, "view");
      this.session = this.component().session;
      this.onLanguage(() => this.show());
      this.router().getRoute("connection").attachPatternMatched(() => this.onShown());
      this.router().attachRouteMatched((event) => event.getParameter("name") !== "connection" && clearInterval(this.tick));
      this.session.model.bindProperty("/connection").attachChange(() => this.show());
      this.session.model.bindProperty("/connectionProblem").attachChange(() => this.show());
    },

    onExit() {
      clearInterval(this.tick);
    },

    /** What is known is shown at once; then it is asked for anew. */
    onShown() {
      clearInterval(this.tick);
      this.tick = setInterval(() => this.count(), TICK_MS);
      this.show();
      this.onCheck();
    },

    async onCheck() {
      this.view.setProperty("/busy", true);
      await this.session.askConnection();
      this.view.setProperty("/busy", false);
      this.show();
      this.telling().announce("announceConnection", [this.view.getProperty("/headline")]);
    },

    show() {
      const { connection, connectionProblem: problem } = this.session.model.getData();
      const { bundle } = this.telling();
      let nothing = null;
      if (problem) {
        nothing = problem.code === "Forbidden"
          ? Nothing.ofState("notAdmin", "sapIllus-SignOut", bundle)
          : Nothing.ofProblem(problem, bundle);
        this.view.setProperty("/headline", nothing.title);
      }
      this.view.setProperty("/nothing", nothing);
      if (!connection || problem) {
        this.view.setProperty("/steps", []);
        return;
      }
      this.view.setData({
        ...this.view.getData(),
        steps: connection.steps.map((step) => this.step(step)),
        headline: this.headline(connection),
        checked: this.text("checkedAt", [this.format.dateTime(connection.checkedAt), connection.version]),
        link: this.link(this.stepOf("private-link").facts ?? {}),
      });
      this.count();
    },

    /** In the user's language; a step that is newer than the page as the service calls it. */
    titleOf({ id, title }) {
      return this.telling().bundle.getText(`connection.${id}`, [], true) ?? title;
    },

    step(step) {
      const { outcome, seen, facts, remedy, commands, durationMs } = step;
      return {
        title: this.titleOf(step), remedy,
        seen: seen && this.readable(seen),
        state: STATES[outcome] ?? "None",
        strip: STRIPS[outcome] ?? "Information",
        outcomeText: this.text(`outcome${outcome[0].toUpperCase()}${outcome.slice(1)}`),
        took: durationMs ? this.text("milliseconds", [this.format.number(durationMs)]) : "",
        commands: (commands ?? []).map((text) => ({ text })),
        facts: Object.entries(facts ?? {}).map(([name, value]) => ({ name: this.factName(name), value: this.factValue(name, value) })),
      };
    },

    /** A sentence of the service, with times as people read them. */
    readable(sentence) {
      const text = sentence.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => this.format.dateTime(time));
      return text[0].toUpperCase() + text.slice(1);
    },

    /** Claims of tokens are called so everywhere, and what is newer than the page as the service does: `notAfter` → “Not after”. */
    factName(name) {
      const known = this.telling().bundle.getText(`connection.fact.${name}`, [], true);
      if (known) {
        return known;
      }
      const words = name.replace(/[_-]/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
      return (words[0].toUpperCase() + words.slice(1)).replace(/\b(arn|id|url|tls)\b/gi, (word) => word.toUpperCase());
    },

    factValue(name, value) {
      if (name === "reach") {
        return this.reachText(value);
      }
      return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? this.format.dateTime(value) : String(value);
    },

    headline({ steps }) {
      const failed = steps.find((step) => step.outcome === "failed");
      const warned = steps.find((step) => step.outcome === "warning");
      if (failed) {
        return this.text("connectionBroken", [this.titleOf(failed)]);
      }
      return warned ? this.text("connectionAttention", [this.titleOf(warned)]) : this.text("connectionOk");
    },

    stepOf(...ids) {
      const steps = this.session.model.getProperty("/connection/steps") ?? [];
      return steps.find((step) => ids.includes(step.id)) ?? { facts: {} };
    },

    link({ host, reach }) {
      if (!reach) {
        return { text: "", state: "None", host: host ?? "" };
      }
      const state = { private: "Success", public: "Error", loopback: "Information" }[reach] ?? "None";
      return { text: this.reachText(reach), state, host: host ?? "" };
    },

    reachText(reach) {
      const names = { private: "reachPrivate", public: "reachPublic", loopback: "reachLoopback" };
      return names[reach] ? this.text(names[reach]) : reach;
    },

    /** What remains of certificate and session, second by second. */
    count() {
      const { facts: { notAfter } = {}, outcome } = this.stepOf("certificate", "identity");
      const { expires } = this.stepOf("session").facts ?? {};
      this.view.setProperty("/certificate", notAfter ? { text: this.days(notAfter), state: STATES[outcome] } : {});
      this.view.setProperty("/session", expires ? this.minutes(expires) : {});
      if (expires && Date.parse(expires) <= Date.now() && !this.view.getProperty("/busy") && !this.renewed) {
        this.renewed = true; // the service has another session by now; ask for it once
        this.onCheck();
      }
    },

    days(notAfter) {
      return this.text("certificateDays", [this.format.number(Math.floor((Date.parse(notAfter) - Date.now()) / 86400000))]);
    },

    minutes(expires) {
      const seconds = Math.floor((Date.parse(expires) - Date.now()) / 1000);
      if (seconds <= 0) {
        return { text: this.text("sessionOver"), state: "Error" };
      }
      this.renewed = false;
      const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
      const clock = (parts[0] ? parts : parts.slice(1)).map((part) => String(part).padStart(2, "0")).join(":");
      return { text: this.text("sessionRuns", [clock]), state: "Success" };
    },

    stateIcon(state) {
      return ICONS[state] ?? ICONS.None;
    },

    stateColor(state) {
      return COLORS[state] ?? COLORS.None;
    },

    onCopyCommand(event) {
      this.telling().copy(event.getSource().getBindingContext("view").getProperty("text"));
    },

    onNothingAction() {
      if (this.view.getProperty("/nothing/does") === "signIn") {
        location.reload();
      } else {
        this.onCheck();
      }
    },

    onClose() {
      this.toBuckets();
    },
  });
});
