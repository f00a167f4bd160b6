// The same as msplink.js, as a module.
import "./msplink.js";
export const { link, intent, softPOS, returned, PACKAGES, RESULTS } = globalThis.msplink;
