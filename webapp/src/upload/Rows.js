// What the panel shows of each transfer, in the user's language, and what all of them come to.
sap.ui.define([
  "sap/ui/core/format/FileSizeFormat",
  "sap/ui/core/format/NumberFormat",
  "s3catalog/upload/Keys",
], (FileSizeFormat, NumberFormat, Keys) => {
  "use strict";

  const LOOKS = {
    running: "Information", checking: "Information", done: "Success", failed: "Error", offline: "Warning",
    retrying: "Warning", signin: "Warning", asking: "Warning", file: "Warning",
  };
  /** States that need the user. */
  const NEEDY = ["asking", "signin", "file", "failed"];
  /** Those of them that do not come with a question of their own, as a conflict does. */
  const WANTING = ["failed", "file", "signin"];
  const STANDING = ["paused", "file"];
  const RESUMABLE = ["paused", "signin", "file", "failed", "offline", "retrying"];
  /** What is counted by itself, in this order; all other states are in progress. */
  const COUNTED = ["failed", "file", "signin", "active", "paused", "done", "skipped", "cancelled"];

  class Rows {
    #model;
    #bundle;
    #byId = new Map();
    #changed = new Set();

    constructor(model, bundle) {
      this.#model = model;
      this.#bundle = bundle;
    }

    add(transfer) {
      const row = {};
      this.#byId.set(transfer.id, row);
      this.#model.getData().items.push(row);
      this.#changed.add(transfer);
    }

    touch(transfer) {
      this.#changed.add(transfer);
    }

    /** Shows these and no others. */
    reset(transfers) {
      this.#byId.clear();
      this.#model.getData().items = [];
      transfers.forEach((transfer) => this.add(transfer));
    }

    draw(transfers) {
      // the language may be another one now; to make it costs too much to be done for each of thousands
      const sizes = FileSizeFormat.getInstance({ maxFractionDigits: 1 });
      for (const transfer of this.#changed) {
        const row = this.#byId.get(transfer.id);
        if (row) Object.assign(row, this.#row(transfer, sizes));
      }
      this.#changed.clear();
      const data = this.#model.getData();
      // sorted as they were added where nothing else matters: a row that jumps is hard to press
      data.items.sort((one, other) => one.rank - other.rank);
      const { counts, ...total } = sums(transfers);
      Object.assign(data, total, {
        summary: this.listed(counts) || this.#bundle().getText("upload.summaryNone"),
        notice: this.#bundle().getText("upload.notice", [this.listed(counts, WANTING)]),
        seen: Math.min(data.seen, total.wanting),
      });
      this.#model.checkUpdate();
    }

    /** "Failed: 1, Stored: 3" */
    listed(counts, states = COUNTED) {
      const texts = states.filter((state) => counts[state]).map((state) => this.#bundle().getText(`upload.count.${state}`, [counts[state]]));
      return new Intl.ListFormat(document.documentElement.lang || "en", { type: "unit", style: "short" }).format(texts);
    }

    #row(transfer, sizes) {
      const { id, bucket, key, size, sent, state, failure, folder } = transfer;
      const place = Keys.split(key.replace(/\/$/, ""));
      const bundle = this.#bundle();
      const percent = size > 0 ? Math.floor((sent / size) * 100) : state === "done" ? 100 : 0;
      const { isEnded, isSettled } = transfer;
      const canResume = RESUMABLE.includes(state);
      return {
        id,
        bucket,
        key,
        state,
        isEnded,
        // first what needs the user, last what needs nobody
        rank: NEEDY.includes(state) ? 0 : isEnded ? 2 : 1,
        isThere: ["done", "skipped"].includes(state),
        // then the service has something of it, which would be lost
        isBegun: !isSettled && Boolean(sent || transfer.url),
        percent,
        name: place.name,
        icon: folder ? "sap-icon://folder-blank" : "sap-icon://document",
        place: place.folder ? `${bucket} / ${place.folder.replace(/\/$/, "").replaceAll("/", " / ")}` : bucket,
        look: LOOKS[state] ?? "None",
        stateText: bundle.getText(`upload.state.${state}`),
        amount: amount(bundle, sizes, transfer),
        pace: speed(bundle, sizes, transfer),
        ...reason(bundle, state, failure),
        canResume,
        canToggle: canResume || (!isEnded && state !== "asking"),
        toggleText: bundle.getText(canResume ? resumeText(state) : "upload.pause", [place.name]),
        toggleIcon: !canResume ? "sap-icon://pause" : state === "file" ? "sap-icon://open-folder"
          : state === "failed" ? "sap-icon://refresh" : "sap-icon://play",
        endText: bundle.getText(isEnded ? "upload.remove" : "upload.cancel", [place.name]),
        endIcon: isEnded ? "sap-icon://less" : "sap-icon://decline",
      };
    }
  }

  function amount(bundle, sizes, { size, sent, state }) {
    if (state === "done" || sent === 0) return sizes.format(size);
    return bundle.getText("upload.amount", [sizes.format(sent), sizes.format(size)]);
  }

  function speed(bundle, sizes, { pace, size, sent, state }) {
    if (state !== "running" || pace.speed === 0) return "";
    return bundle.getText("upload.pace", [sizes.format(pace.speed), duration(pace.left(size - sent))]);
  }

  function resumeText(state) {
    if (state === "file") return "upload.chooseAgain";
    if (state === "signin") return "upload.signInAgain";
    return state === "failed" ? "upload.retry" : "upload.resume";
  }

  function reason(bundle, state, failure) {
    const isTold = failure && ["failed", "retrying", "offline"].includes(state);
    if (!isTold) return { sentence: "", remedy: "", correlationId: "" };
    if (failure.kind === "file") {
      return { sentence: bundle.getText("upload.fileGone"), remedy: bundle.getText("upload.fileGoneRemedy"), correlationId: "" };
    }
    const { sentence, remedy, id } = failure.texts(bundle);
    return { sentence, remedy: state === "failed" ? remedy : "", correlationId: id };
  }

  /** In the largest unit that fits, as the user's language writes it. */
  function duration(seconds) {
    const [amount, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400
      ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
    const format = NumberFormat.getUnitInstance({ style: "short", maxFractionDigits: unit === "hour" ? 1 : 0 });
    return format.format(Math.max(1, amount), `duration-${unit}`);
  }

  function sums(transfers) {
    const total = { active: 0, failed: 0, attention: 0, wanting: 0, toChoose: 0, standing: 0, ended: 0 };
    const counts = {};
    for (const transfer of transfers) {
      const { state } = transfer;
      const counted = COUNTED.includes(state) ? state : "active";
      counts[counted] = (counts[counted] ?? 0) + 1;
      if (!transfer.isEnded && !STANDING.includes(state)) total.active += 1;
      if (transfer.isSettled) total.ended += 1;
      if (["paused", "failed"].includes(state)) total.standing += 1;
      if (state === "failed") total.failed += 1;
      if (state === "file") total.toChoose += 1;
      if (NEEDY.includes(state)) total.attention += 1;
      if (WANTING.includes(state)) total.wanting += 1;
    }
    return { ...total, counts };
  }

  return Rows;
});
