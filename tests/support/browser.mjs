// The driver of browsers, for scripts outside this folder: its packages are installed here.

export { chromium } from "playwright-core";
