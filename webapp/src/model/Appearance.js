// Theme and language as the user likes them: chosen in the user menu, remembered by the browser,
// else as the system has them (start.js).
sap.ui.define([
  "sap/base/i18n/Localization",
  "sap/ui/core/Theming",
], function (Localization, Theming) {
  "use strict";

  const start = globalThis.s3catalogStart;
  const QUERIES = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];

  function stored(name) {
    try {
      return localStorage.getItem(`s3catalog.${name}`) || "";
    } catch {
      return "";
    }
  }

  function store(name, value) {
    try {
      if (value) {
        localStorage.setItem(`s3catalog.${name}`, value);
      } else {
        localStorage.removeItem(`s3catalog.${name}`);
      }
    } catch {
      // storage is blocked: the choice lasts until the page is left
    }
  }

  /** @param {string} theme name of a theme; empty: as the system */
  function setTheme(theme) {
    store("theme", theme);
    Theming.setTheme(theme || start.systemTheme());
  }

  /** @param {string} language code; empty: as the browser */
  function setLanguage(language) {
    store("language", language);
    const chosen = language || start.systemLanguage();
    document.documentElement.lang = chosen;
    Localization.setLanguage(chosen);
  }

  /** Goes along when the system changes between day and night. */
  function followSystem() {
    for (const query of QUERIES) {
      matchMedia(query).addEventListener("change", () => {
        if (!stored("theme")) {
          Theming.setTheme(start.systemTheme());
        }
      });
    }
  }

  return {
    theme: () => stored("theme"),
    language: () => stored("language"),
    setTheme,
    setLanguage,
    followSystem,
  };
});
