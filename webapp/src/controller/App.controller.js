// The frame: shell bar, user menu, and which columns are seen.
sap.ui.define([
  "./Base",
  "sap/base/strings/formatMessage",
  "../model/Appearance",
  "../model/paths",
  "../upload/Uploads",
  "sap/ui/dom/jquery/Focusable", // firstFocusableDomRef
], function (Base, formatMessage, Appearance, paths, Uploads) {
  "use strict";

  /** In which columns slide in and out. */
  const SLIDE_MS = 800;

  const isSeen = (dom) => dom && dom !== document.body && dom.getBoundingClientRect().width > 0 && dom.checkVisibility({ visibilityProperty: true });

  return Base.extend("s3catalog.controller.App", {
    onInit() {
      this.uploads = Uploads.of(this.component());
      this.getView().setModel(this.uploads.model, "uploads");
      this.router().attachBeforeRouteMatched((event) => this.show(event.getParameter("config").layout));
      this.router().attachRouteMatched((event) => this.onRoute(event));
      this.router().attachBypassed(() => {
        this.show("OneColumn");
        this.app().setProperty("/route", "notFound");
        this.entitle();
        this.keepFocus();
      });
      this.onLanguage(() => this.entitle());
      // on a phone the shell bar empties its heading, which still has to say something
      this.byId("shell").addEventDelegate({ onBeforeRendering: () => this.nameHeading() });
    },

    show(layout) {
      this.app().setProperty("/layout", layout);
    },

    onRoute(event) {
      const { bucket = "", folder, key } = event.getParameter("arguments");
      const app = this.app();
      app.setProperty("/route", event.getParameter("name"));
      app.setProperty("/bucket", decodeURIComponent(bucket));
      if (key !== undefined) {
        app.setProperty("/key", decodeURIComponent(key));
      } else {
        app.setProperty("/key", "");
        app.setProperty("/folder", decodeURIComponent(folder ?? ""));
      }
      this.entitle();
      this.keepFocus();
    },

    /**
     * Columns don't take the focus by themselves, or each click would mark something. But what was
     * pressed may be gone with what it led away from.
     */
    keepFocus() {
      if (this.focusing || document.activeElement !== document.body) {
        clearTimeout(this.focusing);
        this.focusing = setTimeout(() => {
          this.focusing = undefined;
          if (!isSeen(document.activeElement)) {
            const columns = this.byId("columns");
            const pages = [columns.getCurrentEndColumnPage(), columns.getCurrentMidColumnPage(), columns.getCurrentBeginColumnPage()];
            pages.find((page) => isSeen(page?.getDomRef()))?.$().firstFocusableDomRef()?.focus();
          }
        }, SLIDE_MS);
      }
    },

    nameHeading() {
      const headings = this.byId("shell").findAggregatedObjects(true, (control) => control.isA("sap.m.Title"));
      headings.filter((heading) => !heading.isBound("tooltip")).forEach((heading) => heading.bindProperty("tooltip", "i18n>title"));
    },

    /** Names the window after what it shows, the narrowest first: tabs are short. */
    entitle() {
      const { route, bucket, folder, key } = this.app().getData();
      const names = {
        buckets: () => [this.text("buckets")],
        objects: () => [paths.nameOf(folder), bucket],
        object: () => [paths.nameOf(key), bucket],
        connection: () => [this.text("connection")],
        notFound: () => [this.text("pageNotFound")],
      };
      document.title = [...names[route]?.() ?? [], this.text("title")].filter(Boolean).join(" – ");
    },

    /** The user moved the columns with their arrows. */
    onStateChange(event) {
      this.app().setProperty("/wide", event.getParameter("maxColumnsCount") > 1);
      if (event.getParameter("isNavigationArrow")) {
        this.show(event.getParameter("layout"));
      }
    },

    connectionText(state, pattern) {
      const name = state && state !== "None" ? this.text(`connection${state}`) : this.text("connectionUnknown");
      return formatMessage(pattern ?? "", [name]);
    },

    profileText(pattern, name, initials) {
      const text = formatMessage(pattern ?? "", [name || ""]);
      return initials ? `${text} (${initials})` : text;
    },

    personText(name, email, id) {
      return name && email && name !== email ? `${name} (${email})` : name || id || "";
    },

    onHome() {
      this.router().navTo("buckets");
    },

    onConnection() {
      this.router().navTo("connection");
    },

    onTransfers(event) {
      this.uploads.openPanel(event.getSource());
    },

    /** By the profile, which is always there; the button may lie in the overflow menu. */
    onShowTransfers() {
      this.uploads.openPanel(this.byId("profile"));
    },

    onNoticeClosed() {
      this.uploads.markSeen();
    },

    async onUserMenu(event) {
      const button = event.getSource();
      const menu = await this.fragment("UserMenu");
      this.mark(menu, "theme", Appearance.theme());
      this.mark(menu, "language", Appearance.language());
      menu.openBy(button);
    },

    /** Ticks the choice that holds. */
    mark(menu, kind, value) {
      const choices = menu.getItems().flatMap((item) => item.getItems());
      for (const item of choices.filter((each) => each.data("kind") === kind)) {
        item.setSelected(item.data("value") === value);
      }
    },

    onMenuItem(event) {
      const item = event.getParameter("item");
      const choose = { theme: Appearance.setTheme, language: Appearance.setLanguage };
      const value = item.data("value") ?? "";
      choose[item.data("kind")]?.(value);
    },

    onSimplePage() {
      location.assign("simple.html");
    },

    async onSignOut() {
      try {
        await this.component().session.end();
      } catch (error) {
        this.telling().failed(error);
      }
    },
  });
});
