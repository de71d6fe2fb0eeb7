// What has to be known before OpenUI5 starts: theme and language. The user's choice is remembered;
// without one the page follows the system. Runs as a file of its own, because the page's content
// security policy allows no inline script.
(function () {
  "use strict";

  const LANGUAGES = ["en", "de", "fr", "es", "ja"];

  function remembered(name) {
    try {
      return localStorage.getItem("s3catalog." + name) || "";
    } catch {
      return ""; // storage is blocked: the page works without a memory
    }
  }

  function matches(query) {
    return globalThis.matchMedia(query).matches;
  }

  /** The theme that the system asks for. */
  function systemTheme() {
    const dark = matches("(prefers-color-scheme: dark)");
    if (matches("(prefers-contrast: more)") || matches("(forced-colors: active)")) {
      return dark ? "sap_horizon_hcb" : "sap_horizon_hcw";
    }
    return dark ? "sap_horizon_dark" : "sap_horizon";
  }

  /** The first language of the browser that the page speaks, with its region. */
  function systemLanguage() {
    return navigator.languages.find((tag) => LANGUAGES.includes(tag.split("-")[0])) || "en";
  }

  const theme = remembered("theme") || systemTheme();
  const language = remembered("language") || systemLanguage();
  document.documentElement.lang = language;
  document.documentElement.classList.add(/dark|hcb/.test(theme) ? "startsDark" : "startsLight");
  globalThis.s3catalogStart = { systemTheme, systemLanguage };
  globalThis["sap-ui-config"] = { theme, language };
}());
